namespace SeederMesh.Core.Exchange;

/// <summary>How many bytes a seeder uploads to one peer before it has receipts for them.</summary>
/// <param name="InitialBytes">The window before the first receipt, at least one piece.</param>
/// <param name="CapBytes">The window that doubling stops at.</param>
/// <remarks>
/// The window doubles with each stored receipt, so a peer that never signs costs the seeder
/// <paramref name="InitialBytes"/>
/// and no more, and trust grows only with proven receipts. One percent of what is receipted is forgiven on top: blocks
/// that
/// arrive twice in the end game, or in a piece that another peer corrupted, are never receipted, and without it a long
/// download would slowly use its window up.
/// </remarks>
public sealed record ExposurePolicy(long InitialBytes, long CapBytes)
{
    /// <summary>Four pieces, at least 1 MiB, doubling to 64 pieces, at least 128 MiB.</summary>
    /// <param name="pieceLength">Bytes of a full piece.</param>
    public static ExposurePolicy For(int pieceLength) =>
        new(Math.Max(1L << 20, 4L * pieceLength), Math.Max(128L << 20, 64L * pieceLength));

    /// <summary>The window after so many receipts for so many bytes.</summary>
    public long WindowAfter(long receipts, long receiptedBytes)
    {
        long window = InitialBytes;
        for (long step = 0; step < receipts && window < CapBytes; step++)
        {
            window *= 2;
        }

        return Math.Min(window, Math.Max(CapBytes, InitialBytes)) + (receiptedBytes / 100);
    }
}
