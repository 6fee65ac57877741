using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using Xunit;

namespace SeederMesh.Core.Tests.Manifests;

/// <summary>Valid manifests that tests start from and break in one place.</summary>
internal static class Samples
{
    public static SigningKey Creator { get; } = SigningKey.FromSeed(Seed(1));

    public static SigningKey Label { get; } = SigningKey.FromSeed(Seed(2));

    public static DateTimeOffset Now { get; } = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    public static PaymentEndpoint Endpoint(string text)
    {
        Assert.True(PaymentEndpoint.TryParse(text, out PaymentEndpoint endpoint), text);
        return endpoint;
    }

    public static Manifest Album() => new()
    {
        Torrent = new ManifestTorrent
        {
            InfohashV2 = Digest.Of("album"u8),
            Name = "Album",
            PieceLength = 16_384,
            Files =
            [
                new ManifestFile { Path = "01 Erste Töne.flac", Length = 40_000, PiecesRoot = Digest.Of("1"u8) },
                new ManifestFile { Path = "empty.txt", Length = 0 },
                new ManifestFile { Path = "extra/cover.png", Length = 16_384, PiecesRoot = Digest.Of("2"u8), Sha256 = Digest.Of("s"u8) },
                new ManifestFile { Path = "extra/notes.txt", Length = 1, PiecesRoot = Digest.Of("3"u8), Cid = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3" },
            ],
        },
        Creator = new DidKey(Creator.PublicKey),
        Licence = new Licence("CC-BY-NC-4.0", "https://creativecommons.org/licenses/by-nc/4.0/", Digest.Of("text"u8)),
        Rights = new Rights(TrainingRight.Paid, "https://example.org/terms", "https://example.org/contract"),
        Payment = new ManifestPayment
        {
            PricePerMiB = Msat.From(1_000),
            SuggestedAmount = Msat.FromSatoshi(500),
            Payees =
            [
                new Payee
                {
                    Name = "Anna",
                    ShareBps = 6_000,
                    Endpoints =
                    [
                        Endpoint("keysend:02" + new string('a', 64)),
                        Endpoint("lnaddress:anna@example.org"),
                    ],
                },
                new Payee { ShareBps = 1_000, Endpoints = [Endpoint("lnaddress:ben@127.0.0.1:8080")] },
            ],
            SeedersBps = 2_500,
            RegistryBps = 200,
            HubBps = 300,
        },
        CreatedAt = Now,
        Assertions = [new Assertion("cawg.training-mining", Digest.Of("assertion"u8))],
    };

    /// <summary>A tree of many small files, as a documentation folder has.</summary>
    public static Manifest Tree(int files) => Album() with
    {
        Torrent = Album().Torrent with
        {
            Files =
            [
                .. Enumerable.Range(0, files).Select(i => new ManifestFile
                {
                    Path = $"folder{i / 20:D6}/document-number-{i:D6}.txt",
                    Length = 1 + (i * 37 % 60_000),
                    PiecesRoot = Digest.Of(BitConverter.GetBytes(i)),
                }),
            ],
        },
    };

    public static SignedManifest Signed() => Sign(Album());

    public static SignedManifest Sign(Manifest manifest)
    {
        ManifestVerification signed = SignedManifest.Sign(manifest, Creator, Now);
        Assert.True(signed.Result == ManifestResult.Valid, signed.ToString());
        return signed.Signed!;
    }

    private static byte[] Seed(byte fill) => [.. Enumerable.Repeat(fill, SigningKey.SeedSize)];
}
