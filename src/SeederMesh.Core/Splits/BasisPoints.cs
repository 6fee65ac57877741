using SeederMesh.Core.Money;

namespace SeederMesh.Core.Splits;

/// <summary>A share in hundredths of a percent: 10,000 basis points are the whole.</summary>
/// <remarks>Range: 0 to 10,000. <c>default</c> is nothing.</remarks>
public readonly record struct BasisPoints
{
    /// <summary>The whole.</summary>
    public const int Whole = 10_000;

    /// <summary>A share of <paramref name="value"/> basis points.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or above 10,000.</exception>
    public BasisPoints(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Whole);
        Value = value;
    }

    /// <summary>The share, 0 to 10,000.</summary>
    public int Value { get; }

    /// <summary>This share of <paramref name="total"/>, rounded down to the millisatoshi.</summary>
    public Msat Of(Msat total) => Msat.From((long)((Int128)total.Value * Value / Whole));

    /// <summary>What rounding down leaves behind, in ten-thousandths of a millisatoshi (0 to 9,999).</summary>
    public int RemainderOf(Msat total) => (int)((Int128)total.Value * Value % Whole);

    /// <summary>The share as a person reads it: "2.5%".</summary>
    public override string ToString() =>
        $"{Value / 100}{(Value % 100 == 0 ? "" : "." + (Value % 100).ToString("D2").TrimEnd('0'))}%";
}
