using System.Globalization;
using System.Text;
using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Lightning.Destinations;

/// <summary>The payer's side of LNURL-pay. Sources: LUD-06, 09, 12, 18, 20, 21.</summary>
internal static class LnurlPay
{
    private const int MetadataLengthMax = 16_384;
    private const int SuccessTextMax = 144;
    private const int TagLengthMax = 32;
    private const string PayTag = "payRequest";

    /// <summary>What a payee offers: the answer to the first request.</summary>
    public sealed record Offer(Uri Callback, Msat Min, Msat Max, string Metadata, int CommentAllowed, string? MandatoryPayerData);

    public static async Task<ResolvedDestination> ResolveAsync(
        OutgoingHttp http, Uri address, Msat amount, string comment, CancellationToken cancellation)
    {
        Offer offer = await AskAsync(http, address, cancellation);
        return await ResolveAsync(http, offer, address.Host, amount, comment, cancellation);
    }

    /// <summary>The first request: what a payee offers.</summary>
    public static async Task<Offer> AskAsync(OutgoingHttp http, Uri address, CancellationToken cancellation) =>
        ReadOffer(Answer(await http.GetObjectAsync(address, cancellation), address), address);

    /// <summary>The second request: the invoice for an offer.</summary>
    public static async Task<ResolvedDestination> ResolveAsync(
        OutgoingHttp http, Offer offer, string host, Msat amount, string comment, CancellationToken cancellation)
    {
        if (offer.MandatoryPayerData is { } demanded)
        {
            throw new ResolveException(
                ResolveStatus.PayerDataRequired, $"{host} demands the payer's {demanded}, which is not given.");
        }

        if (amount < offer.Min || amount > offer.Max)
        {
            return new ResolvedDestination
            {
                Status = ResolveStatus.AmountOutOfRange,
                Reason = $"{host} takes {offer.Min.Value} to {offer.Max.Value} msat, not {amount.Value} msat.",
                Limits = (offer.Min, offer.Max),
            };
        }

        Uri callback = CallbackFor(offer, amount, comment);
        JsonElement answer = Answer(await http.GetObjectAsync(callback, cancellation), callback);
        return new ResolvedDestination
        {
            Status = ResolveStatus.Resolved,
            Invoice = ReadInvoice(answer, callback, amount, offer.Metadata, ""),
            Limits = (offer.Min, offer.Max),
            SuccessAction = ReadSuccessAction(answer, callback),
            VerifyAddress = ReadVerify(answer, callback),
        };
    }

    /// <summary>LUD-06: the invoice's description hash is the SHA-256 of the metadata, and of the payer data after it
    /// (LUD-18).</summary>
    public static Digest DescriptionHash(string metadata, string payerData) =>
        Digest.Of(Encoding.UTF8.GetBytes(metadata + payerData));

    private static JsonElement Answer(JsonElement answer, Uri from)
    {
        if (Text(answer, "status") is { } status && string.Equals(status, "ERROR", StringComparison.OrdinalIgnoreCase))
        {
            string reason = Text(answer, "reason") ?? "";
            throw new ResolveException(
                ResolveStatus.RefusedByPayee, $"{from.Host} says: {reason[..Math.Min(reason.Length, 200)]}");
        }

        return answer;
    }

    private static Offer ReadOffer(JsonElement answer, Uri from)
    {
        string? tag = Text(answer, "tag");
        if (tag is { Length: >= 1 and <= TagLengthMax } and not PayTag && tag.All(char.IsAsciiLetterOrDigit))
        {
            throw new ResolveException(
                ResolveStatus.NoLightning,
                $"{from.Host} answered with an LNURL {tag}, by which nobody is paid. Name an LNURL payRequest or a Lightning address.");
        }

        string? metadata = Text(answer, "metadata");
        bool valid = tag == PayTag
            && Uri.TryCreate(Text(answer, "callback"), UriKind.Absolute, out _)
            && metadata is { Length: > 0 and <= MetadataLengthMax }
            && HasPlainText(metadata)
            && Number(answer, "minSendable") is >= 1
            && Number(answer, "maxSendable") is { } max
            && max >= Number(answer, "minSendable");
        if (!valid)
        {
            throw new ResolveException(
                ResolveStatus.MalformedAnswer,
                $"{from.Host} did not answer with an LNURL payRequest (tag, callback, minSendable, maxSendable, metadata).");
        }

        return new Offer(
            new Uri(Text(answer, "callback")!),
            Msat.From(Math.Min(Number(answer, "minSendable")!.Value, Msat.Max.Value)),
            Msat.From(Math.Min(Number(answer, "maxSendable")!.Value, Msat.Max.Value)),
            metadata!,
            (int)Math.Clamp(Number(answer, "commentAllowed") ?? 0, 0, 2_000),
            MandatoryPayerData(answer));
    }

