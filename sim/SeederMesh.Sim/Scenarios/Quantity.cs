using System.Globalization;

namespace SeederMesh.Sim.Scenarios;

/// <summary>Numbers with units, as a scenario writes them; the result is in base units (seconds, bytes, bytes a
/// second, msat).</summary>
internal static class Quantity
{
    private static readonly Dictionary<string, double> seconds = new(StringComparer.Ordinal)
    {
        ["us"] = 1e-6,
        ["ms"] = 1e-3,
        ["s"] = 1,
        ["min"] = 60,
        ["h"] = 3600,
        ["d"] = 86400,
    };

    private static readonly Dictionary<string, double> bytes = new(StringComparer.Ordinal)
    {
        ["B"] = 1,
        ["kB"] = 1e3,
        ["MB"] = 1e6,
        ["GB"] = 1e9,
        ["KiB"] = 1024,
        ["MiB"] = 1 << 20,
        ["GiB"] = 1 << 30,
        ["bit"] = 0.125,
        ["kbit"] = 125,
        ["Mbit"] = 125e3,
        ["Gbit"] = 125e6,
    };

    private static readonly Dictionary<string, double> money = new(StringComparer.Ordinal)
    {
        ["msat"] = 1,
        ["sat"] = 1000,
    };

    public static bool TryNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && !double.IsNaN(value);

    public static bool TryDuration(string text, out double value)
    {
        value = double.PositiveInfinity;
        return text == "forever" || TryUnit(text, seconds, out value);
    }

    public static bool TrySize(string text, out double value) => TryUnit(text, bytes, out value);

    public static bool TryMoney(string text, out double value) => TryUnit(text, money, out value);

    /// <summary>"1000msat/MiB", in msat for each MiB.</summary>
    public static bool TryPrice(string text, out double value)
    {
        value = 0;
        string[] parts = text.Split('/');
        bool valid = parts.Length == 2 && TryMoney(parts[0], out value) && bytes.ContainsKey(parts[1]);
        value *= valid ? (1 << 20) / bytes[parts[1]] : 0;
        return valid;
    }

    /// <summary>"0.4/s", in events a second.</summary>
    public static bool TryRate(string text, out double value)
    {
        value = 0;
        string[] parts = text.Split('/');
        bool valid = parts.Length == 2 && TryNumber(parts[0], out value) && seconds.ContainsKey(parts[1]);
        value /= valid ? seconds[parts[1]] : 1;
        return valid;
    }

    /// <summary>"1Mbit/s", in bytes a second; or a distribution of such.</summary>
    public static bool TryCapacity(string text, out Distribution distribution)
    {
        distribution = new Distribution();
        if (text == "unlimited")
        {
            return true;
        }

        if (!TryCall(text, out string function, out string[] arguments))
        {
            bool valid = TrySpeed(text, out double fixedValue);
            distribution = new Distribution { A = fixedValue };
            return valid;
        }

        double b = 0;
        if (function == "choice")
        {
            return TryChoice(arguments, out distribution);
        }

        (DistributionKind kind, int count) = function switch
        {
            "uniform" => (DistributionKind.Uniform, 2),
            "lognormal" => (DistributionKind.LogNormal, 2),
            "exponential" => (DistributionKind.Exponential, 1),
            _ => (DistributionKind.Fixed, 0),
        };
        if (count == 0 || arguments.Length != count || !TrySpeed(arguments[0], out double a)
            || (count == 2 && !(kind == DistributionKind.Uniform ? TrySpeed(arguments[1],
                out b) : TryNumber(arguments[1], out b))))
        {
            return false;
        }

        distribution = new Distribution { Kind = kind, A = a, B = b };
        return kind != DistributionKind.Uniform || b >= a;
    }

    /// <summary>"start", "poisson(0.4/s)", "flash(60s)", "trace(0s, 2s)".</summary>
    public static bool TryArrival(string text, out ArrivalModel arrival)
    {
        arrival = new ArrivalModel();
        if (text == "start")
        {
            return true;
        }

        if (!TryCall(text, out string function, out string[] arguments))
        {
            return false;
        }

        double value = 0;
        switch (function)
        {
            case "poisson" when arguments.Length == 1 && TryRate(arguments[0], out value) && value > 0:
                arrival = new ArrivalModel { Kind = ArrivalKind.Poisson, Rate = value };
                return true;
            case "flash" when arguments.Length == 1 && TryDuration(arguments[0], out value) && double.IsFinite(value):
                arrival = new ArrivalModel { Kind = ArrivalKind.Flash, WithinSeconds = value };
                return true;
            case "trace":
                var times = new double[arguments.Length];
                for (int index = 0; index < times.Length; index++)
                {
                    if (!TryDuration(arguments[index], out times[index]) || !double.IsFinite(times[index]))
                    {
                        return false;
                    }
                }

                arrival = new ArrivalModel { Kind = ArrivalKind.Trace, Times = times };
                return true;
            default:
                return false;
        }
    }

    private static bool TryChoice(string[] arguments, out Distribution distribution)
    {
        var values = new double[arguments.Length];
        var weights = new double[arguments.Length];
        distribution = new Distribution { Kind = DistributionKind.Choice, Values = values, Weights = weights };
        for (int index = 0; index < arguments.Length; index++)
        {
            string[] parts = arguments[index].Split(':', StringSplitOptions.TrimEntries);
            if (parts.Length != 2 || !TrySpeed(parts[0], out values[index]) || !TryNumber(parts[1], out weights[index])
                || weights[index] < 0)
            {
                return false;
            }
        }

        return weights.Sum() > 0;
    }

    private static bool TrySpeed(string text, out double value)
    {
        value = 0;
        return text.EndsWith("/s", StringComparison.Ordinal) && TrySize(text[..^2], out value) && value > 0;
    }

    private static bool TryCall(string text, out string function, out string[] arguments)
    {
        int open = text.IndexOf('(', StringComparison.Ordinal);
        bool valid = open > 0 && text.EndsWith(')');
        function = valid ? text[..open] : "";
        arguments = valid
            ? text[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : [];
        return valid;
    }

    private static bool TryUnit(string text, Dictionary<string, double> units, out double value)
    {
        int digits = text.Length;
        while (digits > 0 && !char.IsAsciiDigit(text[digits - 1]))
        {
            digits--;
        }

        value = 0;
        if (!units.TryGetValue(text[digits..].Trim(), out double unit)
            || !TryNumber(text[..digits], out double number) || number < 0)
        {
            return false;
        }

        value = number * unit;
        return true;
    }
}
