using System.Diagnostics;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Audits;
using SeederMesh.Cli.Terminal;
using SeederMesh.Cli.Wallets;
using SeederMesh.Core.Money;

namespace SeederMesh.Cli.Demo;

/// <summary>Collects what the demo came to, ends its processes, and checks everything that must hold.</summary>
internal sealed class DemoChecks(
    DemoWorld world,
    DemoHub hub,
    DemoWatch watch,
    JsonObject published,
    JsonObject offer,
    string source,
    Msat budget,
    DemoOptions options)
{
    private readonly List<DemoCheck> checks = [];

    /// <summary>Ends the demo.</summary>
    public async Task<DemoFigures> ConcludeAsync(JsonObject hubInfo, CancellationToken cancellationToken)
    {
        JsonObject result = await world.Downloader!.WaitForAsync("result", cancellationToken);
        JsonObject? status = await hub.FindAsync("/v1/status", cancellationToken);
        JsonObject? torrent = await hub.FindAsync($"/v1/torrents/{published["infohash"]}", cancellationToken);
        JsonObject? channel = await hub.FindAsync($"/v1/channels/{result["channelId"]}", cancellationToken);
        var receivers = new List<DemoReceiver> { await CreatorAsync(cancellationToken) };
        for (int number = 0; number < options.Seeders; number++)
        {
            receivers.Add(await SeedboxAsync(number, cancellationToken));
        }

        var figures = new DemoFigures
        {
            Name = (string)published["name"]!,
            Infohash = (string)published["infohash"]!,
            Files = DemoHub.Number(published, "files"),
            Bytes = DemoHub.Number(published, "bytes"),
            Pieces = DemoHub.Number(published, "pieces"),
            Download = watch.Moments.LastPiece ?? watch.Elapsed,
            Total = watch.Elapsed,
            Funded = DemoHub.Amount(result, "fundedMsat"),
            Spent = DemoHub.Amount(result, "signedMsat"),
            Refunded = DemoHub.Amount(channel, "refundedMsat"),
            RefundReceived = await PlayWallet.ReceivedAsync(Path.Combine(world.Folder, "downloader"), cancellationToken),
            Settled = DemoHub.Amount(torrent, "settledMsat"),
            Receivers = receivers,
            Registry = DemoHub.Amount(status, "registryMsat"),
            HubRevenue = DemoHub.Amount(status, "hubRevenueMsat"),
            RoutingFees = DemoHub.Amount(status, "routingFeesMsat"),
            Checks = checks,
        };

        CheckPublication();
        await CheckContentAsync(result, cancellationToken);
        CheckReceipts(figures, status);
        CheckMoney(figures);
        IReadOnlyList<string> ungentle = await world.StopAsync();
        Check(
            "every process ended by itself",
            ungentle.Count == 0,
            ungentle.Count == 0 ? $"{options.Seeders + 3} processes" : string.Join(", ", ungentle));
        await CheckBooksAsync((string)hubInfo["database"]!, cancellationToken);
        return figures;
    }

    private void CheckPublication()
    {
        Check(
            "the manifest was verified before any content was opened",
            (string?)offer["status"] == "verified" && (string?)offer["creator"] == (string?)published["creator"],
            $"signed by {published["creator"]}");
        Check(
            "the registry gave a signed receipt for it",
            published["registryReceipt"] is not null,
            Path.GetFileName((string?)published["manifest"] ?? ""));
    }

    private async Task CheckContentAsync(JsonObject result, CancellationToken cancellationToken)
    {
        Check(
            "the download completed",
            (string?)result["outcome"] == "completed",
            (string?)result["reason"] ?? $"in {result["seconds"]} s");
        string arrived = (string?)result["path"] ?? "";
        string[] paths = [.. ((JsonArray)published["paths"]!).Select(path => (string)path!)];
        long compared = Stopwatch.GetTimestamp();
        string? difference = await Task.Run(
            () => TreeComparison.FindDifference(source, arrived, paths, cancellationToken), cancellationToken);
        Check(
            "what arrived is byte for byte what was published",
            difference is null,
            difference ?? $"{paths.Length} files, {Units.Bytes(DemoHub.Number(published, "bytes"))}, "
                + $"in {Stopwatch.GetElapsedTime(compared).TotalSeconds:0.00} s");
    }

    private void CheckReceipts(DemoFigures figures, JsonObject? status)
    {
        DemoReceiver[] seedboxes = [.. figures.Receivers.Skip(1)];
        int idle = seedboxes.Count(seedbox => seedbox.UploadedBytes == 0);
        Check("every seedbox uploaded", idle == 0, string.Join(", ", seedboxes.Select(seedbox => Units.Bytes(seedbox.UploadedBytes))));
        long receipted = seedboxes.Sum(seedbox => seedbox.UploadedBytes);
        Check(
            "the receipts cover the content, no more and no less",
            options.KillSeeder || options.HubKills > 0 ? receipted <= figures.Bytes : receipted == figures.Bytes,
            $"{receipted:N0} of {figures.Bytes:N0} bytes"
                + (receipted == figures.Bytes ? "" : "; the rest came while a grant could not be had"));
        Check(
            "every receipt that was signed was settled",
            options.KillSeeder ? figures.Settled <= figures.Spent : figures.Settled == figures.Spent,
            $"{figures.Spent} signed, {figures.Settled} settled, {DemoHub.Number(status, "receipts")} receipts");
        if (options.KillSeeder)
        {
            CheckKilled(Math.Min(DemoAccidents.KilledSeedbox, options.Seeders - 1));
        }
    }

    // What counts is what the seedbox itself finds on its disk after the restart, against what the hub has settled for
    // it.
    private void CheckKilled(int number)
    {
        JsonObject? own = world.Seedboxes[number]!.Latest("snapshot");
        JsonObject? answer = watch.SeedboxAnswer(number);
        Msat stored = DemoHub.Amount(own, "receiptedMsat");
        Msat settled = DemoHub.Amount(answer, "settledMsat");
        Check(
            $"seedbox {number + 1}, which was killed, lost nothing that it had a receipt for",
            stored == settled && !stored.IsZero && DemoHub.Number(own, "unreportedReceipts") == 0,
            $"{stored} in its receipts, {settled} settled, {DemoHub.Number(answer, "receipts")} receipts");
    }

    private void CheckMoney(DemoFigures figures)
    {
        Check("no more was spent than the budget", figures.Spent <= budget, $"{figures.Spent} of {budget}");
        Msat back = figures.Refunded + figures.Settled;
        Check(
            "what was not spent came back, and the wallet has it",
            back == figures.Funded && figures.RefundReceived == figures.Refunded,
            $"{figures.Funded} prepaid = {figures.Settled} settled + {figures.Refunded} refunded, {figures.RefundReceived} received");
        Msat seeders = Sum(figures.Receivers.Skip(1).Select(receiver => receiver.Earned));
        // The hub pays what routing costs out of its own share.
        Msat hubShare = figures.HubRevenue + figures.RoutingFees;
        Msat allocated = figures.Receivers[0].Earned + seeders + figures.Registry + hubShare;
        Check(
            "the split lost nothing",
            allocated == figures.Settled,
            $"creator {figures.Receivers[0].Earned} + seeders {seeders} + registry {figures.Registry} + hub {hubShare} = {allocated}");
        (string Name, Msat Amount, int Bps, int Receivers)[] shares =
        [
            ("creator", figures.Receivers[0].Earned, 7_000, 1), ("seeders", seeders, 2_500, options.Seeders),
            ("registry", figures.Registry, 200, 1), ("hub", hubShare, 300, 1),
        ];
        string? off = shares.Where(share => IsOff(share.Amount, figures.Settled, share.Bps, share.Receivers))
            .Select(share => share.Name).FirstOrDefault();
        Check("each share is exact to the millisatoshi", off is null, off is null ? "70 : 25 : 2 : 3 percent" : $"the {off}'s is not");

        int payments = figures.Receivers.Sum(receiver => receiver.PaymentHashes.Count);
        Msat owed = Sum(figures.Receivers.Select(receiver => receiver.Earned.Less(receiver.Paid)));
        Check(
            "everybody was paid what was earned",
            figures.Receivers.All(receiver => receiver.Earned.Less(receiver.Paid) < DemoOptions.SmallestPayout),
            $"{payments} payments" + (owed.IsZero ? "" : $"; {owed} wait until they make a payment of {DemoOptions.SmallestPayout}"));
        DemoReceiver? poor = figures.Receivers.FirstOrDefault(receiver => receiver.Wallet != receiver.Paid);
        Check(
            "the wallets received what the hub says it paid",
            poor is null,
            poor is null ? "asked of each wallet" : $"{poor.Name}: {poor.Wallet} of {poor.Paid}");
        string[] hashes = [.. figures.Receivers.SelectMany(receiver => receiver.PaymentHashes)];
        int repeated = hashes.Length - hashes.Distinct(StringComparer.Ordinal).Count();
        Check("nobody was paid twice", repeated == 0, "every payment has its own hash");
        Check(
            "payouts arrived while the download ran",
            watch.PayoutsWhileDownloading > 0 || options.Seconds == 0,
            watch.Moments.FirstPayout is { } first
                ? $"the first after {first.TotalSeconds:0.0} s, {watch.PayoutsWhileDownloading} before the last piece"
                : "none");
    }

    private async Task CheckBooksAsync(string database, CancellationToken cancellationToken)
    {
        AuditOutcome audit = await BookAudit.RunAsync(database, cancellationToken);
        Check("mesh audit: the books balance, from the database alone", audit.Held, audit.Summary);
    }

    private async Task<DemoReceiver> CreatorAsync(CancellationToken cancellationToken)
    {
        JsonObject? answer = watch.CreatorAnswer();
        var payments = new List<JsonObject>();
        foreach (JsonObject payee in (answer?["payees"] as JsonArray)?.OfType<JsonObject>() ?? [])
        {
            payments.AddRange(await hub.ListPayoutsAsync($"payee={payee["payeeId"]}", cancellationToken));
        }

        return await ReceiverAsync("creator", "creator", answer, payments, cancellationToken);
    }

    private async Task<DemoReceiver> SeedboxAsync(int number, CancellationToken cancellationToken)
    {
        JsonObject? answer = watch.SeedboxAnswer(number);
        IReadOnlyList<JsonObject> payments = await hub.ListPayoutsAsync($"payee={answer?["payeeId"]}", cancellationToken);
        return await ReceiverAsync($"seedbox {number + 1}", $"seedbox{number + 1}", answer, payments, cancellationToken);
    }

    private async Task<DemoReceiver> ReceiverAsync(
        string name, string folder, JsonObject? answer, IEnumerable<JsonObject> payments, CancellationToken cancellationToken)
    {
        JsonObject[] succeeded = [.. payments.Where(payment => (string?)payment["state"] == "succeeded")];
        return new DemoReceiver(
            name,
            DemoHub.Number(answer, "uploadedBytes"),
            DemoHub.Number(answer, "receipts"),
            DemoHub.Amount(answer, "earnedMsat"),
            DemoHub.Amount(answer, "paidMsat"),
            await PlayWallet.ReceivedAsync(Path.Combine(world.Folder, folder), cancellationToken),
            Sum(succeeded.Select(payment => DemoHub.Amount(payment, "feePaidMsat"))),
            [.. succeeded.Select(payment => (string?)payment["paymentHash"] ?? "")]);
    }

    // A share may be 1 msat off for each of its receivers (DESIGN section 6, rule 5).
    private static bool IsOff(Msat amount, Msat settled, int bps, int receivers)
    {
        Int128 exact = (Int128)settled.Value * bps;
        Int128 actual = (Int128)amount.Value * 10_000;
        return Int128.Abs(exact - actual) > (Int128)10_000 * receivers;
    }

    private static Msat Sum(IEnumerable<Msat> amounts) => amounts.Aggregate(Msat.Zero, (sum, amount) => sum + amount);

    private void Check(string name, bool held, string detail) => checks.Add(new DemoCheck(name, held, detail));
}
