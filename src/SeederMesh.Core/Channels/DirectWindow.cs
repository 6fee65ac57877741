using SeederMesh.Core.Money;

namespace SeederMesh.Core.Channels;

/// <summary>How far a hub trusts the downloader of a direct channel, who pays by itself, before it proves
/// payments.</summary>
/// <param name="InitialBytes">The content that may be granted on trust at first; at least four pieces are.</param>
/// <param name="CapBytes">The content that may be granted on trust however much was paid.</param>
/// <remarks>In bytes, because what a price is worth differs from work to work; what a piece is worth does
/// not.</remarks>
public sealed record DirectPolicy(long InitialBytes, long CapBytes)
{
    /// <summary>8 MiB, growing to 128 MiB.</summary>
    public static DirectPolicy Default { get; } = new(8L << 20, 128L << 20);
}

/// <summary>The most that may be granted or due on a direct channel without being proved paid.</summary>
/// <param name="Initial">Before anything was proved: what a downloader that never pays costs seeders and creators
/// together, at most.</param>
/// <param name="Cap">Where growing stops.</param>
/// <remarks>
/// Grows by what was proved, so that paying a whole window doubles it, as a seeder's exposure doubles with receipts
/// (<see cref="Exchange.ExposurePolicy"/>). It bounds a channel, and by itself each seeder of it
/// (<see cref="PaymentChannel.RoomFor"/>): whoever vanishes with a larger window has paid for its growth before, to those
/// who lose by it.
/// </remarks>
public readonly record struct DirectWindow(Msat Initial, Msat Cap)
{
    /// <summary>The window for a work.</summary>
    /// <param name="policy">What the operator decided.</param>
    /// <param name="price">The manifest's price.</param>
    /// <param name="pieceLength">Bytes of a full piece: no window is too small for a few of them.</param>
    public static DirectWindow For(DirectPolicy policy, PricePerMebibyte price, int pieceLength)
    {
        long initial = Math.Max(policy.InitialBytes, 4L * pieceLength);
        return new DirectWindow(price.Of(initial) + Msat.From(1), price.Of(Math.Max(policy.CapBytes, initial)) + Msat.From(1));
    }

    /// <summary>The window after so much was proved paid.</summary>
    public Msat After(Msat proved) => proved > Cap ? Cap : Msat.Min(Cap, Initial + proved);
}
