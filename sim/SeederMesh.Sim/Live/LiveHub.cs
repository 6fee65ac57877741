using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using SeederMesh.Client;
using SeederMesh.Core;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded.Http;
using SeederMesh.Sim.Accounting;
using SeederMesh.Sim.Scenarios;
using SeederMesh.Sim.Swarms;

namespace SeederMesh.Sim.Live;

/// <summary>Plays a simulated run to a running hub: virtual peers open, fund, draw, report and close over its
/// API.</summary>
/// <remarks>
/// Every payment, signature and settlement is real (in the hub's play money); only the bytes are not there. Peers have
/// fresh keys, so that a hub that has served others gives the same totals. Channels run in parallel, which is also the
/// hub's load; within a channel the order is the simulation's, because the last millisatoshi of a carry goes by it.
/// </remarks>
internal sealed class LiveHub(Uri hub, Scenario scenario, int parallel)
{
    private static readonly TimeSpan fundingTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan lifetime = TimeSpan.FromHours(1);

    /// <summary>The most that the way to the hub may cost for one channel.</summary>
    private static Msat RoutingAllowance { get; } = Msat.FromSatoshi(100);

    private readonly string session = RandomNumberGenerator.GetHexString(12, lowercase: true);
    private readonly ConcurrentDictionary<int, PublicKey> seeders = new();
    private readonly ConcurrentBag<LiveRow> downloaders = [];
    private readonly CallTimes times = new();
    private long receipts;
    private long grants;

    /// <summary>Plays the swarms of one run and compares what everybody ends with.</summary>
    /// <returns>Everybody; or, ended early, the downloaders whose channels were closed by then.</returns>
    /// <exception cref="ClientException">The hub refused, or was not there.</exception>
    public async Task<LiveOutcome> PlayAsync(IReadOnlyList<SwarmResult> swarms, CancellationToken cancellation)
    {
        int channels = swarms.Sum(swarm => swarm.Channels.Count);
        var clock = Stopwatch.StartNew();
        IReadOnlyList<LiveRow>? rows = null;
        try
        {
            rows = await PlayAllAsync(swarms, channels, clock, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            clock.Stop();
        }

        return new LiveOutcome(
            rows ?? Downloaders(), rows is null ? downloaders.Count : channels, grants, receipts, clock.Elapsed, times.Summarize())
        {
            LeftOpen = rows is null ? channels - downloaders.Count : 0,
        };
    }

    private async Task<IReadOnlyList<LiveRow>> PlayAllAsync(
        IReadOnlyList<SwarmResult> swarms, int channels, Stopwatch clock, CancellationToken cancellation)
    {
        await using var purse = new EmbeddedNodeClient(
            new Uri(hub, "/lightning").ToString(), "s" + session, RandomNumberGenerator.GetHexString(64, lowercase: true));
        await purse.OpenWalletAsync(Msat.From(checked((Budget.Value + RoutingAllowance.Value) * Math.Max(1, channels))), cancellation);
        string destination = "keysend:" + (await purse.GetInfoAsync(cancellation)).NodeId;
        SigningKey creator = SimulatedKeys.Of("creator-" + session, scenario.Seed, 0);
        clock.Restart();
        foreach (SwarmResult swarm in swarms)
        {
            SignedManifest manifest = SignManifest(creator, destination, swarm.Plan.Torrent);
            using (var author = new HubClient(hub, creator))
            {
                await author.RegisterManifestAsync(manifest.Bytes, cancellation);
            }

            await Parallel.ForEachAsync(
                swarm.Channels,
                new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellation },
                async (channel, token) => await PlayChannelAsync(swarm, channel, manifest, purse, destination, token));
        }

        clock.Stop();
        return await CompareAsync(swarms, creator, cancellation);
    }

    /// <summary>A downloader's budget: the price of the content.</summary>
    private Msat Budget => scenario.Mechanism.Price.Of((long)scenario.Content.Pieces * scenario.Content.PieceLength);

