using System.Globalization;

namespace SeederMesh.Core.Money;

/// <summary>A non-negative amount in millisatoshi: 1,000 msat = 1 sat.</summary>
/// <remarks>
/// Range: 0 to 21,000,000 BTC (2,100,000,000,000,000,000 msat). <c>default</c> is <see cref="Zero"/>.
/// Unit: BOLT 11, "amount". Arithmetic is checked: leaving the range throws <see cref="OverflowException"/>.
/// </remarks>
public readonly record struct Msat : IComparable<Msat>
{
    private readonly long value;

    private Msat(long value) => this.value = value;

    /// <summary>No money.</summary>
    public static Msat Zero => default;

    /// <summary>All the bitcoin there can be.</summary>
    public static Msat Max { get; } = new(21_000_000L * 100_000_000L * 1_000L);

    /// <summary>The amount in millisatoshi, from 0 to 2.1e18.</summary>
    public long Value => value;

    /// <summary>Whether the amount is zero.</summary>
    public bool IsZero => value == 0;

    /// <summary>An amount of <paramref name="msat"/> millisatoshi.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative or above <see cref="Max"/>.</exception>
    public static Msat From(long msat)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(msat);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(msat, Max.value);
        return new Msat(msat);
    }

    /// <summary>An amount of <paramref name="satoshi"/> satoshi.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative or above 21,000,000 BTC.</exception>
    public static Msat FromSatoshi(long satoshi)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(satoshi);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(satoshi, Max.value / 1000);
        return new Msat(satoshi * 1000);
    }

    /// <summary>Whether <paramref name="msat"/> is an amount, and which.</summary>
    public static bool TryFrom(long msat, out Msat amount)
    {
        bool valid = msat >= 0 && msat <= Max.value;
        amount = valid ? new Msat(msat) : default;
        return valid;
    }

    /// <summary>Reads "1500", "1500msat", "50sat" or "0.5sat" (exact; a fraction of a millisatoshi is
    /// refused).</summary>
    public static bool TryParse(string? text, out Msat amount)
    {
        amount = default;
        if (text is null || text.Length > 40)
        {
            return false;
        }

        (string number, long scale) = text switch
        {
            _ when text.EndsWith("msat", StringComparison.Ordinal) => (text[..^4], 1L),
            _ when text.EndsWith("sat", StringComparison.Ordinal) => (text[..^3], 1000L),
            _ => (text, 1L),
        };
        return decimalToMsat(number.Trim(), scale, out amount);

        // Works on the digits, never on a floating-point number.
        static bool decimalToMsat(string number, long scale, out Msat amount)
        {
            amount = default;
            string[] parts = number.Split('.');
            string fraction = parts.Length == 2 ? parts[1] : "";
            int decimals = scale == 1000 ? 3 : 0;
            if (parts.Length > 2 || fraction.Length > decimals || (parts.Length == 2 && fraction.Length == 0))
            {
                return false;
            }

            return long.TryParse(
                    parts[0] + fraction.PadRight(decimals, '0'),
                    NumberStyles.None,
                    CultureInfo.InvariantCulture,
                    out long msat)
                && parts[0].Length > 0
                && TryFrom(msat, out amount);
        }
    }

    /// <summary>The sum of two amounts.</summary>
    /// <exception cref="OverflowException">The sum is above <see cref="Max"/>.</exception>
    public static Msat operator +(Msat left, Msat right)
    {
        long sum = checked(left.value + right.value);
        return sum <= Max.value ? new Msat(sum) : throw new OverflowException("The sum exceeds 21,000,000 BTC.");
    }

    /// <summary>Whether the left amount is smaller.</summary>
    public static bool operator <(Msat left, Msat right) => left.value < right.value;

    /// <summary>Whether the left amount is larger.</summary>
    public static bool operator >(Msat left, Msat right) => left.value > right.value;

    /// <summary>Whether the left amount is smaller or equal.</summary>
    public static bool operator <=(Msat left, Msat right) => left.value <= right.value;

    /// <summary>Whether the left amount is larger or equal.</summary>
    public static bool operator >=(Msat left, Msat right) => left.value >= right.value;

    /// <summary>The smaller of two amounts.</summary>
    public static Msat Min(Msat left, Msat right) => left <= right ? left : right;

    /// <summary>Takes <paramref name="other"/> away, if this amount covers it.</summary>
    /// <remarks>There is no <c>-</c> operator: not enough is an answer, not an exception.</remarks>
    public bool TrySubtract(Msat other, out Msat rest)
    {
        bool covered = value >= other.value;
        rest = covered ? new Msat(value - other.value) : default;
        return covered;
    }

    /// <summary>Takes away an amount that an invariant says is covered.</summary>
    /// <exception cref="InvariantViolationException">It is not covered: the books contradict themselves.</exception>
    public Msat Less(Msat covered)
    {
        Invariant.Require(value >= covered.value, "an amount taken away is covered by what it is taken from");
        return new Msat(value - covered.value);
    }

    /// <inheritdoc/>
    public int CompareTo(Msat other) => value.CompareTo(other.value);

    /// <summary>The amount as a person reads it: "12.345 sat" with trailing zeros dropped.</summary>
    public override string ToString()
    {
        (long whole, long part) = Math.DivRem(value, 1000);
        string text = whole.ToString("N0", CultureInfo.InvariantCulture);
        return part == 0
            ? text + " sat"
            : text + "." + part.ToString("D3", CultureInfo.InvariantCulture).TrimEnd('0') + " sat";
    }
}
