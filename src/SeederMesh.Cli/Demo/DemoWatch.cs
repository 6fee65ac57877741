using System.Text.Json.Nodes;
using SeederMesh.Core.Money;

namespace SeederMesh.Cli.Demo;

/// <summary>Puts together what the processes and the hub say into one picture.</summary>
internal sealed class DemoWatch(DemoWorld world, DemoHub hub, JsonObject published, Msat budget)
{
    private readonly string creator = (string)published["creator"]!;
    private readonly long started = System.Diagnostics.Stopwatch.GetTimestamp();
    private readonly Dictionary<string, JsonObject> answers = new(StringComparer.Ordinal);
    private readonly List<string> news = [];

    /// <summary>The moment of the first payout that was seen to have arrived, and of the last piece.</summary>
    public (TimeSpan? FirstPayout, TimeSpan? LastPiece) Moments { get; private set; }

    /// <summary>How many payouts had arrived when the last piece did.</summary>
    public long PayoutsWhileDownloading { get; private set; }

    /// <summary>Since the download started.</summary>
    public TimeSpan Elapsed => System.Diagnostics.Stopwatch.GetElapsedTime(started);

    /// <summary>Notes something that a person should see.</summary>
    public void Tell(string line)
    {
        lock (news)
        {
            news.Add(line);
        }
    }

    /// <summary>Asks the hub for everything that the picture needs; what it cannot answer now stays as it
    /// was.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        string[] keys = [.. world.Seedboxes.Select(KeyOf).OfType<string>()];
        string[] paths = ["/v1/status", $"/v1/creators/{Uri.EscapeDataString(creator)}", .. keys.Select(key => $"/v1/seeders/{key}")];
        JsonObject?[] all = await Task.WhenAll(paths.Select(path => hub.FindAsync(path, cancellationToken)));
        lock (answers)
        {
            for (int index = 0; index < paths.Length; index++)
            {
                answers[paths[index]] = all[index] ?? answers.GetValueOrDefault(paths[index]) ?? [];
            }
        }
    }

    /// <summary>The picture of this moment.</summary>
    public DemoFrame Frame()
    {
        JsonObject? get = world.Downloader?.Latest("snapshot");
        JsonObject? status = Answer("/v1/status");
        var payouts = status?["payouts"] as JsonObject;
        long payoutsDone = DemoHub.Number(payouts, "succeeded");
        Note(get, payoutsDone);
        lock (news)
        {
            return new DemoFrame
            {
                Title = (string)published["name"]!,
                Phase = (string?)get?["phase"] ?? "starting",
                Elapsed = Elapsed,
                DoneBytes = DemoHub.Number(get, "doneBytes"),
                WantedBytes = DemoHub.Number(get, "wantedBytes"),
                Rate = DemoHub.Number(get, "rate"),
                PiecesDone = DemoHub.Number(get, "piecesDone"),
                Pieces = DemoHub.Number(published, "pieces"),
                ReceiptsSigned = DemoHub.Number(get, "receipts"),
                ReceiptsSettled = DemoHub.Number(status, "receipts"),
                Budget = budget,
                Spent = DemoHub.Amount(get, "signedMsat"),
                AtMostLost = DemoHub.Amount(get, "atMostLostMsat"),
                Parties = [Creator(), .. Enumerable.Range(0, world.Seedboxes.Length).Select(Seedbox)],
                RegistryAndHub = DemoHub.Amount(status, "registryMsat") + DemoHub.Amount(status, "hubRevenueMsat"),
                PayoutsDone = payoutsDone,
                PayoutsPending = DemoHub.Number(payouts, "sent") + DemoHub.Number(payouts, "intended"),
                News = [.. news],
            };
        }
    }

    /// <summary>The hub's newest answer at a path.</summary>
    public JsonObject? Answer(string path)
    {
        lock (answers)
        {
            return answers.GetValueOrDefault(path);
        }
    }

    /// <summary>The hub's newest word on the creator.</summary>
    public JsonObject? CreatorAnswer() => Answer($"/v1/creators/{Uri.EscapeDataString(creator)}");

    /// <summary>The hub's newest word on a seedbox.</summary>
    public JsonObject? SeedboxAnswer(int number) =>
        KeyOf(world.Seedboxes[number]) is { } key ? Answer($"/v1/seeders/{key}") : null;

    private static string? KeyOf(DemoProcess? seedbox) => (string?)seedbox?.Latest("ready")?["key"];

    private void Note(JsonObject? get, long payoutsDone)
    {
        if (payoutsDone > 0 && Moments.FirstPayout is null)
        {
            Moments = Moments with { FirstPayout = Elapsed };
        }

        bool complete = DemoHub.Number(get, "wantedBytes") > 0 && DemoHub.Number(get, "doneBytes") >= DemoHub.Number(get, "wantedBytes");
        if (complete && Moments.LastPiece is null)
        {
            Moments = Moments with { LastPiece = Elapsed };
            PayoutsWhileDownloading = payoutsDone;
        }
    }

    private DemoParty Creator()
    {
        JsonObject? answer = CreatorAnswer();
        return new DemoParty(
            "creator", 0, 0, DemoHub.Amount(answer, "earnedMsat"), DemoHub.Amount(answer, "paidMsat"), IsUploader: false);
    }

    private DemoParty Seedbox(int number)
    {
        DemoProcess? process = world.Seedboxes[number];
        JsonObject? answer = SeedboxAnswer(number);
        JsonObject? own = process?.Latest("snapshot");
        return new DemoParty(
            $"seedbox {number + 1}",
            Math.Max(DemoHub.Number(answer, "uploadedBytes"), DemoHub.Number(own, "uploadedBytes")),
            DemoHub.Number(own, "rate"),
            DemoHub.Amount(answer, "earnedMsat"),
            DemoHub.Amount(answer, "paidMsat"),
            IsUploader: true,
            IsDown: process is { IsRunning: false });
    }
}
