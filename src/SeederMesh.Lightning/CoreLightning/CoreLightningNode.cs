using System.Runtime.CompilerServices;
using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Rest;

namespace SeederMesh.Lightning.CoreLightning;

/// <summary>Core Lightning (lightningd 24.08 or later) over its unix socket.</summary>
/// <remarks>Connection string: <c>type=clightning;server=unix:///path/lightning-rpc</c>. Source: Core Lightning's
/// JSON-RPC reference. Thread safe.</remarks>
public sealed partial class CoreLightningNode : ILightningNode
{
    private const int MethodNotFound = -32601;
    private const int InvalidParameters = -32602;
    private const int DuplicateLabel = 900;
    private const int WaitTimedOut = 904;
    private const int WatchSeconds = 60;

    // Advertised by the plugin that takes keysends, as bit 54 or 55. Source: BLIP 3.
    private const int KeysendFeature = 54;

    private static readonly TimeSpan answerTime = TimeSpan.FromSeconds(30);

    private readonly JsonRpcSocket rpc;
    private readonly TimeProvider clock;

    /// <summary>Connects to nothing yet; the first call does.</summary>
    /// <param name="server">The socket: <c>unix:///path/lightning-rpc</c> or the path alone.</param>
    /// <param name="clock">The time; null for the system's.</param>
    public CoreLightningNode(string server, TimeProvider? clock = null)
    {
        this.clock = clock ?? TimeProvider.System;
        const string scheme = "unix://";

        // unix://root/.lightning/... is an absolute path too: BTCPay Server's own documentation writes it with two slashes.
        rpc = new JsonRpcSocket(
            server.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? "/" + server[scheme.Length..].TrimStart('/') : server);
    }

    /// <inheritdoc/>
    public async Task<NodeInfo> GetInfoAsync(CancellationToken cancellation = default)
    {
        JsonElement info = await AskAsync("getinfo", new RpcParameters(), cancellation);
        return new NodeInfo(
            "clightning",
            JsonFields.Text(info, "version") ?? "",
            JsonFields.Node(info, "id") ?? throw RpcReader.Malformed("getinfo", "id"),
            JsonFields.Text(info, "alias") ?? "",
            JsonFields.Text(info, "network") ?? "",
            NodeFeatures.Keysend | NodeFeatures.Offers | NodeFeatures.FeeLimit
                | (RpcReader.HasFeature(info, KeysendFeature) ? NodeFeatures.ReceivesKeysend : NodeFeatures.None))
        {
            BlockHeight = JsonFields.Number(info, "blockheight"),
            Warning = JsonFields.Text(info, "warning_bitcoind_sync") ?? JsonFields.Text(info, "warning_lightningd_sync"),
        };
    }

    /// <inheritdoc/>
    public async Task<NodeBalance> GetBalanceAsync(CancellationToken cancellation = default)
    {
        Msat spendable = Msat.Zero;
        Msat receivable = Msat.Zero;
        JsonElement peers = await AskAsync("listpeerchannels", new RpcParameters(), cancellation);
        foreach (JsonElement channel in JsonFields.Items(peers, "channels"))
        {
            if (JsonFields.Text(channel, "state") == "CHANNELD_NORMAL" && JsonFields.Flag(channel, "peer_connected"))
            {
                spendable += RpcReader.Amount(channel, "spendable_msat") ?? Msat.Zero;
                receivable += RpcReader.Amount(channel, "receivable_msat") ?? Msat.Zero;
            }
        }

        Msat onChain = Msat.Zero;
        JsonElement funds = await AskAsync("listfunds", new RpcParameters(), cancellation);
        foreach (JsonElement output in JsonFields.Items(funds, "outputs"))
        {
            if (JsonFields.Text(output, "status") == "confirmed" && !JsonFields.Flag(output, "reserved"))
            {
                onChain += RpcReader.Amount(output, "amount_msat") ?? Msat.Zero;
            }
        }

        return new NodeBalance(spendable, receivable, onChain);
    }

