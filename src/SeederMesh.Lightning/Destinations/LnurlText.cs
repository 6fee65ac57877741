using System.Text;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Lightning.Destinations;

/// <summary>The written forms of an LNURL: bech32 (LUD-01) and the schemes of LUD-17.</summary>
public static class LnurlText
{
    private const int LengthMax = 2_048;

    /// <summary>The address behind an LNURL, or null and what is wrong.</summary>
    /// <param name="text">lnurl1..., one of LUD-17's schemes, or an https address; at most 2,048 characters.</param>
    public static (Uri? Address, string Error) Read(string text)
    {
        const string bech32Prefix = "lnurl1";
        if (text.Length > LengthMax)
        {
            return (null, $"an LNURL has at most {LengthMax} characters");
        }

        if (!text.StartsWith(bech32Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return ReadScheme(text);
        }

        if (!Bech32.TryDecode(text, LengthMax, out Bech32Text? decoded, out string error))
        {
            return (null, error);
        }

        string address = Encoding.UTF8.GetString(Bech32.ToBytes(decoded.Words, out _));
        return decoded.Checksum == Bech32Checksum.Bech32 && Uri.TryCreate(address, UriKind.Absolute, out Uri? uri)
            && uri.Scheme is "https" or "http"
            ? (uri, "")
            : (null, "it does not contain an https address");
    }

    /// <summary>Writes an address as an upper-case LNURL, which makes the smaller QR code.</summary>
    /// <param name="address">An absolute address.</param>
    public static string Write(Uri address) => Bech32
        .Encode("lnurl", Bech32.ToWords(Encoding.UTF8.GetBytes(address.AbsoluteUri)), Bech32Checksum.Bech32)
        .ToUpperInvariant();

    private static (Uri? Address, string Error) ReadScheme(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri))
        {
            return (null, "it is neither lnurl1..., lnurlp://... nor an https address");
        }

        bool plain = uri.Scheme is "https" or "http";
        if (!plain && uri.Scheme is not ("lnurlp" or "lnurlw" or "keyauth" or "lnurlc"))
        {
            return (null, $"the scheme {uri.Scheme} is not one of LUD-17");
        }

        // A scheme of LUD-17 takes forms that https does not, such as one without a host.
        return Uri.TryCreate(plain ? text : "https" + text[uri.Scheme.Length..], UriKind.Absolute, out Uri? address)
            && address.Host.Length > 0
            ? (plain ? address : PayoutDestination.Plain(address), "")
            : (null, "it names no host");
    }
}
