using System.Buffers;

namespace SeederMesh.Core.Manifests;

/// <summary>The form of host names in addresses that are signed: lower case, no user part, an optional port.</summary>
internal static class HostName
{
    private static readonly SearchValues<char> LabelCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>
    /// Whether this is a DNS name or an IPv4 address (RFC 1123, section 2.1), perhaps with <c>:port</c>.
    /// </summary>
    public static bool IsHostAndPort(ReadOnlySpan<char> text)
    {
        int colon = text.IndexOf(':');
        return colon < 0 ? IsHost(text) : IsHost(text[..colon]) && IsPort(text[(colon + 1)..]);
    }

    /// <summary>Whether this is a port: 1 to 65,535 without leading zeros.</summary>
    public static bool IsPort(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= 5
        && text[0] != '0'
        && text.IndexOfAnyExceptInRange('0', '9') < 0
        && int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) <= 65_535;

    private static bool IsHost(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 253)
        {
            return false;
        }

        foreach (Range part in text.Split('.'))
        {
            ReadOnlySpan<char> label = text[part];
            bool valid = label.Length is > 0 and <= 63
                && label[0] != '-'
                && label[^1] != '-'
                && label.IndexOfAnyExcept(LabelCharacters) < 0;
            if (!valid)
            {
                return false;
            }
        }

        return true;
    }
}
