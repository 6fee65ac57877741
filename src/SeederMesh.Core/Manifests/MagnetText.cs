using System.Buffers;
using System.Globalization;
using System.Text.Unicode;
using SeederMesh.Core.Identity;

namespace SeederMesh.Core.Manifests;

/// <summary>
/// Reads and writes magnet links; total and bounded. Parameters that are not known are passed over (BEP 9).
/// </summary>
public static class MagnetText
{
    /// <summary>The longest link that is read, in characters.</summary>
    public const int LengthMax = 32 * 1024;

    private const int ParametersMax = 256;
    private const int ListMax = 64;
    private const int RangesMax = 4096;
    private const int ValueMax = 2048;
    private const string Scheme = "magnet:?";
    private const string V1Prefix = "urn:btih:";
    private const string V2Prefix = "urn:btmh:";

    private static readonly SearchValues<char> Ipv6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>Reads a link.</summary>
    public static MagnetReading Read(string text)
    {
        if (text.Length > LengthMax)
        {
            return Refuse(MagnetResult.TooLong, $"The link has {text.Length} characters; at most {LengthMax} are allowed.");
        }

        if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return Refuse(MagnetResult.NotMagnet, "A magnet link begins with \"magnet:?\".");
        }

        string[] parts = text[Scheme.Length..].Split('&');
        if (parts.Length > ParametersMax)
        {
            return Refuse(MagnetResult.Malformed, $"The link has more than {ParametersMax} parameters.");
        }

