namespace SeederMesh.Core.Money;

/// <summary>What one MiB (1,048,576 bytes) of upload costs, in millisatoshi.</summary>
/// <remarks>Range: 0 to 1,000,000,000 msat (0.01 BTC). <c>default</c> is free. Charged on cumulative bytes, so that
/// rounding never adds up over pieces.</remarks>
public readonly record struct PricePerMebibyte
{
    /// <summary>The highest price that a manifest or grant may name, in msat.</summary>
    public const long MsatMax = 1_000_000_000;

    private const long Mebibyte = 1 << 20;

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
        Int128 cost = (Int128)bytes * Msat / Mebibyte;
        return cost <= Money.Msat.Max.Value
            ? Money.Msat.From((long)cost)
            : throw new OverflowException("The cost exceeds 21,000,000 BTC.");
    }

    /// <summary>The most bytes that <paramref name="budget"/> pays for; all there can be when it is free.</summary>
    public long BytesFor(Msat budget) =>
        Msat == 0 ? long.MaxValue : (long)Int128.Min(long.MaxValue, (((Int128)budget.Value + 1) * Mebibyte - 1) / Msat);
}
