using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Lightning.Checks;

/// <summary>Tries at a node everything that the hub, a seedbox and a downloader will need, as far as it moves no
/// money.</summary>
/// <remarks>
/// What it leaves behind: one unpaid invoice over 1 sat that lasts a minute, and one refused payment. Rows come as they
/// are known.
/// </remarks>
public sealed class NodeCheck
{
    private static readonly TimeSpan InvoiceExpiry = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan WatchTime = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan SkewLimited = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SkewFailed = TimeSpan.FromMinutes(5);
    private static readonly Msat OneSatoshi = Msat.FromSatoshi(1);

    private readonly ILightningNode node;
    private readonly TimeProvider clock;
    private readonly IProgress<CheckRow> progress;
    private readonly List<CheckRow> rows = [];

    private NodeCheck(ILightningNode node, TimeProvider clock, IProgress<CheckRow> progress) =>
        (this.node, this.clock, this.progress) = (node, clock, progress);

    /// <summary>Runs every trial.</summary>
    /// <param name="node">The node.</param>
    /// <param name="clock">This machine's time, which invoices are held against.</param>
    /// <param name="progress">Told of each row; null for nobody.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The rows, in the order of the trials.</returns>
    public static async Task<IReadOnlyList<CheckRow>> RunAsync(
        ILightningNode node, TimeProvider clock, IProgress<CheckRow>? progress = null, CancellationToken cancellation = default)
    {
        var check = new NodeCheck(node, clock, progress ?? new Progress<CheckRow>());
        NodeInfo? info = await check.ConnectAsync(cancellation);
        if (info is null)
        {
            check.Note("everything else", CheckVerdict.Skipped, "the node does not answer");
            return check.rows;
        }

        await check.TryAsync("balance", () => check.LookAtBalanceAsync(cancellation));
        Invoice? invoice = null;
        await check.TryAsync("make an invoice", async () => invoice = await check.MakeInvoiceAsync(cancellation));
        await check.LookAtInvoiceAsync(info, invoice, cancellation);
        await check.TryAsync("watch invoices", () => check.WatchAsync(cancellation));
        await check.TryAsync("list", () => check.ListAsync(invoice, cancellation));
        await check.TryAsync("look up a payment", () => check.LookUpAsync(cancellation));
        await check.TryAsync("refuse to pay", () => check.PayExpiredAsync(info, cancellation));
        check.LookAtFeatures(info);
        return check.rows;
    }

    private async Task<NodeInfo?> ConnectAsync(CancellationToken cancellation)
    {
        NodeInfo? info = null;
        long started = Stopwatch.GetTimestamp();
        await TryAsync("connect", async () =>
        {
            info = await node.GetInfoAsync(cancellation);
            string version = info.Version.Length == 0 ? "" : $" {info.Version}";
            Note(
                "connect",
                CheckVerdict.Passed,
                Invariant($"{info.Implementation}{version}, {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms"));
        });
        if (info is null)
        {
            return null;
        }

        Note("node", CheckVerdict.Passed, $"{info.NodeId} {info.Alias}".TrimEnd());
        Note(
            "network",
            info.Network.Length == 0 ? CheckVerdict.Failed : CheckVerdict.Passed,
            info.IsRealMoney ? "bitcoin: REAL MONEY" : info.Network.Length == 0 ? "the node names none" : info.Network);
        Note(
            "chain",
            info.Warning is null ? CheckVerdict.Passed : CheckVerdict.Failed,
            info.Warning ?? (info.BlockHeight is { } height ? Invariant($"block {height}") : "the node does not tell its height"));
        return info;
    }

    private async Task LookAtBalanceAsync(CancellationToken cancellation)
    {
        NodeBalance balance = await node.GetBalanceAsync(cancellation);
        Note(
            "can send",
            balance.Spendable.IsZero ? CheckVerdict.Limited : CheckVerdict.Passed,
            balance.Spendable.IsZero ? "nothing: it can pay nobody. Open a channel, or fund one." : balance.Spendable.ToString());
        Note(
            "can receive",
            balance.Receivable.IsZero ? CheckVerdict.Limited : CheckVerdict.Passed,
            balance.Receivable.IsZero ? "nothing: nobody can pay it. It needs inbound liquidity." : balance.Receivable.ToString());
        Note("on chain", CheckVerdict.Passed, balance.OnChain.ToString());
    }

