using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using Xunit;

namespace SeederMesh.Core.Tests.Manifests;

// Goal: whatever bytes come, a typed answer; a sidecar changed in any byte is never valid with another content.
public class ManifestTotalityTests
{
    [Fact]
    public void Verify_AnyBytes_GivesAResult() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => SignedManifest.Verify(bytes).Result is not ManifestResult.None and not ManifestResult.Valid)
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Verify_EachByteChanged_IsRefusedOrTheSameManifest()
    {
        SignedManifest signed = Samples.Signed();
        byte[] original = signed.Bytes.ToArray();
        for (int at = 0; at < original.Length; at++)
        {
            foreach (byte mask in (ReadOnlySpan<byte>)[0x01, 0x20, 0x80])
            {
                byte[] changed = [.. original];
                changed[at] ^= mask;
                ManifestVerification verification = SignedManifest.Verify(changed);
                Assert.True(
                    verification.Result != ManifestResult.Valid || verification.Signed!.Digest == signed.Digest,
                    $"byte {at} ^ {mask}");
                Assert.NotEqual(ManifestResult.None, verification.Result);
            }
        }
    }

    [Fact]
    public void Verify_Truncated_IsRefused()
    {
        byte[] original = Samples.Signed().Bytes.ToArray();
        Assert.All(Enumerable.Range(0, original.Length), length =>
            Assert.Equal(ManifestResult.NotJson, SignedManifest.Verify(original.AsSpan(0, length)).Result));
    }

    // Slices moved about keep whole fields intact, which random bytes do not.
    [Fact]
    public void Verify_SlicesMovedAbout_GivesAResult()
    {
        byte[] original = Samples.Signed().Bytes.ToArray();
        Gen<int> place = Gen.Choose(0, original.Length);
        Prop.ForAll(place.Zip(place).Zip(place).ToArbitrary(), places =>
        {
            ((int a, int b), int c) = places;
            byte[] slice = original[Math.Min(a, b)..Math.Max(a, b)];
            byte[] moved = [.. original[..c], .. slice, .. original[c..]];
            ManifestVerification verification = SignedManifest.Verify(moved);
            return verification.Result != ManifestResult.None
                && (verification.Signed is null || verification.Signed.Digest == Samples.Signed().Digest);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Verify_FiftyThousandFiles_IsValidAndMapsItsPieces()
    {
        SignedManifest signed = Samples.Sign(Samples.Tree(50_000));
        ManifestVerification verification = SignedManifest.Verify(signed.Bytes.Span);

        Assert.Equal(ManifestResult.Valid, verification.Result);
        Assert.Equal(50_000, verification.Signed!.Manifest.Torrent.Files.Count);
        PieceMap map = new(verification.Signed.Manifest.Torrent);
        Assert.True(map.TryLocate(map.PieceCount - 1, out PieceLocation last));
        Assert.Equal(49_999, last.FileIndex);
    }
}
