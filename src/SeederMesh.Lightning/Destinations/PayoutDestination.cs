using System.Diagnostics.CodeAnalysis;
using SeederMesh.Core.Manifests;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Bolt12;

namespace SeederMesh.Lightning.Destinations;

/// <summary>Where a payee wants its money.</summary>
/// <remarks>
/// Written <c>keysend:NODE</c> (66 hexadecimal digits), <c>lnaddress:USER@HOST[:PORT]</c> (LUD-16), <c>lnurl:...</c>
/// (LUD-01 <c>lnurl1...</c>,
/// LUD-17 <c>lnurlp://...</c> or an https address), <c>bolt12:lno1...</c>, <c>paymentpointer:$HOST/PATH</c> (an Open
/// Payments wallet address, paid where it offers Lightning), or <c>bolt11:lnbc...</c> (once, for refunds). At most
/// 7,200 characters. A bare <c>user@host</c>, <c>lnurl1...</c>, <c>lno1...</c>, <c>$host/path</c> or invoice is
/// understood too.
/// </remarks>
public sealed record PayoutDestination
{
    private const int LengthMax = 7_200;

    private PayoutDestination(DestinationKind kind, string value)
    {
        Kind = kind;
        Value = value;
    }

    /// <summary>What kind of address it is.</summary>
    public DestinationKind Kind { get; }

    /// <summary>The address without its kind.</summary>
    public string Value { get; }

    /// <summary>Where LNURL-pay starts, for the kinds that use it; null otherwise.</summary>
    internal Uri? PayAddress { get; private init; }

    /// <summary>The pointer, for that kind.</summary>
    internal PaymentPointer Pointer { get; private init; }

    /// <summary>Reads a destination.</summary>
    /// <param name="text">The destination.</param>
    /// <param name="destination">The destination, or null.</param>
    /// <param name="error">What is wrong with it and what would be right; empty when nothing is.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out PayoutDestination? destination, out string error)
    {
        destination = null;
        string trimmed = text?.Trim() ?? "";
        if (trimmed.Length is 0 or > LengthMax)
        {
            error = $"A destination has 1 to {LengthMax} characters, such as lnaddress:name@host.";
            return false;
        }

        (string kind, string value) = Split(trimmed);
        (PayoutDestination? read, error) = kind switch
        {
            "keysend" => NodeId.TryParse(value, out NodeId? node) && node.IsOnCurve()
                ? (new PayoutDestination(DestinationKind.Keysend, node.ToString()), "")
                : (null, "keysend: needs a node id, 66 hexadecimal digits that are a secp256k1 key."),
            "lnaddress" => Address(value),
            "lnurl" => Lnurl(value),
            "bolt11" => Bolt11Invoice.TryDecode(value, out Bolt11Invoice? invoice, out string defect)
                ? (new PayoutDestination(DestinationKind.Bolt11, invoice.Text), "")
                : (null, $"bolt11: {defect}."),
            "bolt12" => Bolt12Offer.TryDecode(value, out Bolt12Offer? offer, out string flaw)
                ? (new PayoutDestination(DestinationKind.Bolt12, offer.Text), "")
                : (null, $"bolt12: {flaw}."),
            "paymentpointer" => PaymentPointer.TryParse(value, out PaymentPointer pointer)
                ? (new PayoutDestination(DestinationKind.PaymentPointer, pointer.ToString()) { Pointer = pointer }, "")
                : (null, "paymentpointer: is $host/path, in lower case, without port, query and fragment."),
            _ => ((PayoutDestination?)null,
                "A destination is keysend:, lnaddress:, lnurl:, bolt12:, paymentpointer: or bolt11: and an address."),
        };
        destination = read;
        return error.Length == 0 && destination is not null;
    }

    /// <summary>The destination as it is written in manifests and requests.</summary>
    public override string ToString() => Kind switch
    {
        DestinationKind.Keysend => "keysend:" + Value,
        DestinationKind.LightningAddress => "lnaddress:" + Value,
        DestinationKind.Lnurl => "lnurl:" + Value,
        DestinationKind.Bolt12 => "bolt12:" + Value,
        DestinationKind.PaymentPointer => "paymentpointer:" + Value,
        _ => "bolt11:" + Value,
    };

    private static (string Kind, string Value) Split(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string kind = colon < 0 ? "" : text[..colon].ToLowerInvariant();
        return text switch
        {
            _ when kind is "keysend" or "lnaddress" or "lnurl" or "bolt11" or "bolt12" or "paymentpointer" =>
                (kind, text[(colon + 1)..]),
            _ when kind is "https" || text.StartsWith('$') => ("paymentpointer", text),
            _ when kind is "lnurlp" => ("lnurl", text),
            _ when text.Contains('@', StringComparison.Ordinal) => ("lnaddress", text),
            _ when text.StartsWith("lnurl1", StringComparison.OrdinalIgnoreCase) => ("lnurl", text),
            _ when text.StartsWith("lno1", StringComparison.OrdinalIgnoreCase) => ("bolt12", text),
            _ when text.StartsWith("ln", StringComparison.OrdinalIgnoreCase) => ("bolt11", text),
            _ => ("", text),
        };
    }

    private static (PayoutDestination? Destination, string Error) Address(string value)
    {
        const string form = "lnaddress: is user@host; the user has a-z 0-9 - _ . + only.";
        string[] parts = value.ToLowerInvariant().Split('@');
        bool valid = parts.Length == 2
            && parts[0].Length is >= 1 and <= 64
            && parts[0].All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.' or '+')
            && parts[1].Length is >= 1 and <= 255
            && parts[1].All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.' or ':' or '[' or ']');
        if (!valid || !Uri.TryCreate($"https://{parts[1]}/.well-known/lnurlp/{Uri.EscapeDataString(parts[0])}", UriKind.Absolute,
            out Uri? secure))
        {
            return (null, form);
        }

        return (new PayoutDestination(DestinationKind.LightningAddress, string.Join('@', parts)) { PayAddress = Plain(secure) }, "");
    }

    private static (PayoutDestination? Destination, string Error) Lnurl(string value)
    {
        (Uri? address, string error) = LnurlText.Read(value);
        return address is null
            ? (null, $"lnurl: {error}.")
            : (new PayoutDestination(DestinationKind.Lnurl, value) { PayAddress = address }, "");
    }

    // LUD-16 and LUD-17: https, but http where there is no certificate authority: onion services, and this machine
    // itself.
    internal static Uri Plain(Uri secure) =>
        secure.IsLoopback || secure.Host.EndsWith(".onion", StringComparison.OrdinalIgnoreCase)
            ? new Uri("http" + secure.AbsoluteUri["https".Length..])
            : secure;
}

/// <summary>Kinds of payout destinations.</summary>
public enum DestinationKind
{
    /// <summary>Never used.</summary>
    None = 0,

    /// <summary>A node, paid without an invoice.</summary>
    Keysend = 1,

    /// <summary>LUD-16: user@host.</summary>
    LightningAddress = 2,

    /// <summary>LUD-06 behind an LNURL.</summary>
    Lnurl = 3,

    /// <summary>One invoice.</summary>
    Bolt11 = 4,

    /// <summary>An offer.</summary>
    Bolt12 = 5,

    /// <summary>An Interledger payment pointer: an Open Payments wallet address.</summary>
    PaymentPointer = 6,
}
