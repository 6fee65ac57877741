using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Receipts;
using Xunit;

namespace SeederMesh.Core.Tests.Manifests;

// Goal: the binary search agrees with laying the pieces out one after the other.
public class PieceMapTests
{
    [Fact]
    public void TryLocate_EveryPiece_AgreesWithTheLayoutByHand() =>
        Prop.ForAll(Gen.Choose(0, 100_000).ArrayOf().ToArbitrary(), lengths =>
        {
            ManifestTorrent torrent = Torrent(lengths);
            PieceMap map = new(torrent);
            int index = 0;
            for (int file = 0; file < lengths.Length; file++)
            {
                Assert.Equal(
                    lengths[file] == 0 ? (0, 0) : (index, (lengths[file] + 16_383) / 16_384),
                    map.PiecesOf(file));
                int pieceInFile = 0;
                for (int left = lengths[file]; left > 0; left -= 16_384)
                {
                    PieceLocation expected = new(
                        file, pieceInFile++, torrent.Files[file].PiecesRoot!.Value, Math.Min(left, 16_384));
                    Assert.True(map.TryLocate(index, out PieceLocation found));
                    Assert.Equal(expected, found);
                    Assert.True(map.TryGetPiece(index, out PieceGeometry geometry));
                    Assert.Equal(new PieceGeometry(expected.PiecesRoot, expected.Length), geometry);
                    index++;
                }
            }

            Assert.Equal(index, map.PieceCount);
            Assert.Equal(lengths.Sum(length => (long)length), map.TotalBytes);
            Assert.False(map.TryLocate(index, out _));
            Assert.False(map.TryLocate(-1, out _));
            Assert.False(map.TryGetPiece(int.MaxValue, out _));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(16_383, 1)]
    [InlineData(16_384, 1)]
    [InlineData(16_385, 2)]
    public void PieceCount_AroundAPieceLength_Rounds(int length, int pieces) =>
        Assert.Equal(pieces, new PieceMap(Torrent([length])).PieceCount);

    private static ManifestTorrent Torrent(int[] lengths) => new()
    {
        InfohashV2 = Digest.Of("t"u8),
        Name = "t",
        PieceLength = 16_384,
        Files =
        [
            .. lengths.Select((length, i) => new ManifestFile
            {
                Path = $"{i}",
                Length = length,
                PiecesRoot = length == 0 ? null : Digest.Of(BitConverter.GetBytes(i)),
            }),
        ],
    };
}