    /// <summary>What the metadata says of a kind, such as text/identifier (LUD-16); null when it says nothing.</summary>
    public static string? FindMetadata(string metadata, string kind)
    {
        using JsonDocument document = JsonDocument.Parse(metadata, new JsonDocumentOptions { MaxDepth = 4 });
        return document.RootElement.EnumerateArray()
            .Where(entry => entry[0].GetString() == kind && entry[1].ValueKind == JsonValueKind.String)
            .Select(entry => entry[1].GetString())
            .FirstOrDefault();
    }

    // LUD-06 and LUD-20: an array of pairs; exactly one text/plain.
    private static bool HasPlainText(string metadata)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(metadata, new JsonDocumentOptions { MaxDepth = 4 });
            return document.RootElement.ValueKind == JsonValueKind.Array
                && document.RootElement.EnumerateArray().All(entry =>
                    entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() >= 2 && entry[0].ValueKind == JsonValueKind.String)
                && document.RootElement.EnumerateArray().Count(entry => entry[0].GetString() == "text/plain") == 1;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string? MandatoryPayerData(JsonElement answer)
    {
        if (!answer.TryGetProperty("payerData", out JsonElement data) || data.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        string demanded = string.Join(", ", data.EnumerateObject()
            .Where(field => field.Value.ValueKind == JsonValueKind.Object
                && field.Value.TryGetProperty("mandatory", out JsonElement mandatory)
                && mandatory.ValueKind == JsonValueKind.True)
            .Select(field => field.Name));
        return demanded.Length == 0 ? null : demanded;
    }

    private static Uri CallbackFor(Offer offer, Msat amount, string comment)
    {
        // LUD-12: a comment only where the payee takes one, and no longer than it takes.
        string shortened = comment.Length <= offer.CommentAllowed ? comment : comment[..offer.CommentAllowed];
        UriBuilder builder = new(offer.Callback);
        string query = builder.Query.TrimStart('?');
        query += (query.Length > 0 ? "&" : "") + "amount=" + amount.Value.ToString(CultureInfo.InvariantCulture);
        builder.Query = shortened.Length > 0 ? $"{query}&comment={Uri.EscapeDataString(shortened)}" : query;
        return builder.Uri;
    }

    internal static Bolt11Invoice ReadInvoice(JsonElement answer, Uri from, Msat amount, string metadata, string payerData)
    {
        if (!Bolt11Invoice.TryDecode(Text(answer, "pr"), out Bolt11Invoice? invoice, out string error))
        {
            throw new ResolveException(ResolveStatus.MalformedAnswer, $"{from.Host} gave no BOLT 11 invoice: {error}.");
        }

        if (invoice.Amount != amount)
        {
            throw new ResolveException(
                ResolveStatus.InvoiceMismatch,
                $"{from.Host} was asked for {amount.Value} msat and gave an invoice over "
                    + $"{invoice.Amount?.Value.ToString(CultureInfo.InvariantCulture) ?? "any amount"}.");
        }

        return invoice.DescriptionHash == DescriptionHash(metadata, payerData)
            ? invoice
            : throw new ResolveException(
                ResolveStatus.InvoiceMismatch, $"{from.Host} gave an invoice whose description hash is not that of its metadata.");
    }

    // An action that is malformed or points to another host is dropped: it is only shown, and the payment does not
    // depend on it.
    internal static SuccessAction? ReadSuccessAction(JsonElement answer, Uri callback)
    {
        if (!answer.TryGetProperty("successAction", out JsonElement action) || action.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        string text = Text(action, "message") ?? Text(action, "description") ?? "";
        if (text.Length > SuccessTextMax)
        {
            return null;
        }

        return Text(action, "tag") switch
        {
            "message" => new SuccessAction("message", text, null),
            "url" when Uri.TryCreate(Text(action, "url"), UriKind.Absolute, out Uri? url) && SameHost(url, callback) =>
                new SuccessAction("url", text, url.AbsoluteUri),
            "aes" when Text(action, "ciphertext") is { Length: <= 4_096 } ciphertext && Text(action, "iv") is { Length: 24 } vector =>
                new SuccessAction("aes", text, null) { Ciphertext = ciphertext, InitialisationVector = vector },
            _ => null,
        };
    }

    private static string? ReadVerify(JsonElement answer, Uri callback) =>
        Uri.TryCreate(Text(answer, "verify"), UriKind.Absolute, out Uri? verify) && SameHost(verify, callback)
            ? verify.AbsoluteUri
            : null;

    private static bool SameHost(Uri address, Uri callback) =>
        string.Equals(address.Authority, callback.Authority, StringComparison.OrdinalIgnoreCase)
        && address.Scheme == callback.Scheme;

    internal static string? Text(JsonElement from, string name) =>
        from.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement from, string name) =>
        from.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number)
            ? number
            : null;
}
