namespace SeederMesh.Core.Money;

/// <summary>What one MiB (1,048,576 bytes) of upload costs, in millisatoshi.</summary>
/// <remarks>Range: 0 to 1,000,000,000 msat (0.01 BTC). <c>default</c> is free. Charged on cumulative bytes, so that
/// rounding never adds up over pieces.</remarks>
public readonly record struct PricePerMebibyte
{
    /// <summary>The highest price that a manifest or grant may name, in msat.</summary>
    public const long MsatMax = 1_000_000_000;

    private const int MebibyteBits = 20;
    private const long Mebibyte = 1 << MebibyteBits;

    /// <summary>A price in millisatoshi for each MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or above <see cref="MsatMax"/>.</exception>
    public PricePerMebibyte(long msat)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(msat);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(msat, MsatMax);
        Msat = msat;
    }

    /// <summary>The price in msat.</summary>
    public long Msat { get; }

    /// <summary>What <paramref name="bytes"/> cost in all, rounded down: floor(bytes x price / 2^20).</summary>
    /// <exception cref="OverflowException">It exceeds all the bitcoin there can be.</exception>
    public Msat Of(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return TryOf(bytes, out Msat cost) ? cost : throw new OverflowException("The cost exceeds 21,000,000 BTC.");
    }

    /// <summary>What <paramref name="bytes"/> cost in all, if that is an amount of money there can be.</summary>
    /// <param name="bytes">Not negative.</param>
    /// <param name="cost">floor(bytes x price / 2^20); zero when it is too much.</param>
    public bool TryOf(long bytes, out Msat cost)
    {
        // The divisor is a power of two: the product's 128 bits are shifted, because a division is slow and this runs
        // for each piece.
        ulong high = Math.BigMul((ulong)bytes, (ulong)Msat, out ulong low);
        bool isMoney = high >> MebibyteBits == 0;
        ulong whole = (high << (64 - MebibyteBits)) | (low >> MebibyteBits);
        isMoney &= whole <= (ulong)Money.Msat.Max.Value;
        cost = isMoney ? Money.Msat.From((long)whole) : Money.Msat.Zero;
        return isMoney;
    }

    /// <summary>The most bytes that <paramref name="budget"/> pays for; all there can be when it is free.</summary>
    public long BytesFor(Msat budget) =>
        Msat == 0 ? long.MaxValue : (long)Int128.Min(long.MaxValue, (((Int128)budget.Value + 1) * Mebibyte - 1) / Msat);
}
