using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;

namespace SeederMesh.Cli.Inspection;

/// <summary>Finds out what something is, by its content and never by its name, and explains it.</summary>
internal static class Inspector
{
    /// <summary>The largest file that is read whole; of larger ones only the first bytes are looked at.</summary>
    public const long FileBytesMax = 64L << 20;

    private static readonly SearchValues<char> Base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");

    /// <summary>Explains a path or a text.</summary>
    public static (Explanation? Explanation, Fault? Fault) Inspect(string subject)
    {
        if (Directory.Exists(subject))
        {
            throw new Refusal($"\"{subject}\" is a folder; give a file, or check a folder with \"mesh verify\".");
        }

        if (!File.Exists(subject))
        {
            return InspectText(subject.Trim(), isPath: LooksLikePath(subject));
        }

        using FileStream file = File.OpenRead(subject);
        byte[] bytes = new byte[Math.Min(file.Length, FileBytesMax + 1)];
        file.ReadExactly(bytes);
        return InspectBytes(bytes, Path.GetFileName(subject));
    }

    /// <summary>Explains the content of a file.</summary>
    public static (Explanation? Explanation, Fault? Fault) InspectBytes(byte[] bytes, string name)
    {
        if (bytes.Length == 0)
        {
            return (null, new Fault("unknown", $"\"{name}\" is empty."));
        }

        if (ReceiptInspector.Recognises(bytes))
        {
            return ReceiptInspector.Explain(bytes);
        }

        if (bytes[0] == (byte)'d' && bytes.Length > 1 && (char.IsAsciiDigit((char)bytes[1]) || bytes[1] == 'e'))
        {
            return TorrentInspector.Explain(bytes);
        }

        ReadOnlySpan<byte> start = bytes.AsSpan().TrimStart(" \t\r\n"u8);
        if (start.Length > 0 && start[0] == (byte)'{')
        {
            return RegistryReceiptInspector.Recognises(bytes)
                ? RegistryReceiptInspector.Explain(bytes)
                : ManifestInspector.Explain(bytes);
        }

        if (bytes.Length <= 1 << 20 && IsText(bytes, out string text))
        {
            (Explanation? explanation, Fault? fault) = InspectText(text.Trim(), isPath: false);
            if (fault is not { Kind: "unknown" })
            {
                return (explanation, fault);
            }
        }

        return (null, new Fault(
            "unknown", $"\"{name}\" is none of: torrent, magnet, manifest, receipt, report, grant, invoice, did:key."));
    }

    /// <summary>Explains a text.</summary>
    public static (Explanation? Explanation, Fault? Fault) InspectText(string text, bool isPath)
    {
        if (text.StartsWith("magnet:", StringComparison.OrdinalIgnoreCase))
        {
            return MagnetInspector.Explain(text);
        }

        string invoice = text.StartsWith("lightning:", StringComparison.OrdinalIgnoreCase) ? text[10..] : text;
        if (invoice.StartsWith("lnbc", StringComparison.OrdinalIgnoreCase)
            || invoice.StartsWith("lntb", StringComparison.OrdinalIgnoreCase))
        {
            return InvoiceInspector.Explain(invoice);
        }

        if (invoice.StartsWith("lnurl", StringComparison.OrdinalIgnoreCase))
        {
            return LnurlInspector.Explain(invoice);
        }

        if (text.StartsWith("did:", StringComparison.Ordinal))
        {
            return ExplainDid(text);
        }

        if (TryDecode(text, out byte[] bytes) && ReceiptInspector.Recognises(bytes))
        {
            return ReceiptInspector.Explain(bytes);
        }

        if (PaymentEndpoint.TryParse(text, out PaymentEndpoint endpoint))
        {
            return (new Explanation("payment endpoint", new JsonObject
            {
                ["means"] = "Where a payee is paid.",
                ["way"] = endpoint.Kind.ToString(),
                ["address"] = endpoint.Value,
            }), null);
        }

        return (null, new Fault("unknown", isPath
            ? $"There is no file \"{Shorten(text)}\"."
            : $"\"{Shorten(text)}\" is no file and none of: magnet link, invoice (lnbc...), LNURL, did:key, payment endpoint, "
                + "grant or receipt in hex or base64."));
    }

    private static (Explanation?, Fault?) ExplainDid(string text) =>
        DidKey.TryParse(text, out DidKey did)
            ? (new Explanation("did:key", new JsonObject
            {
                ["means"] = "An identity that is an Ed25519 public key.",
                ["did"] = did.ToString(),
                ["publicKey"] = did.Key.ToString(),
                ["verificationMethod"] = did.VerificationMethod,
            }), null)
            : (null, new Fault(
                "did", "Only did:key with an Ed25519 key is read: did:key:z6Mk... with its exact text and nothing after it."));

    private static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length is < 16 or > 8 << 20)
        {
            return false;
        }

        if (text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit))
        {
            bytes = Convert.FromHexString(text);
            return true;
        }

        byte[] buffer = new byte[text.Length];
        if (text.AsSpan().IndexOfAnyExcept(Base64) >= 0 || !Convert.TryFromBase64String(text, buffer, out int written))
        {
            return false;
        }

        bytes = buffer[..written];
        return true;
    }

    private static bool IsText(byte[] bytes, out string text)
    {
        text = "";
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private static bool LooksLikePath(string text) =>
        text.Length < 4096 && (text.Contains('/', StringComparison.Ordinal)
            || Path.GetExtension(text) is ".torrent" or ".prov" or ".json" or ".txt" or ".bin");

    private static string Shorten(string text) =>
        text.Length <= 80 ? text : string.Create(CultureInfo.InvariantCulture, $"{text[..60]}... ({text.Length} characters)");
}
