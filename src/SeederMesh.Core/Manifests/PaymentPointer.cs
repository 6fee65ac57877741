using System.Buffers;

namespace SeederMesh.Core.Manifests;

/// <summary>An Interledger payment pointer, <c>$wallet.example/alice</c>, and the wallet address that it stands
/// for.</summary>
/// <remarks>
/// Source: paymentpointers.org, "Syntax and Resolution": a host in lower case and a path without query and fragment.
/// The source knows no port; here this machine itself may have one, for development.
/// </remarks>
public readonly record struct PaymentPointer
{
    private const int LengthMax = 2_048;
    private const string Https = "https://";
    private const string DefaultPath = "/.well-known/pay";

    // RFC 3986, section 3.3: pchar and the slash between segments.
    private static readonly SearchValues<char> PathCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~/%!$&'()*+,;=:@");

    private PaymentPointer(string host, string path)
    {
        Host = host;
        Path = path;
    }

    /// <summary>The host; with its port on this machine.</summary>
    public string Host { get; }

    /// <summary>The path, which may be empty.</summary>
    public string Path { get; }

    /// <summary>The https address that it resolves to: an Open Payments wallet address.</summary>
    public string Address => Https + Host + (Path is "" or "/" ? DefaultPath : Path);

    /// <summary>Reads a pointer, or the https address of a wallet, which is the same without <c>$</c>.</summary>
    /// <returns>False for any other form; such text must not be resolved.</returns>
    public static bool TryParse(string? text, out PaymentPointer pointer)
    {
        pointer = default;
        ReadOnlySpan<char> rest = text switch
        {
            null or { Length: > LengthMax } => [],
            _ when text.StartsWith('$') => text.AsSpan(1),
            _ when text.StartsWith(Https, StringComparison.Ordinal) => text.AsSpan(Https.Length),
            _ => [],
        };
        int slash = rest.IndexOf('/');
        ReadOnlySpan<char> host = slash < 0 ? rest : rest[..slash];
        ReadOnlySpan<char> path = slash < 0 ? [] : rest[slash..];
        if (!IsHost(host) || !IsPath(path))
        {
            return false;
        }

        pointer = new PaymentPointer(host.ToString(), path.ToString());
        return true;
    }

    /// <summary>The pointer, with <c>$</c>.</summary>
    public override string ToString() => "$" + Host + Path;

    private static bool IsHost(ReadOnlySpan<char> host)
    {
        int colon = host.IndexOf(':');
        bool isThisMachine = colon > 0
            && (host[..colon] is "localhost" || host.StartsWith("127.", StringComparison.Ordinal));
        return HostName.IsHostAndPort(host) && (colon < 0 || isThisMachine);
    }

    private static bool IsPath(ReadOnlySpan<char> path)
    {
        if (path.IndexOfAnyExcept(PathCharacters) >= 0)
        {
            return false;
        }

        foreach (Range part in path.Split('/'))
        {
            // A dot segment would be resolved by some readers and not by others.
            ReadOnlySpan<char> segment = path[part];
            if (segment is "." or ".." || !IsPercentEncoded(segment))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsPercentEncoded(ReadOnlySpan<char> text)
    {
        for (int at = text.IndexOf('%'); at >= 0; at = text.IndexOf('%'))
        {
            if (text.Length < at + 3 || !char.IsAsciiHexDigit(text[at + 1]) || !char.IsAsciiHexDigit(text[at + 2]))
            {
                return false;
            }

            text = text[(at + 3)..];
        }

        return true;
    }
}
