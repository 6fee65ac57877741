using System.Runtime.CompilerServices;
using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.CoreLightning;

/// <summary>Core Lightning (lightningd 24.08 or later) over its unix socket.</summary>
/// <remarks>Connection string: <c>type=clightning;server=unix:///path/lightning-rpc</c>. Source: Core Lightning's
/// JSON-RPC reference. Thread safe.</remarks>
public sealed partial class CoreLightningNode : ILightningNode
{
    private const int MethodNotFound = -32601;
    private const int DuplicateLabel = 900;
    private const int WaitTimedOut = 904;
    private const int WatchSeconds = 60;

    // Advertised by the plugin that takes keysends, as bit 54 or 55. Source: BLIP 3.
    private const int KeysendFeature = 54;

    private static readonly TimeSpan answerTime = TimeSpan.FromSeconds(30);

    private readonly JsonRpcSocket rpc;

    /// <summary>Connects to nothing yet; the first call does.</summary>
    /// <param name="server">The socket: <c>unix:///path/lightning-rpc</c> or the path alone.</param>
    public CoreLightningNode(string server)
    {
        const string scheme = "unix://";
        rpc = new JsonRpcSocket(server.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? server[scheme.Length..] : server);
    }

    /// <inheritdoc/>
    public async Task<NodeInfo> GetInfoAsync(CancellationToken cancellation = default)
    {
        JsonElement info = await AskAsync("getinfo", new RpcParameters(), cancellation);
        return new NodeInfo(
            "clightning",
            RpcReader.Text(info, "version") ?? "",
            RpcReader.Node(info, "id") ?? throw RpcReader.Malformed("getinfo", "id"),
            RpcReader.Text(info, "alias") ?? "",
            RpcReader.Text(info, "network") ?? "",
            NodeFeatures.Keysend | NodeFeatures.Offers | NodeFeatures.FeeLimit
                | (RpcReader.HasFeature(info, KeysendFeature) ? NodeFeatures.ReceivesKeysend : NodeFeatures.None))
        {
            BlockHeight = RpcReader.Number(info, "blockheight"),
            Warning = RpcReader.Text(info, "warning_bitcoind_sync") ?? RpcReader.Text(info, "warning_lightningd_sync"),
        };
    }

    /// <inheritdoc/>
    public async Task<NodeBalance> GetBalanceAsync(CancellationToken cancellation = default)
    {
        Msat spendable = Msat.Zero;
        Msat receivable = Msat.Zero;
        JsonElement peers = await AskAsync("listpeerchannels", new RpcParameters(), cancellation);
        foreach (JsonElement channel in RpcReader.Items(peers, "channels"))
        {
            if (RpcReader.Text(channel, "state") == "CHANNELD_NORMAL" && RpcReader.Flag(channel, "peer_connected"))
            {
                spendable += RpcReader.Amount(channel, "spendable_msat") ?? Msat.Zero;
                receivable += RpcReader.Amount(channel, "receivable_msat") ?? Msat.Zero;
            }
        }

        Msat onChain = Msat.Zero;
        JsonElement funds = await AskAsync("listfunds", new RpcParameters(), cancellation);
        foreach (JsonElement output in RpcReader.Items(funds, "outputs"))
        {
            if (RpcReader.Text(output, "status") == "confirmed" && !RpcReader.Flag(output, "reserved"))
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
        return RpcReader.Items(found, "invoices").Select(RpcReader.Invoice).FirstOrDefault();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Invoice>> ListInvoicesAsync(int limit, CancellationToken cancellation = default)
    {
        JsonElement found = await AskAsync("listinvoices", new RpcParameters(), cancellation);
        return
        [
            .. RpcReader.Items(found, "invoices")
                .OrderByDescending(invoice => RpcReader.Number(invoice, "created_index") ?? 0)
                .Take(limit)
                .Select(RpcReader.Invoice),
        ];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Payment>> ListPaymentsAsync(int limit, CancellationToken cancellation = default)
    {
        JsonElement found = await AskAsync("listpays", new RpcParameters(), cancellation);
        return
        [
            .. RpcReader.Items(found, "pays")
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
                RpcReader.Number(paid, "pay_index") ?? throw RpcReader.Malformed("waitanyinvoice", "pay_index"),
                RpcReader.Hash(paid, "payment_hash"),
                RpcReader.Text(paid, "label") ?? "",
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
        Invoice? known = RpcReader.Items(found, "invoices").Select(RpcReader.Invoice).FirstOrDefault();
        bool same = known is not null && known.Amount == request.Amount && known.Description == request.Description;
        return same
            ? new InvoiceResult(InvoiceResultStatus.AlreadyExists, known, "")
            : new InvoiceResult(
                InvoiceResultStatus.LabelConflict, null, $"The label '{request.Label}' has an invoice with other terms.");
    }

    private static Invoice Made(InvoiceRequest request, JsonElement made) => new()
    {
        PaymentHash = RpcReader.Hash(made, "payment_hash"),
        Label = request.Label,
        Bolt11 = RpcReader.Text(made, "bolt11") ?? throw RpcReader.Malformed("invoice", "bolt11"),
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
