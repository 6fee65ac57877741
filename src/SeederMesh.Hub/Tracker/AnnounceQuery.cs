using System.Globalization;
using System.Net;

namespace SeederMesh.Hub.Tracker;

/// <summary>Reads the query of an announce (BEP 3). Its info_hash is bytes, not text, so the raw query is
/// read.</summary>
internal sealed record AnnounceQuery(string Infohash, int Port, bool IsComplete, bool IsStopped, int Wanted)
{
    public const int WantedMax = 200;
    private const int WantedDefault = 50;
    private const int QueryLengthMax = 2_048;
    private const int InfohashSize = 20;

    /// <summary>Total: any text gives a query or a reason.</summary>
    public static AnnounceQuery? Read(string query, out string reason)
    {
        reason = "";
        if (query.Length > QueryLengthMax)
        {
            reason = "the query is too long";
            return null;
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string pair in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            values.TryAdd(equals < 0 ? pair : pair[..equals], equals < 0 ? "" : pair[(equals + 1)..]);
        }

        byte[]? infohash = Unescape(values.GetValueOrDefault("info_hash"));
        bool hasPort = int.TryParse(values.GetValueOrDefault("port"), NumberStyles.None, CultureInfo.InvariantCulture, out int port);
        reason = Defect(infohash, hasPort, port);
        if (reason.Length > 0)
        {
            return null;
        }

        int wanted = int.TryParse(values.GetValueOrDefault("numwant"), NumberStyles.None, CultureInfo.InvariantCulture, out int asked)
            ? Math.Min(asked, WantedMax)
            : WantedDefault;
        return new AnnounceQuery(
            Convert.ToHexStringLower(infohash!),
            port,
            values.GetValueOrDefault("left") is "0",
            values.GetValueOrDefault("event") is "stopped",
            wanted);

        static string Defect(byte[]? infohash, bool hasPort, int port) => infohash switch
        {
            not { Length: InfohashSize } => "info_hash must be 20 bytes: the v1 infohash, or the first 20 of the v2 one",
            _ when !hasPort || port is < 1 or > IPEndPoint.MaxPort => "port must be 1 to 65535",
            _ => "",
        };
    }

    /// <summary>Percent-decodes to bytes; null when it is missing or malformed.</summary>
    private static byte[]? Unescape(string? text)
    {
        if (text is null || text.Length > 3 * InfohashSize)
        {
            return null;
        }

        var bytes = new List<byte>(InfohashSize);
        for (int index = 0; index < text.Length; index++)
        {
            if (text[index] != '%')
            {
                if (text[index] > 0x7f)
                {
                    return null;
                }

                bytes.Add(text[index] == '+' ? (byte)' ' : (byte)text[index]);
            }
            else if (index + 2 < text.Length
                && byte.TryParse(text.AsSpan(index + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                bytes.Add(value);
                index += 2;
            }
            else
            {
                return null;
            }
        }

        return [.. bytes];
    }
}
