using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;

namespace SeederMesh.Client;

/// <summary>What a paid download has agreed to.</summary>
/// <param name="Key">The download's key.</param>
/// <param name="Hub">The hub's key.</param>
/// <param name="Layout">The torrent's pieces.</param>
/// <param name="PieceLength">Bytes of a full piece.</param>
/// <param name="Price">The price of a MiB.</param>
/// <param name="Budget">What the channel holds for this run.</param>
internal sealed record PaymentPlan(
    SigningKey Key, PublicKey Hub, PieceMap Layout, int PieceLength, PricePerMebibyte Price, Msat Budget)
{
    private const long GrantBytesMin = 4 << 20;
    private const long FirstGrantBytesMax = 16 << 20;
    private const long GrantBytesMax = 256 << 20;

    /// <summary>How many bytes the next grant of a seeder shall pay for.</summary>
    /// <remarks>
    /// What is set aside for one seeder is not there for the others, and comes free only when it has reported: no more than
    /// a quarter of a small budget.
    /// </remarks>
    /// <param name="grantsShown">How many it was shown: each is four times the one before.</param>
    /// <param name="shareBytes">Its share of what is still to come.</param>
    public long GrantBytes(int grantsShown, long shareBytes)
    {
        long affordable = Price.BytesFor(Budget);
        long first = Math.Max(Math.Clamp(affordable / 16, GrantBytesMin, FirstGrantBytesMax), 4L * PieceLength);
        long most = Math.Max(Math.Clamp(affordable / 4, GrantBytesMin, GrantBytesMax), 8L * PieceLength);
        return Math.Min(Math.Min(first << Math.Min(2 * grantsShown, 16), most), shareBytes + (2L * PieceLength));
    }
}