    private async Task PlayChannelAsync(
        SwarmResult swarm, ClosedChannel closed, SignedManifest manifest, EmbeddedNodeClient purse, string refund,
        CancellationToken cancellation)
    {
        SigningKey downloader = SimulatedKeys.Of("downloader-" + session, scenario.Seed, (ulong)closed.Peer);
        using var client = new HubClient(hub, downloader);
        ChannelInfo channel = await times.MeasureAsync("open", client.OpenChannelAsync(
            new OpenChannelRequest(
                downloader.PublicKey, manifest.Manifest.Torrent.InfohashV2, manifest.Digest, Budget,
                Msat.From(scenario.Mechanism.Price.Msat), (DateTimeOffset.UtcNow + lifetime).ToUnixTimeMilliseconds(), refund),
            cancellation));
        await times.MeasureAsync("fund", FundAsync(client, channel, purse, cancellation));
        ILookup<int, SignedDelivery> deliveries = closed.Deliveries.ToLookup(delivery => delivery.Uploader);
        var layout = new PieceMap(manifest.Manifest.Torrent);
        foreach (GrantTotal total in closed.Grants.Where(grant => grant.SignedPieces > 0))
        {
            int number = swarm.Plan.Peers[total.Uploader];
            SigningKey seeder = SimulatedKeys.Of("seeder-" + session, scenario.Seed, (ulong)number);
            seeders[number] = seeder.PublicKey;
            Msat limit = scenario.Mechanism.Price.Of((long)total.SignedPieces * scenario.Content.PieceLength);
            if (!limit.IsZero)
            {
                SignedGrant grant = await times.MeasureAsync(
                    "grant", client.RequestGrantAsync(channel.ChannelId, seeder.PublicKey, limit, 0, cancellation));
                Interlocked.Increment(ref grants);
                await ReportAsync(
                    grant.Grant, seeder, downloader, layout, [.. deliveries[total.Uploader].Take(total.SignedPieces)],
                        cancellation);
            }
        }

        ChannelInfo end = await times.MeasureAsync("close", client.CloseChannelAsync(channel.ChannelId, refund, cancellation));
        downloaders.Add(new LiveRow($"downloader-{closed.Peer}", closed.Settled.Value, end.SettledMsat.Value));
    }