        Draft draft = new();
        foreach (string part in parts)
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !TryDecode(part.AsSpan(equals + 1), out string value))
            {
                return Refuse(MagnetResult.Malformed, "A parameter is not name=value in percent-encoded UTF-8.");
            }

            MagnetReading? refused = draft.Take(NameOf(part[..equals]), value);
            if (refused is not null)
            {
                return refused.Value;
            }
        }

        return draft.Finish();
    }

    /// <summary>Writes a link, in an order that is always the same.</summary>
    /// <exception cref="ArgumentException">The link has no infohash.</exception>
    public static string Format(MagnetLink link)
    {
        List<string> parts = [];
        if (link.InfohashV2 is { } v2)
        {
            parts.Add($"xt={V2Prefix}1220{v2}");
        }

        if (link.InfohashV1 is { } v1)
        {
            parts.Add($"xt={V1Prefix}{v1}");
        }

        if (parts.Count == 0)
        {
            throw new ArgumentException("A magnet link needs an infohash.", nameof(link));
        }

        if (link.DisplayName is { } name)
        {
            parts.Add("dn=" + Uri.EscapeDataString(name));
        }

        parts.AddRange(link.Trackers.Select(tracker => "tr=" + Uri.EscapeDataString(tracker)));

        // The colon of host:port is left readable, as BEP 9 writes it.
        parts.AddRange(link.Peers.Select(peer =>
            "x.pe=" + Uri.EscapeDataString(peer).Replace("%3A", ":", StringComparison.Ordinal)));
        if (link.SelectOnly.Count > 0)
        {
            parts.Add("so=" + string.Join(',', link.SelectOnly));
        }

        if (link.Registry is { } registry)
        {
            parts.Add("x.prov=" + Uri.EscapeDataString(registry));
        }

        if (link.RegistryReceipt is { } receipt)
        {
            parts.Add($"x.prcpt={receipt}");
        }

        return Scheme + string.Join('&', parts);
    }

    // "xt.1", "tr.2" are the numbered spelling of a repeated parameter.
    private static string NameOf(string name)
    {
        int dot = name.LastIndexOf('.');
        bool numbered = dot > 0 && dot < name.Length - 1 && name.AsSpan(dot + 1).IndexOfAnyExceptInRange('0', '9') < 0;
        return numbered ? name[..dot] : name;
    }

    private static bool TryDecode(ReadOnlySpan<char> text, out string value)
    {
        byte[] bytes = new byte[text.Length * 3];
        int length = 0;
        value = "";
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '%')
            {
                if (i + 2 >= text.Length
                    || !byte.TryParse(
                        text.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[length]))
                {
                    return false;
                }

                length++;
                i += 2;
                continue;
            }

            // Only printable ASCII may stand for itself (RFC 3986); "+" means a space in what most clients write.
            if (text[i] is < '!' or > '~')
            {
                return false;
            }

            bytes[length++] = text[i] == '+' ? (byte)' ' : (byte)text[i];
        }

        bool valid = Utf8.IsValid(bytes.AsSpan(0, length));
        value = valid ? System.Text.Encoding.UTF8.GetString(bytes, 0, length) : "";
        return valid;
    }

    private static MagnetReading Refuse(MagnetResult result, string message) => new(result, null, message);

    /// <summary>What has been read so far.</summary>
    private sealed class Draft
    {
        private readonly List<string> trackers = [];
        private readonly List<string> peers = [];
        private Digest? v2;
        private InfohashV1? v1;
        private string? name;
        private FileRange[]? ranges;
        private string? registry;
        private Digest? receipt;

        public MagnetReading? Take(string parameter, string value)
        {
            switch (parameter)
            {
                case "xt":
                    return TakeTopic(value);
                case "tr":
                    return TakeInto(trackers, "tr", value, IsPlain(value, ValueMax));
                case "x.pe":
                    return TakeInto(peers, "x.pe", value, IsPeer(value));
                case "dn":
                    // The first one counts: a name is decoration, and links with two of them are about.
                    name ??= value;
                    return name.Length <= 255 && name.AsSpan().IndexOfAny(FilePath.Unprintable) < 0
                        ? null
                        : Bad("dn", "a name of at most 255 printable characters");
                case "so":
                    return ranges is null && TryReadRanges(value, out ranges)
                        ? null
                        : Bad("so", "file numbers and ranges in order, such as 0,2,4-7, once");
                case "x.prov":
                    bool fresh = registry is null && IsWeb(value);
                    registry = value;
                    return fresh ? null : Bad("x.prov", "one https:// or http:// address");
                case "x.prcpt":
                    bool valid = Digest.TryParseHex(value, out Digest digest) && receipt is null;
                    receipt = digest;
                    return valid ? null : Bad("x.prcpt", "64 hexadecimal digits, once");
                default:
                    return null;
            }
        }

        public MagnetReading Finish() =>
            v2 is null && v1 is null
                ? Refuse(MagnetResult.InfohashMissing, "The link names no torrent: it has no xt=urn:btmh: or urn:btih:.")
                : new MagnetReading(
                    MagnetResult.Read,
                    new MagnetLink
                    {
                        InfohashV2 = v2,
                        InfohashV1 = v1,
                        DisplayName = name,
                        Trackers = trackers,
                        Peers = peers,
                        SelectOnly = ranges ?? [],
                        Registry = registry,
                        RegistryReceipt = receipt,
                    },
                    "");

        private MagnetReading? TakeTopic(string value)
        {
            if (value.StartsWith(V2Prefix, StringComparison.OrdinalIgnoreCase))
            {
                // 0x12 is SHA-256 and 0x20 its length in bytes (multihash); nothing else names a torrent (BEP 52).
                string hash = value[V2Prefix.Length..];
                bool valid = hash.StartsWith("1220", StringComparison.Ordinal)
                    && Digest.TryParseHex(hash[4..], out Digest digest)
                    && Same(ref v2, digest);
                return valid ? null : BadTopic("urn:btmh:1220 and 64 hexadecimal digits");
            }

            if (value.StartsWith(V1Prefix, StringComparison.OrdinalIgnoreCase))
            {
                bool valid = TryReadV1(value[V1Prefix.Length..], out InfohashV1 infohash) && Same(ref v1, infohash);
                return valid ? null : BadTopic("urn:btih: and 40 hexadecimal or 32 base32 digits");
            }

            // Links name the same content for other networks too.
            return null;
        }

        // A link that names two torrents would download one and show the other.
        private static bool Same<T>(ref T? known, T value)
            where T : struct, IEquatable<T>
        {
            bool same = known is null || known.Value.Equals(value);
            known ??= value;
            return same;
        }

        private static MagnetReading? TakeInto(List<string> list, string parameter, string value, bool valid)
        {
            if (!valid || list.Count == ListMax)
            {
                return Bad(parameter, $"an address, at most {ListMax} of them");
            }

            list.Add(value);
            return null;
        }

        private static MagnetReading? BadTopic(string expected) =>
            Refuse(MagnetResult.InfohashInvalid, $"An xt is not {expected}, or differs from another one.");

        private static MagnetReading? Bad(string parameter, string expected) =>
            Refuse(MagnetResult.ParameterInvalid, $"The parameter {parameter} must be {expected}.");

        private static bool TryReadV1(string text, out InfohashV1 infohash) =>
            text.Length == 32 ? TryReadBase32(text, out infohash) : InfohashV1.TryParseHex(text, out infohash);

        private static bool TryReadBase32(string text, out InfohashV1 infohash)
        {
            Span<byte> bytes = stackalloc byte[InfohashV1.Size];
            int bits = 0;
            int buffer = 0;
            int length = 0;
            infohash = default;
            foreach (char character in text)
            {
                int digit = !char.IsAscii(character) ? -1 : "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(
                    char.ToUpperInvariant(character), StringComparison.Ordinal);
                if (digit < 0)
                {
                    return false;
                }

                buffer = ((buffer << 5) | digit) & 0xfff;
                bits += 5;
                if (bits >= 8)
                {
                    bits -= 8;
                    bytes[length++] = (byte)((buffer >> bits) & 255);
                }
            }

            infohash = new InfohashV1(bytes);
            return true;
        }

        private static bool IsPlain(string value, int lengthMax) =>
            value.Length > 0 && value.Length <= lengthMax && value.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0;

        private static bool IsWeb(string value) =>
            IsPlain(value, ValueMax)
            && (value.StartsWith("https://", StringComparison.Ordinal) || value.StartsWith("http://", StringComparison.Ordinal));

        private static bool IsPeer(string value)
        {
            if (value.Length > 300 || !value.StartsWith('['))
            {
                return value.Contains(':', StringComparison.Ordinal)
                    && HostName.IsHostAndPort(value.ToLowerInvariant());
            }

            int end = value.IndexOf("]:", StringComparison.Ordinal);
            return end is > 2 and < 48
                && value.AsSpan(1, end - 1).IndexOfAnyExcept(Ipv6Characters) < 0
                && HostName.IsPort(value.AsSpan(end + 2));
        }

        private static bool TryReadRanges(string value, out FileRange[]? ranges)
        {
            string[] parts = value.Split(',');
            ranges = null;
            if (parts.Length > RangesMax)
            {
                return false;
            }

            var read = new FileRange[parts.Length];
            int next = 0;
            for (int i = 0; i < parts.Length; i++)
            {
                int dash = parts[i].IndexOf('-', StringComparison.Ordinal);
                string first = dash < 0 ? parts[i] : parts[i][..dash];
                string last = dash < 0 ? first : parts[i][(dash + 1)..];
                if (!TryReadNumber(first, out int from) || !TryReadNumber(last, out int to) || from < next || to < from)
                {
                    return false;
                }

                read[i] = new FileRange(from, to);
                next = to + 1;
            }

            ranges = read;
            return true;
        }

        private static bool TryReadNumber(string text, out int number) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < Manifest.FilesMax;
    }
}
