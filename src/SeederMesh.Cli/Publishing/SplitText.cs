using System.Globalization;
using SeederMesh.Core.Manifests;

namespace SeederMesh.Cli.Publishing;

/// <summary>One part of a split as the command line has it.</summary>
/// <param name="Name">"creator", "seeders", "registry", "hub", or another payee's name.</param>
/// <param name="ShareBps">Its share in basis points.</param>
/// <param name="Endpoint">Where another payee is paid; null for the four roles.</param>
internal sealed record SplitPart(string Name, int ShareBps, PaymentEndpoint? Endpoint);

/// <summary>Reads <c>creator=70,seeders=25,registry=2,hub=3</c>; percent, with up to two decimals.</summary>
internal static class SplitText
{
    /// <summary>What is used when nobody says otherwise.</summary>
    public const string Usual = "creator=70,seeders=25,registry=2,hub=3";

    private static readonly string[] Roles = ["creator", "seeders", "registry", "hub"];

    /// <summary>Reads a split; the shares must add up to 100 percent.</summary>
    /// <param name="text">The text.</param>
    /// <param name="parts">The parts, in their order.</param>
    /// <param name="error">What is wrong.</param>
    public static bool TryParse(string text, out IReadOnlyList<SplitPart> parts, out string error)
    {
        var read = new List<SplitPart>();
        parts = read;
        foreach (string piece in text.Split(','))
        {
            int equals = piece.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? piece.Trim() : piece[..equals].Trim();
            string rest = equals < 0 ? "" : piece[(equals + 1)..];
            int at = rest.IndexOf('@', StringComparison.Ordinal);
            string number = (at < 0 ? rest : rest[..at]).Trim().TrimEnd('%');
            if (name.Length == 0 || !TryParsePercent(number, out int bps))
            {
                error = $"\"{piece.Trim()}\" is not NAME=PERCENT, such as creator=70 or hub=2.5.";
                return false;
            }

            if (read.Exists(part => part.Name == name))
            {
                error = $"\"{name}\" stands twice.";
                return false;
            }

            PaymentEndpoint endpoint = default;
            bool isRole = Roles.Contains(name, StringComparer.Ordinal);
            if (isRole ? at >= 0 : at < 0 || !PaymentEndpoint.TryParse(rest[(at + 1)..].Trim(), out endpoint))
            {
                error = isRole
                    ? $"\"{name}\" is a role and takes no address; the creator's is --pay-to."
                    : $"\"{name}\" is another payee: say where it is paid, as {name}={number}@lnaddress:user@host or @keysend:NODE.";
                return false;
            }

            read.Add(new SplitPart(name, bps, isRole ? null : endpoint));
        }

        int sum = read.Sum(part => part.ShareBps);
        error = sum == 10_000
            ? ""
            : $"The shares add up to {(sum / 100m).ToString("0.##", CultureInfo.InvariantCulture)} percent, not 100.";
        return sum == 10_000;
    }

    private static bool TryParsePercent(string text, out int bps)
    {
        bool valid = decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal percent)
            && percent is > 0 and <= 100
            && percent * 100 == decimal.Truncate(percent * 100);
        bps = valid ? (int)(percent * 100) : 0;
        return valid;
    }
}
