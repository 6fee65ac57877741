using System.Globalization;
using SeederMesh.Core.Money;

namespace SeederMesh.Cli.Terminal;

/// <summary>How sizes, rates and money are read and shown.</summary>
internal static class Units
{
    /// <summary>"20.4 MB": decimal units, as disks and networks have them.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1_000 => $"{bytes} B",
        < 1_000_000 => Scaled(bytes, 1_000, "kB"),
        < 1_000_000_000 => Scaled(bytes, 1_000_000, "MB"),
        _ => Scaled(bytes, 1_000_000_000, "GB"),
    };

    /// <summary>An amount, named as what it is: "1.5 sat (play money)", "(real money)", "(regtest)".</summary>
    /// <param name="amount">The amount.</param>
    /// <param name="network">The network that it is on.</param>
    public static string Money(Msat amount, string network) => $"{amount} ({Lightning.NodeInfo.NameMoney(network)})";

    /// <summary>A share in basis points as a percentage.</summary>
    public static string Percent(int bps) => new Core.Splits.BasisPoints(bps).ToString();

    /// <summary>Reads "500", "20MB", "20MiB", "1.5GB"; bytes.</summary>
    public static bool TryParseBytes(string? text, out long bytes)
    {
        bytes = 0;
        if (string.IsNullOrWhiteSpace(text) || text.Length > 24)
        {
            return false;
        }

        int letters = text.Length;
        while (letters > 0 && (char.IsAsciiLetter(text[letters - 1]) || text[letters - 1] == '/'))
        {
            letters--;
        }

        long unit = text[letters..].ToUpperInvariant().Replace("/S", "", StringComparison.Ordinal) switch
        {
            "" or "B" => 1,
            "K" or "KB" => 1_000,
            "M" or "MB" => 1_000_000,
            "G" or "GB" => 1_000_000_000,
            "KIB" => 1L << 10,
            "MIB" => 1L << 20,
            "GIB" => 1L << 30,
            _ => 0,
        };
        if (unit == 0
            || !decimal.TryParse(text[..letters].Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
            || number * unit > long.MaxValue)
        {
            return false;
        }

        bytes = (long)(number * unit);
        return true;
    }

    private static string Scaled(long bytes, long unit, string name) =>
        ((double)bytes / unit).ToString(bytes < unit * 100 ? "0.0" : "0", CultureInfo.InvariantCulture) + " " + name;
}
