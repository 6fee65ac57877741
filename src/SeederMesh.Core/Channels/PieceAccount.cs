namespace SeederMesh.Core.Channels;

/// <summary>How many bytes of each piece a channel has paid for: never more than the piece has.</summary>
/// <remarks>Complete pieces take one bit, pieces in progress an entry. Memory: about pieces / 8 bytes.</remarks>
internal sealed class PieceAccount
{
    private readonly Dictionary<int, int> partial = [];
    private ulong[] complete = [];

    /// <summary>Bytes of a piece that are paid for.</summary>
    public int PaidBytes(int piece, int length) =>
        piece >> 6 < complete.Length && (complete[piece >> 6] >> (piece & 63) & 1) != 0
            ? length
            : partial.GetValueOrDefault(piece);

    /// <summary>Adds paid bytes.</summary>
    public void Add(int piece, int length, int bytes)
    {
        int paid = PaidBytes(piece, length) + bytes;
        Invariant.Require(paid <= length, "no more bytes of a piece are paid for than it has");
        if (paid < length)
        {
            partial[piece] = paid;
            return;
        }

        partial.Remove(piece);
        if (piece >> 6 >= complete.Length)
        {
            Array.Resize(ref complete, Math.Max((piece >> 6) + 1, complete.Length * 2));
        }

        complete[piece >> 6] |= 1UL << (piece & 63);
    }
}
