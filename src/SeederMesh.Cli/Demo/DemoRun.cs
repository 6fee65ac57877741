using System.Diagnostics;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Album;
using SeederMesh.Cli.Terminal;
using SeederMesh.Core.Money;
using Spectre.Console;

namespace SeederMesh.Cli.Demo;

/// <summary>The main job on one machine: a creator publishes, seedboxes upload, a downloader pays, everybody is
/// paid.</summary>
internal sealed class DemoRun(DemoOptions options, Output output, IAnsiConsole console)
{
    private const int SettleSecondsMax = 30;
    private readonly long started = Stopwatch.GetTimestamp();

    /// <summary>Runs it from the first process to the last check.</summary>
    /// <param name="folder">An empty folder for all data.</param>
    /// <param name="cancellationToken">Ends it; no process is left behind.</param>
    /// <exception cref="Failure">A process failed; the end of its log is in the message.</exception>
    public async Task<DemoFigures> RunAsync(string folder, CancellationToken cancellationToken)
    {
        await using var world = new DemoWorld(folder, options);
        Task<JsonObject> hubStarts = world.StartHubAsync(cancellationToken);
        string source = options.Source ?? AlbumGenerator.Create(folder, options.AlbumBytes);
        Step($"content    {(options.Source is null ? "an album made just now" : source)}");
        JsonObject hubInfo = await hubStarts;
        Step($"hub        {world.HubAddress}, network: play money");

        JsonObject published = await world.PublishAsync(source, cancellationToken);
        string size = $"{published["files"]} files, {Units.Bytes(DemoHub.Number(published, "bytes"))}";
        Step($"published  \"{published["name"]}\", {size}, by {published["creator"]}");
        Step($"           {published["magnet"]}");
        if (published["skipped"] is JsonArray { Count: > 0 } skipped)
        {
            Step($"           {skipped.Count} left out, such as {skipped[0]}");
        }

        await StartSeedboxesAsync(world, source, published, cancellationToken);
        using var hub = new DemoHub(world.HubAddress);
        Msat budget = Budget(published);
        JsonObject offer = await world.StartDownloaderAsync((string)published["magnet"]!, budget, cancellationToken);
        await AskAsync(world, offer, cancellationToken);

        var watch = new DemoWatch(world, hub, published, budget);
        await ShowAsync(world, watch, source, published, cancellationToken);
        var checks = new DemoChecks(world, hub, watch, published, offer, source, budget, options);
        DemoFigures figures = await checks.ConcludeAsync(hubInfo, cancellationToken);
        return figures with { Total = Stopwatch.GetElapsedTime(started) };
    }

    private void Step(string text) => output.Say(text);

    private Msat Budget(JsonObject published)
    {
        Msat cost = new PricePerMebibyte(options.Price.Value).Of(DemoHub.Number(published, "bytes"));
        return options.Budget ?? new Msat[] { Msat.FromSatoshi(50), Msat.FromSatoshi((cost.Value * 6 / 5000) + 1) }.Max();
    }

    private async Task StartSeedboxesAsync(DemoWorld world, string source, JsonObject published, CancellationToken cancellationToken)
    {
        IEnumerable<Task<JsonObject>> starts = Enumerable.Range(0, options.Seeders)
            .Select(number => world.StartSeedboxAsync(
                number, (string)published["torrent"]!, Path.GetDirectoryName(source)!, Rate(published), cancellationToken));
        await Task.WhenAll(starts);
        Step($"seedboxes  {options.Seeders}, each a process with its own key and play-money wallet");
    }

    // Loopback is so fast that nobody would see anything: the seedboxes share what makes the transfer last as long as
    // asked.
    private long Rate(JsonObject published) =>
        options.Seconds == 0 ? 0 : Math.Max(64 << 10, DemoHub.Number(published, "bytes") / options.Seconds / options.Seeders);

