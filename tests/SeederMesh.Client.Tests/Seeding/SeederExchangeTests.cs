using SeederMesh.Core.Channels;
using SeederMesh.Core.Exchange;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using Xunit;

namespace SeederMesh.Client.Tests.Seeding;

// Goal: what a seeder uploads on trust ends where the hub says that a channel is worth nothing.
// Method: the exchange alone with a real receipt store; turns run when the test says so.
public sealed class SeederExchangeTests : IDisposable
{
    private const int PieceLength = 65_536;
    private const ulong Peer = 7;

    private static readonly SigningKey Hub = Key(1);
    private static readonly SigningKey Downloader = Key(2);
    private static readonly SigningKey Seeder = Key(3);
    private static readonly SigningKey Creator = Key(4);
    private static readonly byte[] Nonce = new byte[16];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task OnChannelRefused_PeerWithAGrant_GetsNoMoreOnTrustAndNoOtherGrantOfTheChannel()
    {
        await using ReceiptStore store = ReceiptStore.Open(folder["receipts"], TimeProvider.System);
        var link = new Link();
        SeederExchange exchange = NewExchange(store, link);
        PaidTorrent torrent = Torrent();
        exchange.OnConnected(Peer, "127.0.0.1:1", torrent, Nonce);
        exchange.OnIntroduced(Peer);
        SignedGrant grant = Grant(torrent, generation: 0);
        exchange.OnMessage(Peer, GrantPresentation.Make(grant, Nonce, Downloader).ToMessage());
        Assert.Equal(SeederVerdict.Accepted, link.Answers[^1].Verdict);
        Assert.True(link.Credit > PieceLength);
        exchange.OnUploaded(Peer, PieceLength);

        exchange.OnChannelRefused(grant.Grant.ChannelId);

        Assert.Equal(PieceLength, link.Credit);
        Assert.Equal(SeederVerdict.ChannelRefused, link.Answers[^1].Verdict);
        exchange.OnMessage(Peer, GrantPresentation.Make(Grant(torrent, generation: 1), Nonce, Downloader).ToMessage());
        Assert.Equal(SeederVerdict.ChannelRefused, link.Answers[^1].Verdict);
        Assert.Equal(PieceLength, link.Credit);
    }

    [Fact]
    public async Task OnChannelRefused_AnotherChannel_ChangesNothing()
    {
        await using ReceiptStore store = ReceiptStore.Open(folder["receipts"], TimeProvider.System);
        var link = new Link();
        SeederExchange exchange = NewExchange(store, link);
        PaidTorrent torrent = Torrent();
        exchange.OnConnected(Peer, "127.0.0.1:1", torrent, Nonce);
        exchange.OnIntroduced(Peer);
        exchange.OnMessage(Peer, GrantPresentation.Make(Grant(torrent, generation: 0), Nonce, Downloader).ToMessage());
        long? credit = link.Credit;

        exchange.OnChannelRefused(ChannelTerms.IdFor(Hub.PublicKey, Creator.PublicKey));

        Assert.Equal(credit, link.Credit);
        Assert.Equal(SeederVerdict.Accepted, Assert.Single(link.Answers).Verdict);
    }

    private static SeederExchange NewExchange(ReceiptStore store, Link link) => new(
        new SeederPolicy(
            Seeder.PublicKey, new HashSet<PublicKey> { Hub.PublicKey }, new PricePerMebibyte(1), 0, Msat.FromSatoshi(1_000_000)),
        store,
        link,
        new UnpaidShare(percent: 0),
        _ => Msat.Zero,
        static turn => turn(),
        TimeProvider.System,
        new EventLog<SeedEvent>());

    private static SigningKey Key(byte fill) => SigningKey.FromSeed([.. Enumerable.Repeat(fill, SigningKey.SeedSize)]);

    private static SignedGrant Grant(PaidTorrent torrent, int generation)
    {
        Id128 channel = ChannelTerms.IdFor(Hub.PublicKey, Downloader.PublicKey);
        var grant = new Grant(
            Core.Channels.Grant.IdFor(channel, Seeder.PublicKey, generation), channel, Hub.PublicKey, Downloader.PublicKey,
            Seeder.PublicKey, torrent.Infohash, torrent.Manifest.Digest, new(1_000), Msat.FromSatoshi(100), long.MaxValue / 2);
        return SignedGrant.Sign(grant, Hub);
    }

    private static PaidTorrent Torrent()
    {
        var manifest = new Manifest
        {
            Torrent = new ManifestTorrent
            {
                InfohashV2 = Digest.Of("torrent"u8),
                Name = "torrent",
                PieceLength = PieceLength,
                Files = [new ManifestFile { Path = "file", Length = 400L * PieceLength, PiecesRoot = Digest.Of("file"u8) }],
            },
            Creator = new DidKey(Creator.PublicKey),
            Licence = new Licence("CC-BY-4.0"),
            Rights = new Rights(TrainingRight.NotAllowed),
            CreatedAt = DateTimeOffset.UnixEpoch.AddYears(56),
        };
        return PaidTorrent.Of(SignedManifest.Sign(manifest, Creator, manifest.CreatedAt).Signed!);
    }

    private sealed class Link : IPeerLink
    {
        public List<SeederAnswer> Answers { get; } = [];

        public long? Credit { get; private set; }

        public void Send(ulong peer, byte[] message)
        {
            Assert.True(SeederAnswer.TryRead(message.AsSpan(1), out SeederAnswer answer, out string error), error);
            Answers.Add(answer);
        }

        public void SetCredit(ulong peer, long? bytes) => Credit = bytes;

        public void Disconnect(ulong peer) => Assert.Fail("It is not let go.");
    }
}