    /// <inheritdoc/>
    public async Task<InvoiceResult> CreateInvoiceAsync(InvoiceRequest request, CancellationToken cancellation = default)
    {
        if (request.Defect() is { } defect)
        {
            return new InvoiceResult(InvoiceResultStatus.InvalidRequest, null, defect);
        }

        RpcParameters parameters = request.Amount is { } amount
            ? new RpcParameters().Add("amount_msat", amount)
            : new RpcParameters().Add("amount_msat", "any");
        parameters
            .Add("label", request.Label)
            .Add("description", request.Description)
            .Add("expiry", (long)Math.Ceiling(request.Expiry.TotalSeconds));
        if (request.HashDescription)
        {
            parameters.Add("deschashonly", true);
        }

        try
        {
            JsonElement made = await rpc.CallAsync("invoice", parameters, answerTime, cancellation);
            return new InvoiceResult(InvoiceResultStatus.Created, Made(request, made), "");
        }
        catch (RpcErrorException error) when (error.Code == DuplicateLabel)
        {
            return await KnownInvoiceAsync(request, cancellation);
        }
        catch (RpcErrorException error)
        {
            return new InvoiceResult(InvoiceResultStatus.Refused, null, Said(error));
        }
        catch (Exception lost) when (lost is RpcLostException or LightningNodeException)
        {
            return new InvoiceResult(InvoiceResultStatus.Unknown, null, lost.Message);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<SettledInvoice> WatchInvoicesAsync(
        long afterCursor, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        for (long cursor = afterCursor; ;)
        {
            if (await NextPaidAsync(cursor, cancellation) is { } paid)
            {
                cursor = paid.Cursor;
                yield return paid;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<Invoice?> LookUpInvoiceAsync(Digest paymentHash, CancellationToken cancellation = default)
    {
        JsonElement found = await AskAsync(
            "listinvoices", new RpcParameters().Add("payment_hash", paymentHash.ToString()), cancellation);
        return JsonFields.Items(found, "invoices").Select(RpcReader.Invoice).FirstOrDefault();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Invoice>> ListInvoicesAsync(int limit, CancellationToken cancellation = default)
    {
        IReadOnlyList<JsonElement> found = await NewestAsync("listinvoices", "invoices", "invoices", limit, cancellation);
        return
        [
            .. found
                .OrderByDescending(invoice => JsonFields.Number(invoice, "created_index") ?? 0)
                .Take(limit)
                .Select(RpcReader.Invoice),
        ];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Payment>> ListPaymentsAsync(int limit, CancellationToken cancellation = default)
    {
        IReadOnlyList<JsonElement> found = await NewestAsync("listpays", "pays", "sendpays", limit, cancellation);
        return
        [
            .. found
                .Select(RpcReader.Payment)
                .OrderByDescending(payment => payment.CreatedAt)
                .Take(limit),
        ];
    }

    /// <inheritdoc/>
    public async Task<DecodedRequest> DecodeAsync(string text, CancellationToken cancellation = default)
    {
        try
        {
            return RpcReader.Decoded(await CallAsync("decode", new RpcParameters().Add("string", text), cancellation));
        }
        catch (RpcErrorException error)
        {
            return new DecodedRequest { Error = error.Message };
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => rpc.DisposeAsync();

    // The newest entries, in no order: from the index that the node has reached, back in windows that grow until there are
    // enough (parts of a payment count one each, deleted entries none).
    private async Task<IReadOnlyList<JsonElement>> NewestAsync(
        string method, string items, string subsystem, int limit, CancellationToken cancellation)
    {
        try
        {
            JsonElement reached = await CallAsync(
                "wait",
                new RpcParameters().Add("subsystem", subsystem).Add("indexname", "created").Add("nextvalue", 0),
                cancellation);
            long last = JsonFields.Number(reached, "created") ?? throw RpcReader.Malformed("wait", "created");
            for (long window = limit; ; window *= 4)
            {
                long start = Math.Max(1, last - window + 1);
                JsonElement found = await CallAsync(
                    method, new RpcParameters().Add("index", "created").Add("start", start), cancellation);
                JsonElement[] entries = [.. JsonFields.Items(found, items)];
                if (entries.Length >= limit || start == 1)
                {
                    return entries;
                }
            }
        }
        catch (RpcErrorException old) when (old.Code is MethodNotFound or InvalidParameters)
        {
            // Releases before 24.11 list everything or nothing.
            return [.. JsonFields.Items(await AskAsync(method, new RpcParameters(), cancellation), items)];
        }
        catch (RpcErrorException error)
        {
            throw new LightningNodeException(NodeFault.Refused, Said(error), error);
        }
    }

    private async Task<SettledInvoice?> NextPaidAsync(long cursor, CancellationToken cancellation)
    {
        try
        {
            JsonElement paid = await rpc.CallAsync(
                "waitanyinvoice",
                new RpcParameters().Add("lastpay_index", cursor).Add("timeout", WatchSeconds),
                TimeSpan.FromSeconds(WatchSeconds) + answerTime,
                cancellation);
            return new SettledInvoice(
                JsonFields.Number(paid, "pay_index") ?? throw RpcReader.Malformed("waitanyinvoice", "pay_index"),
                RpcReader.Hash(paid, "payment_hash"),
                JsonFields.Text(paid, "label") ?? "",
                RpcReader.Amount(paid, "amount_received_msat") ?? Msat.Zero,
                RpcReader.Time(paid, "paid_at") ?? default);
        }
        catch (RpcErrorException error) when (error.Code == WaitTimedOut)
        {
            return null;
        }
        catch (RpcErrorException error)
        {
            throw new LightningNodeException(NodeFault.Refused, Said(error), error);
        }
        catch (RpcLostException lost)
        {
            throw new LightningNodeException(NodeFault.Unreachable, lost.Message, lost);
        }
    }

    private async Task<InvoiceResult> KnownInvoiceAsync(InvoiceRequest request, CancellationToken cancellation)
    {
        JsonElement found = await AskAsync("listinvoices", new RpcParameters().Add("label", request.Label), cancellation);
        Invoice? known = JsonFields.Items(found, "invoices").Select(RpcReader.Invoice).FirstOrDefault();
        bool same = known is not null && known.Amount == request.Amount && known.Description == RpcParameters.Sendable(request.Description);
        return same
            ? new InvoiceResult(InvoiceResultStatus.AlreadyExists, known, "")
            : new InvoiceResult(
                InvoiceResultStatus.LabelConflict, null, $"The label '{request.Label}' has an invoice with other terms.");
    }

    private static Invoice Made(InvoiceRequest request, JsonElement made) => new()
    {
        PaymentHash = RpcReader.Hash(made, "payment_hash"),
        Label = request.Label,
        Bolt11 = JsonFields.Text(made, "bolt11") ?? throw RpcReader.Malformed("invoice", "bolt11"),
        Status = InvoiceStatus.Open,
        Amount = request.Amount,
        Description = request.Description,
        ExpiresAt = RpcReader.Time(made, "expires_at") ?? default,
    };

    // A question whose answer may be lost without harm.
    private async Task<JsonElement> AskAsync(string method, RpcParameters parameters, CancellationToken cancellation)
    {
        try
        {
            return await CallAsync(method, parameters, cancellation);
        }
        catch (RpcErrorException error)
        {
            throw new LightningNodeException(NodeFault.Refused, Said(error), error);
        }
    }

    private async Task<JsonElement> CallAsync(string method, RpcParameters parameters, CancellationToken cancellation)
    {
        try
        {
            return await rpc.CallAsync(method, parameters, answerTime, cancellation);
        }
        catch (RpcLostException lost)
        {
            throw new LightningNodeException(NodeFault.Unreachable, lost.Message, lost);
        }
    }

    private static string Said(RpcErrorException error) => $"Core Lightning says: {error.Message} (error {error.Code}).";
}