    /// <summary>Pays the invoice and waits until the hub has seen the money.</summary>
    /// <exception cref="ClientException">It did not, in time.</exception>
    private async Task<bool> FundAsync(
        HubClient client, ChannelInfo channel, EmbeddedNodeClient purse, CancellationToken cancellation)
    {
        await purse.PayAsync(new PayRequest(channel.Invoice, RoutingAllowance), cancellation);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(fundingTime);
        try
        {
            while ((await client.GetChannelAsync(channel.ChannelId, limit.Token)).FundedMsat < Budget)
            {
                await Task.Delay(20, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ClientException($"{hub}: a channel's invoice was paid, and {fundingTime.TotalSeconds:0} s later it is not funded.");
        }

        return true;
    }

    private async Task ReportAsync(
        Grant grant, SigningKey seeder, SigningKey downloader, PieceMap layout, SignedDelivery[] deliveries,
            CancellationToken cancellation)
    {
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        ReceiptChain anchor = ReceiptChain.Start(grant.Hash());
        ReceiptChain chain = anchor;
        UploadReceipt tail = default;
        ReceiptEntry[] entries = [.. deliveries.Select(delivery => new ReceiptEntry(delivery.Piece,
            scenario.Content.PieceLength, now))];
        foreach (ReceiptEntry entry in entries)
        {
            Invariant.Require(layout.TryGetPiece(entry.PieceIndex, out PieceGeometry piece), "a delivered piece exists");
            tail = chain.Next(grant.GrantId, grant.Price, entry, piece.Root);
            chain = ReceiptChain.After(tail);
        }

        using var client = new HubClient(hub, seeder);
        var run = new ReceiptRun(grant.GrantId, anchor, [.. entries], tail.Sign(downloader));
        IReadOnlyList<RunVerdict> verdicts = await times.MeasureAsync("report", client.ReportAsync([run], cancellation));
        Invariant.Require(verdicts[0].Verdict == ReceiptVerdict.Accepted,
            $"an honest report is accepted, not {verdicts[0].Verdict}");
        Interlocked.Add(ref receipts, entries.Length);
        await client.CloseGrantAsync(grant.ChannelId, grant.GrantId, cancellation);
    }

    /// <summary>The simulation's msat beside the hub's, for each downloader and seeder and for the creator.</summary>
    private async Task<IReadOnlyList<LiveRow>> CompareAsync(
        IReadOnlyList<SwarmResult> swarms, SigningKey creator, CancellationToken cancellation)
    {
        List<LiveRow> rows = Downloaders();
        using var reader = new HubClient(hub, caller: null);
        foreach (SwarmResult swarm in swarms)
        {
            for (int peer = 0; peer < swarm.State.Peers; peer++)
            {
                if (seeders.TryGetValue(swarm.Plan.Peers[peer], out PublicKey key))
                {
                    SeederInfo? seeder = await reader.FindSeederAsync(key, cancellation);
                    rows.Add(new LiveRow($"seeder-{swarm.Plan.Peers[peer]}", swarm.State.EarnedMsat[peer], seeder?.EarnedMsat.Value ?? 0));
                }
            }
        }

        var answer = await reader.ReadAsync($"v1/creators/{new DidKey(creator.PublicKey)}", cancellation);
        long earned = long.Parse(answer["earnedMsat"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture);
        rows.Add(new LiveRow("creator", swarms.Sum(swarm => swarm.Totals.Creator), earned));
        return rows;
    }

    /// <summary>Those whose channels are closed; what they paid does not change any more.</summary>
    private List<LiveRow> Downloaders() =>
        [.. downloaders.OrderBy(row => row.Peer.Length).ThenBy(row => row.Peer, StringComparer.Ordinal)];

    private SignedManifest SignManifest(SigningKey creator, string destination, int torrent)
    {
        MechanismModel mechanism = scenario.Mechanism;
        if (!int.IsPow2(scenario.Content.PieceLength) || scenario.Content.PieceLength < 16_384)
        {
            throw new ScenarioException("content.piece: must be a power of two, at least 16KiB, for a real manifest (BEP 52)");
        }

        Invariant.Require(PaymentEndpoint.TryParse(destination, out PaymentEndpoint endpoint), "a wallet's node can be paid");
        Digest content = Digest.Of(System.Text.Encoding.UTF8.GetBytes($"simulated {session} {torrent}"));
        DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        var manifest = new Manifest
        {
            Torrent = new ManifestTorrent
            {
                InfohashV2 = content,
                Name = $"simulated-{session}-{torrent}",
                PieceLength = scenario.Content.PieceLength,
                Files =
                [
                    new ManifestFile
                    {
                        Path = "content.bin",
                        Length = (long)scenario.Content.Pieces * scenario.Content.PieceLength,
                        PiecesRoot = UniformLayout.Root,
                    },
                ],
            },
            Creator = new DidKey(creator.PublicKey),
            Licence = new Licence("CC0-1.0"),
            Rights = new Rights(TrainingRight.NotAllowed),
            Payment = new ManifestPayment
            {
                PricePerMiB = Msat.From(mechanism.Price.Msat),
                Payees = [new Payee { Name = "simulated creator", ShareBps = mechanism.Split.Creator, Endpoints = [endpoint] }],
                SeedersBps = mechanism.Split.Seeders,
                RegistryBps = mechanism.Split.Registry,
                HubBps = mechanism.Split.Hub,
            },
            CreatedAt = now,
        };
        ManifestVerification signed = SignedManifest.Sign(manifest, creator, now);
        return signed.Signed ?? throw new ScenarioException($"The scenario makes no valid manifest: {signed}");
    }
}

/// <summary>One peer's money, in msat.</summary>
internal sealed record LiveRow(string Peer, long SimulatedMsat, long HubMsat);

/// <summary>What playing a run to a hub gave.</summary>
internal sealed record LiveOutcome(
    IReadOnlyList<LiveRow> Rows, int Channels, long Grants, long Receipts, TimeSpan Elapsed, IReadOnlyList<CallTime> Calls)
{
    /// <summary>How many channels were not closed yet, or not opened, when it was ended early; 0 else. Then only the
    /// downloaders of those that were closed are there.</summary>
    public int LeftOpen { get; init; }

    /// <summary>Whether everybody ends with the same msat.</summary>
    public bool IsEqual => Rows.All(row => row.SimulatedMsat == row.HubMsat);
}
