using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Exchange;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using Xunit;

namespace SeederMesh.Client.Tests.Getting;

// Goal: whatever seeders come, supply and leave, no more than the budget is ever signed or out in grants, and seeders that refuse cost nothing.
// Method: the exchange alone, with a hub that gives whatever is asked; turns run when the
// test says so, on its own thread.
public sealed class DownloaderExchangeTests
{
    private const int PieceLength = 65_536;
    private const int Pieces = 400;

    private static readonly SigningKey Hub = Key(1);
    private static readonly SigningKey Downloader = Key(2);

    [Fact]
    public void OnPiecePassed_AnySequence_NeverSignsMoreThanTheBudget() =>
        Prop.ForAll(
            Gen.Choose(0, 40_000).ToArbitrary(),
            Gen.ArrayOf(Gen.Choose(0, (Pieces * 3) - 1)).ToArbitrary(),
            (budget, steps) =>
            {
                var scene = new Scene(Msat.From(budget));
                for (ulong peer = 1; peer <= 3; peer++)
                {
                    scene.Introduce(peer);
                }

                foreach (int step in steps)
                {
                    ulong peer = (ulong)(step % 3) + 1;
                    if (step % 29 == 0)
                    {
                        scene.Exchange.OnDisconnected(peer);
                        scene.Introduce(peer + 10, seeder: peer);
                    }

                    scene.Exchange.OnPiecePassed(peer, step / 3, PieceLength);
                    scene.Flush();
                    Assert.True(scene.Exchange.Signed + scene.Exchange.Reserved <= Msat.From(budget));
                }

                return scene.Exchange.Signed <= Msat.From(budget);
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void OnPiecePassed_BudgetForHalf_SignsHalfAndSaysSo()
    {
        var scene = new Scene(new PricePerMebibyte(5_000).Of(100L * PieceLength));
        scene.Introduce(1);
        for (int piece = 0; piece < 200; piece++)
        {
            scene.Exchange.OnPiecePassed(1, piece, PieceLength);
            scene.Time.Advance(TimeSpan.FromSeconds(1));
            scene.Flush();
        }

        Assert.True(scene.Exchange.IsBudgetUsedUp);
        Assert.Contains(scene.Events.Seen, happened => happened is BudgetUsedUp);
        Assert.InRange(scene.Exchange.Seeders.Single().ReceiptedBytes, 95L * PieceLength, 100L * PieceLength);
    }

    [Fact]
    public void OnMessage_SeederRefusesTheGrant_IsAnOrdinaryPeerFromThenOn()
    {
        var scene = new Scene(Msat.FromSatoshi(1_000));
        scene.Introduce(1);
        Id128 grant = Grant.IdFor(Scene.Channel, Key(101).PublicKey, 0);

        scene.Exchange.OnMessage(1, new SeederAnswer(grant, SeederVerdict.UntrustedHub, 0).ToMessage());

        Assert.False(scene.Exchange.OnPiecePassed(1, 0, PieceLength));
        Assert.Equal(Msat.Zero, scene.Exchange.Signed);
        Assert.Equal(Msat.Zero, scene.Exchange.Reserved);
        Assert.Contains(scene.Events.Seen, happened => happened is SeederRefused { Verdict: SeederVerdict.UntrustedHub });
        Assert.True(scene.Exchange.FinishAsync().IsCompleted);
    }

    [Fact]
    public void OnMessage_GrantWasUsed_AsksForTheNextGeneration()
    {
        var scene = new Scene(Msat.FromSatoshi(1_000));
        scene.Introduce(1);

        scene.Exchange.OnMessage(
            1, new SeederAnswer(Grant.IdFor(Scene.Channel, Key(101).PublicKey, 0), SeederVerdict.AlreadyUsed, 0).ToMessage());
        scene.RunTurns();

        Assert.Equal([0, 1], scene.Generations);
        Assert.Equal(2, scene.Events.Seen.Count(happened => happened is GrantShown));
    }

    [Theory]
    [InlineData(null, new[] { 0, 0 })]
    [InlineData(503, new[] { 0, 0 })]
    [InlineData(409, new[] { 0, 1 })]
    public void Flush_TheHubDidNotAnswer_AsksForTheSameGrantAgain(int? status, int[] asked)
    {
        var scene = new Scene(Msat.FromSatoshi(1_000)) { Failure = new HubException("No.", status, null) };
        scene.Introduce(1);
        Msat reserved = scene.Exchange.Reserved;
        Assert.Equal(status == 409, reserved.IsZero);

        scene.Failure = null;
        scene.Time.Advance(TimeSpan.FromSeconds(1));
        scene.Flush();

        Assert.Equal(asked, scene.Asked);
        Assert.Single(scene.Events.Seen, happened => happened is GrantShown);
        Assert.False(scene.Exchange.Reserved.IsZero);
        Assert.True(reserved.IsZero || reserved == scene.Exchange.Reserved, "The money is set aside once.");
    }

    [Fact]
    public void OnDisconnected_PiecesUnsigned_AreSignedWhenTheSeederIsBack()
    {
        var scene = new Scene(Msat.FromSatoshi(1_000));
        scene.Introduce(1);
        scene.Exchange.OnPiecePassed(1, 0, PieceLength);
        scene.Exchange.OnDisconnected(1);
        scene.Flush();
        Assert.Equal(Msat.Zero, scene.Exchange.Signed);

        scene.Introduce(2, seeder: 1);
        scene.Flush();

        Assert.Equal(PieceLength, scene.Exchange.Seeders.Single().ReceiptedBytes);
        Assert.Equal([0, 1], scene.Generations);
    }

    [Fact]
    public void OnIntroduced_SeederOfAnotherHub_IsAnOrdinaryPeer()
    {
        var scene = new Scene(Msat.FromSatoshi(1_000));

        scene.Exchange.OnIntroduced(1, "127.0.0.1:1", new PeerExtension(Key(101).PublicKey, [Key(9).PublicKey], [.. new byte[16]]));

        Assert.Empty(scene.Exchange.Seeders);
        Assert.Empty(scene.Generations);
    }

    private static SigningKey Key(byte fill) => SigningKey.FromSeed([.. Enumerable.Repeat(fill, SigningKey.SeedSize)]);

    private sealed class Scene : IPeerLink
    {
        private static readonly PricePerMebibyte Price = new(5_000);
        private readonly Dictionary<PublicKey, int> next = [];
        private readonly System.Collections.Concurrent.ConcurrentQueue<Action> turns = new();

        public Scene(Msat budget)
        {
            var torrent = new ManifestTorrent
            {
                InfohashV2 = Digest.Of("torrent"u8),
                Name = "torrent",
                PieceLength = PieceLength,
                Files = [new ManifestFile { Path = "file", Length = (long)PieceLength * Pieces, PiecesRoot = Digest.Of("file"u8) }],
            };
            Exchange = new DownloaderExchange(
                new PaymentPlan(Downloader, Hub.PublicKey, new PieceMap(torrent), PieceLength, Price, budget),
                this,
                (seeder, limit, generation) =>
                {
                    Asked.Add(generation);
                    return Failure is { } failure
                        ? Task.FromException<SignedGrant>(failure)
                        : Task.FromResult(Give(seeder, limit, generation));
                },
                Take,
                turns.Enqueue,
                Time,
                Events)
            {
                RemainingBytes = (long)PieceLength * Pieces,
            };
        }

        public static Id128 Channel { get; } = ChannelTerms.IdFor(Hub.PublicKey, Downloader.PublicKey);

        public DownloaderExchange Exchange { get; }

        public EventLog<GetEvent> Events { get; } = new();

        public List<int> Generations { get; } = [];

        /// <summary>Every request that the hub got, and how it fails them.</summary>
        public List<int> Asked { get; } = [];

        public HubException? Failure { get; set; }

        public ManualTime Time { get; } = new();

        public void Introduce(ulong peer, ulong? seeder = null)
        {
            PublicKey key = Key((byte)(100 + (seeder ?? peer))).PublicKey;
            Exchange.OnIntroduced(peer, $"127.0.0.1:{peer}", new PeerExtension(key, [Hub.PublicKey], [.. new byte[16]]));
            RunTurns();
        }

        public void RunTurns()
        {
            while (turns.TryDequeue(out Action? turn))
            {
                turn();
            }
        }

        public void Flush()
        {
            Exchange.Flush();
            RunTurns();
        }

        public void Send(ulong peer, byte[] message) => Assert.NotEmpty(message);

        public void SetCredit(ulong peer, long? bytes) => Assert.Fail("A downloader sets no credit.");

        public void Disconnect(ulong peer) => Assert.Fail("A downloader lets nobody go.");

        private static SignedGrant Give(PublicKey seeder, Msat limit, int generation) => SignedGrant.Sign(
            new Grant(
                Grant.IdFor(Channel, seeder, generation), Channel, Hub.PublicKey, Downloader.PublicKey, seeder,
                Digest.Of("torrent"u8), Digest.Of("manifest"u8), Price, limit, long.MaxValue),
            Hub);

        /// <summary>A clock that goes when the test says so; what waits for it is turned by hand.</summary>
        internal sealed class ManualTime : TimeProvider
        {
            private DateTimeOffset now = DateTimeOffset.UnixEpoch.AddYears(56);

            public override DateTimeOffset GetUtcNow() => now;

            public void Advance(TimeSpan time) => now += time;
        }

        private int Take(PublicKey seeder)
        {
            int generation = next.GetValueOrDefault(seeder);
            next[seeder] = generation + 1;
            Generations.Add(generation);
            return generation;
        }
    }
}