    private async Task AskAsync(DemoWorld world, JsonObject offer, CancellationToken cancellationToken)
    {
        OfferText.Write(output, offer);
        bool accepted = options.Yes || output.Json || Console.IsInputRedirected;
        if (accepted)
        {
            Step(options.Yes ? "accepted (--yes)" : "accepted (nobody to ask: this is no terminal)");
        }
        else
        {
            accepted = await OfferText.AskAsync(cancellationToken);
        }

        await world.Downloader!.TellAsync(accepted ? "yes" : "no");
        if (!accepted)
        {
            throw new Refusal("The offer was declined; nothing was paid.");
        }
    }

    private async Task ShowAsync(
        DemoWorld world, DemoWatch watch, string source, JsonObject published, CancellationToken cancellationToken)
    {
        using var stopKilling = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var accidents = new DemoAccidents(world, watch, options, stopKilling.Token);
        Task misfortune = accidents.RunAsync(
            number => world.StartSeedboxAsync(
                number, (string)published["torrent"]!, Path.GetDirectoryName(source)!, Rate(published), cancellationToken));
        if (output.Json || Console.IsOutputRedirected)
        {
            await FollowAsync(world, watch, misfortune, TimeSpan.FromSeconds(1), frame => Report(frame), cancellationToken);
        }
        else
        {
            await console.Live(DemoView.Draw(watch.Frame(), console.Profile.Width)).AutoClear(false).StartAsync(live =>
                FollowAsync(
                    world,
                    watch,
                    misfortune,
                    TimeSpan.FromMilliseconds(125),
                    frame => live.UpdateTarget(DemoView.Draw(frame, console.Profile.Width)),
                    cancellationToken));
        }
    }

    private void Report(DemoFrame frame)
    {
        foreach (string line in frame.News)
        {
            output.Say("  " + line);
        }

        output.Say(DemoView.Line(frame));
        output.Event("progress", new JsonObject
        {
            ["seconds"] = Math.Round(frame.Elapsed.TotalSeconds, 3),
            ["phase"] = frame.Phase,
            ["doneBytes"] = frame.DoneBytes,
            ["wantedBytes"] = frame.WantedBytes,
            ["receiptsSigned"] = frame.ReceiptsSigned,
            ["receiptsSettled"] = frame.ReceiptsSettled,
            ["spentMsat"] = Output.Amount(frame.Spent),
            ["payouts"] = frame.PayoutsDone,
        });
    }

    // Until the downloader has ended and the hub has paid what it owes.
    private async Task FollowAsync(
        DemoWorld world, DemoWatch watch, Task accidents, TimeSpan interval, Action<DemoFrame> show, CancellationToken cancellationToken)
    {
        long? done = null;
        int told = 0;
        while (true)
        {
            await watch.RefreshAsync(cancellationToken);
            DemoFrame frame = watch.Frame();
            show(frame with { News = [.. frame.News.Skip(interval > TimeSpan.FromMilliseconds(500) ? told : 0)] });
            told = frame.News.Count;
            if (accidents.IsFaulted)
            {
                await accidents;
            }

            if (!world.Downloader!.IsRunning && accidents.IsCompleted)
            {
                done ??= Stopwatch.GetTimestamp();
                bool settled = frame.PayoutsPending == 0 && (frame.ReceiptsSettled >= frame.ReceiptsSigned || options.KillSeeder)
                    && frame.Parties.All(party => party.Earned.Less(party.Paid) < DemoOptions.SmallestPayout);
                if (settled || Stopwatch.GetElapsedTime(done.Value).TotalSeconds > SettleSecondsMax)
                {
                    return;
                }
            }

            foreach (DemoProcess process in world.Seedboxes.Append(world.Hub).OfType<DemoProcess>())
            {
                if (!process.IsRunning && accidents.IsCompleted)
                {
                    throw process.Fail("ended while it was needed");
                }
            }

            await Task.Delay(interval, cancellationToken);
        }
    }
}