    private async Task<Invoice?> MakeInvoiceAsync(CancellationToken cancellation)
    {
        string label = "check-" + RandomNumberGenerator.GetHexString(24, lowercase: true);
        InvoiceResult made = await node.CreateInvoiceAsync(
            new InvoiceRequest(label, OneSatoshi, "mesh wallet check") { Expiry = InvoiceExpiry }, cancellation);
        bool good = made.Invoice is not null;
        Note("make an invoice", good ? CheckVerdict.Passed : CheckVerdict.Failed, good ? $"{OneSatoshi} for one minute" : made.Reason);
        return made.Invoice;
    }

    private async Task LookAtInvoiceAsync(NodeInfo info, Invoice? invoice, CancellationToken cancellation)
    {
        if (invoice is null)
        {
            Note("decode, look up", CheckVerdict.Skipped, "there is no invoice");
            return;
        }

        if (!Bolt11Invoice.TryDecode(invoice.Bolt11, out Bolt11Invoice? read, out string error))
        {
            Note("read the invoice", CheckVerdict.Failed, $"the node's own invoice cannot be read: {error}");
            return;
        }

        bool sound = read.PaymentHash == invoice.PaymentHash
            && read.Amount == OneSatoshi
            && (info.IsPlayMoney || read.Payee == info.NodeId);
        bool sameNetwork = info.IsPlayMoney || read.NetworkName == info.Network || IsTestnet(read.NetworkName, info.Network);
        Note(
            "read the invoice",
            sound && sameNetwork ? CheckVerdict.Passed : CheckVerdict.Failed,
            !sameNetwork ? $"the invoice is of {read.NetworkName}, the node says {info.Network}"
                : sound ? "signed by the node, over the right amount"
                : "hash, amount or payee are not what was asked for");
        LookAtClock(read.CreatedAt - clock.GetUtcNow());
        await TryAsync("decode", async () =>
        {
            DecodedRequest decoded = await node.DecodeAsync(invoice.Bolt11, cancellation);
            bool same = decoded.Error is null && decoded.PaymentHash == invoice.PaymentHash && decoded.Amount == OneSatoshi;
            Note(
                "decode",
                same ? CheckVerdict.Passed : CheckVerdict.Failed,
                same ? "as this program reads it" : decoded.Error ?? "it differs");
        });
        await TryAsync("look up an invoice", async () =>
        {
            Invoice? found = await node.LookUpInvoiceAsync(invoice.PaymentHash, cancellation);
            bool open = found is { Status: InvoiceStatus.Open } && found.Amount == OneSatoshi;
            Note(
                "look up an invoice",
                open ? CheckVerdict.Passed : CheckVerdict.Failed,
                open ? "found by its hash, unpaid" : found is null ? "the node does not find it by its hash" : $"it is {found.Status}");
        });
    }

    private void LookAtClock(TimeSpan skew)
    {
        double seconds = Math.Round(skew.TotalSeconds);
        CheckVerdict verdict = skew.Duration() > SkewFailed ? CheckVerdict.Failed
            : skew.Duration() > SkewLimited ? CheckVerdict.Limited
            : CheckVerdict.Passed;
        Note(
            "clock",
            verdict,
            verdict == CheckVerdict.Passed
                ? "the node's and this machine's agree"
                : Invariant($"the node's is {Math.Abs(seconds)} s {(seconds > 0 ? "ahead of" : "behind")} this machine's: use NTP"));
    }

    // Nothing will be paid while it looks: that no error comes is the answer.
    private async Task WatchAsync(CancellationToken cancellation)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(WatchTime);
        try
        {
            await foreach (SettledInvoice settled in node.WatchInvoicesAsync(long.MaxValue >> 16, patience.Token))
            {
                Note("watch invoices", CheckVerdict.Passed, $"live; {settled.PaymentHash} was paid");
                return;
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The usual end.
        }

        Note("watch invoices", CheckVerdict.Passed, "live");
    }

    private async Task ListAsync(Invoice? invoice, CancellationToken cancellation)
    {
        IReadOnlyList<Invoice> invoices = await node.ListInvoicesAsync(100, cancellation);
        IReadOnlyList<Payment> payments = await node.ListPaymentsAsync(100, cancellation);
        bool found = invoice is null || invoices.Any(listed => listed.PaymentHash == invoice.PaymentHash);
        Note(
            "list",
            found ? CheckVerdict.Passed : CheckVerdict.Failed,
            found ? $"{Few(invoices.Count)} invoices, {Few(payments.Count)} payments" : "the new invoice is not in the list");
    }

