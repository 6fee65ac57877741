using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Core.Splits;
using SeederMesh.Torrents.Metainfos;

namespace SeederMesh.Benchmarks.Torrents;

/// <summary>A torrent with a signed manifest, and the hub that grants on it: Core's channel and signatures, without HTTP.</summary>
internal sealed class PaidWork
{
    private static readonly SigningKey hubKey = KeyOf(1);
    private static int downloads = 1_000;

    public PaidWork(byte[] torrent)
    {
        Torrent = torrent;
        Core.Invariant.Require(Metainfo.TryParse(torrent, out Metainfo? metainfo, out _), "a torrent that was just made is one");
        SigningKey creator = KeyOf(2);
        Manifest = SignedManifest.Sign(Describe(metainfo!, creator), creator, DateTimeOffset.UnixEpoch.AddYears(56)).Signed!;
    }

    public static PublicKey Hub => hubKey.PublicKey;

    public static SigningKey Seeder { get; } = KeyOf(3);

    public static PricePerMebibyte Price { get; } = new(1_000);

    public byte[] Torrent { get; }

    public SignedManifest Manifest { get; }

    /// <summary>The key of a new download: each has its own.</summary>
    public static SigningKey NextDownloader() => KeyOf(Interlocked.Increment(ref downloads));

    /// <summary>A funded channel for one download.</summary>
    public PaymentChannel OpenChannel(PublicKey downloader, Msat budget)
    {
        ManifestTorrent torrent = Manifest.Manifest.Torrent;
        var terms = new ChannelTerms(Hub, downloader, torrent.InfohashV2, Manifest.Digest, Price, long.MaxValue / 2);
        var split = new SplitPolicy([new PayeeShare(new Id128(1), new BasisPoints(7_000))], new(2_500), new(200), new(300));
        var channel = new PaymentChannel(terms, split, new PieceMap(torrent), ChannelLimits.Default);
        channel.Apply(channel.DecideFunding(budget));
        return channel;
    }

    /// <summary>What the hub answers to a request for a grant.</summary>
    public static SignedGrant Grant(PaymentChannel channel, PublicKey seeder, Msat limit, int generation)
    {
        GrantResult result = channel.DecideGrant(seeder, limit, generation, 0, out Grant? grant);
        Core.Invariant.Require(result == GrantResult.Given, "the channel covers the grant");
        channel.Apply(grant!);
        return SignedGrant.Sign(grant!, hubKey);
    }

    private static SigningKey KeyOf(int number)
    {
        byte[] seed = new byte[SigningKey.SeedSize];
        BitConverter.TryWriteBytes(seed, number);
        return SigningKey.FromSeed(seed);
    }

    private static Manifest Describe(Metainfo metainfo, SigningKey creator) => new()
    {
        Torrent = new ManifestTorrent
        {
            // Who measures with clients that know no v2 names the same pieces by a stand-in for the v2 infohash.
            InfohashV2 = metainfo.InfoHashes.V2 ?? Digest.Of(metainfo.InfoHashes.V1!.Value.ToArray()),
            Name = metainfo.Name,
            PieceLength = metainfo.PieceLength,
            Files = [.. metainfo.Files.Where(file => !file.IsPadding).Select(file => new ManifestFile
            {
                Path = file.Path,
                Length = file.Length,
                PiecesRoot = file.PiecesRoot ?? Digest.Of("root"u8),
            })],
        },
        Creator = new DidKey(creator.PublicKey),
        Licence = new Licence("CC-BY-4.0"),
        Rights = new Rights(TrainingRight.NotAllowed),
        Payment = new ManifestPayment
        {
            PricePerMiB = Msat.From(Price.Msat),
            Payees =
            [
                new Payee
                {
                    ShareBps = 7_000,
                    Endpoints =
                    [
                        PaymentEndpoint.TryParse("lnaddress:nobody@example.org", out PaymentEndpoint endpoint) ? endpoint : default,
                    ],
                },
            ],
            SeedersBps = 2_500,
            RegistryBps = 200,
            HubBps = 300,
        },
        CreatedAt = DateTimeOffset.UnixEpoch.AddYears(56),
    };
}
