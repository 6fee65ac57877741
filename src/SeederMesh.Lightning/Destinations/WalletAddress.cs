using System.Text.Json;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.Destinations;

/// <summary>Pays an Open Payments wallet address over Lightning, where the wallet offers it.</summary>
/// <remarks>
/// Source: Open Payments, "Get wallet address": {id, assetCode, assetScale, authServer, resourceServer}. Open Payments
/// itself moves money over Interledger, which a Lightning node does not speak. A wallet offers Lightning when, in this
/// order, its document has the member <c>lightning</c> with a Lightning address or an LNURL, or when it is
/// <c>https://HOST/NAME</c> and <c>NAME@HOST</c> is a Lightning address that calls itself so (LUD-16
/// text/identifier). A longer path is not guessed from: its last part may be somebody else's name on that host.
/// </remarks>
internal static class WalletAddress
{
    private const string LightningMember = "lightning";
    private const string Advice =
        "Name a Lightning address, an LNURL or a BOLT 12 offer as a further destination, or withdraw what is owed by LNURL-withdraw";

    public static async Task<ResolvedDestination> ResolveAsync(
        OutgoingHttp http, PaymentPointer pointer, Msat amount, string comment, CancellationToken cancellation)
    {
        (LnurlPay.Offer offer, string host) = await FindAsync(http, pointer, cancellation);
        return await LnurlPay.ResolveAsync(http, offer, host, amount, comment, cancellation);
    }

    /// <summary>What the wallet offers over Lightning, and the host that offers it.</summary>
    /// <exception cref="ResolveException">It offers none, or cannot be asked.</exception>
    public static async Task<(LnurlPay.Offer Offer, string Host)> FindAsync(
        OutgoingHttp http, PaymentPointer pointer, CancellationToken cancellation)
    {
        Uri address = PayoutDestination.Plain(new Uri(pointer.Address));
        JsonElement wallet = await http.GetObjectAsync(address, cancellation);
        string asset = ReadAsset(wallet, address);
        if (LnurlPay.Text(wallet, LightningMember) is { } named)
        {
            Uri offered = ReadOffered(named, pointer);
            return (await LnurlPay.AskAsync(http, offered, cancellation), offered.Host);
        }

        if (await FindByNameAsync(http, pointer, address, cancellation) is { } offer)
        {
            return (offer, address.Host);
        }

        throw new ResolveException(
            ResolveStatus.NoLightning,
            $"{pointer} is a wallet in {asset} that offers no Lightning: its document has no member \"{LightningMember}\""
                + (NameOf(pointer) is { } name ? $", and {name}@{pointer.Host} is no Lightning address" : "") + $". {Advice}.");
    }

    /// <summary>The document must be of a wallet: whatever else answers there is not paid.</summary>
    private static string ReadAsset(JsonElement wallet, Uri address)
    {
        string? asset = LnurlPay.Text(wallet, "assetCode");
        bool valid = asset is { Length: >= 1 and <= 16 }
            && asset.All(char.IsAsciiLetterOrDigit)
            && wallet.TryGetProperty("assetScale", out JsonElement scale)
            && scale.ValueKind == JsonValueKind.Number
            && scale.TryGetByte(out _)
            && Uri.TryCreate(LnurlPay.Text(wallet, "id"), UriKind.Absolute, out Uri? id)
            && id.Scheme is "https" or "http";
        return valid
            ? asset!
            : throw new ResolveException(
                ResolveStatus.MalformedAnswer,
                $"{address.Host} did not answer with an Open Payments wallet address (id, assetCode, assetScale).");
    }

    private static Uri ReadOffered(string named, PaymentPointer pointer) =>
        PayoutDestination.TryParse(named, out PayoutDestination? destination, out _) && destination.PayAddress is { } address
            ? address
            : throw new ResolveException(
                ResolveStatus.NoLightning,
                $"{pointer} names in \"{LightningMember}\" neither a Lightning address nor an LNURL. {Advice}.");

    private static async Task<LnurlPay.Offer?> FindByNameAsync(
        OutgoingHttp http, PaymentPointer pointer, Uri address, CancellationToken cancellation)
    {
        if (NameOf(pointer) is not { } name)
        {
            return null;
        }

        try
        {
            LnurlPay.Offer offer = await LnurlPay.AskAsync(http, new Uri(address, "/.well-known/lnurlp/" + name), cancellation);
            return LnurlPay.FindMetadata(offer.Metadata, "text/identifier") == $"{name}@{pointer.Host}" ? offer : null;
        }
        catch (ResolveException exception)
            when (exception.Status is ResolveStatus.RefusedByPayee or ResolveStatus.MalformedAnswer or ResolveStatus.NoLightning)
        {
            // The host answers, but not as a Lightning address: it offers none.
            return null;
        }
    }

    /// <summary>The one part of the path, where it could be the user of a Lightning address (LUD-16).</summary>
    private static string? NameOf(PaymentPointer pointer)
    {
        string name = pointer.Path.TrimStart('/');
        return name.Length is >= 1 and <= 64
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.' or '+')
            ? name
            : null;
    }
}