    private async Task LookUpAsync(CancellationToken cancellation)
    {
        Payment none = await node.LookUpPaymentAsync(new Digest(RandomNumberGenerator.GetBytes(Digest.Size)), cancellation);
        Note(
            "look up a payment",
            none.Status == PaymentStatus.NotFound ? CheckVerdict.Passed : CheckVerdict.Failed,
            none.Status == PaymentStatus.NotFound ? "by hash; one that never was is not found" : $"{none.Status}: {none.Reason}");
    }

    // An invoice of nobody's that expired yesterday: a node that would send it reaches nobody.
    private async Task PayExpiredAsync(NodeInfo info, CancellationToken cancellation)
    {
        string expired = new Bolt11Draft
        {
            Prefix = info.Network switch
            {
                NodeInfo.Mainnet => "bc",
                "signet" => "tbs",
                "regtest" or NodeInfo.PlayMoney => "bcrt",
                _ => "tb",
            },
            Amount = OneSatoshi,
            CreatedAt = clock.GetUtcNow().AddDays(-1),
            PaymentHash = new Digest(RandomNumberGenerator.GetBytes(Digest.Size)),
            PaymentSecret = new Digest(RandomNumberGenerator.GetBytes(Digest.Size)),
            Description = "mesh wallet check: expired",
        }.Sign(RandomKey());
        Payment payment = await node.PayAsync(
            new PayRequest(expired, OneSatoshi) { TimeLimit = TimeSpan.FromSeconds(10) }, cancellation);
        Note(
            "refuse to pay",
            payment.Status == PaymentStatus.Failed && payment.Failure != PaymentFailure.NodeUnavailable
                ? CheckVerdict.Passed
                : CheckVerdict.Failed,
            payment.Status == PaymentStatus.Failed
                ? $"an expired invoice of nobody's: {payment.Reason}"
                : $"an expired invoice of nobody's is {payment.Status}: {payment.Reason}");
    }

    private void LookAtFeatures(NodeInfo info)
    {
        bool has(NodeFeatures feature) => info.Features.HasFlag(feature);
        Note("keysend", has(NodeFeatures.Keysend) && has(NodeFeatures.ReceivesKeysend) ? CheckVerdict.Passed : CheckVerdict.Limited, (
            has(NodeFeatures.Keysend), has(NodeFeatures.ReceivesKeysend)) switch
        {
            (true, true) => "pays and is paid by it",
            (true, false) => "pays by it, and cannot be paid by it: give a Lightning address or an offer as destination",
            (false, true) => "is paid by it, and cannot pay by it",
            _ => "none: destinations are Lightning addresses, LNURL or offers",
        });
        Note("BOLT 12", has(NodeFeatures.Offers) ? CheckVerdict.Passed : CheckVerdict.Limited,
            has(NodeFeatures.Offers) ? "fetches invoices of offers and pays them"
            : has(NodeFeatures.OffersInOneStep) ? "pays offers by hand only: the hash is known too late for payouts"
            : "none: the node pays no offers");
        Note("fee limit", CheckVerdict.Passed, has(NodeFeatures.FeeLimit) ? "kept by the node" : "kept by this program");
    }

    private async Task TryAsync(string name, Func<Task> trial)
    {
        try
        {
            await trial();
        }
        catch (LightningNodeException exception)
        {
            Note(name, CheckVerdict.Failed, exception.Message);
        }
    }

    private void Note(string name, CheckVerdict verdict, string detail)
    {
        CheckRow row = new(name, verdict, detail);
        rows.Add(row);
        progress.Report(row);
    }

    // A key outside the curve's order is as good as impossible, and drawn again.
    private static byte[] RandomKey()
    {
        byte[] key;
        do
        {
            key = RandomNumberGenerator.GetBytes(32);
        }
        while (!Secp256k1.IsSecretKey(key));

        return key;
    }

    private static bool IsTestnet(string invoice, string node) =>
        invoice == "testnet" && node.StartsWith("testnet", StringComparison.Ordinal);

    private static string Few(int count) => count == 100 ? "100 or more" : count.ToString(CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
