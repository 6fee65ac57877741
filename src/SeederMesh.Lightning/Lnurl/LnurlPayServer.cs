using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.Lnurl;

/// <summary>Makes payees payable as <c>NAME@HOST</c>: LUD-06 and LUD-16, with comments (LUD-12), the payer's name (LUD-18)
/// and verification (LUD-21) where the payee takes them.</summary>
/// <param name="prefix">Where callbacks lie; begins with a slash.</param>
/// <param name="find">Finds a payee by its name, or null.</param>
/// <param name="address">The address under which the caller reached this server, without a path.</param>
public sealed class LnurlPayServer(string prefix, Func<string, CancellationToken, Task<LnurlPayee?>> find, Func<HttpContext, Uri> address)
{
    private const int PayerDataLengthMax = 1_024;

    /// <summary>The address as the request has it.</summary>
    public static Uri AddressOf(HttpContext http) => new($"{http.Request.Scheme}://{http.Request.Host.Value}");

    /// <summary>Maps the well-known address, the callbacks and the verification.</summary>
    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/.well-known/lnurlp/{name}", (string name, HttpContext http) => WithAsync(name, http, OfferAsync))
            .WithTags("LNURL").WithSummary("A Lightning address (LUD-16).");
        endpoints.MapGet(prefix + "/lnurlp/{name}/callback", (string name, HttpContext http) => WithAsync(name, http, InvoiceAsync))
            .WithTags("LNURL").WithSummary("An invoice of a Lightning address (LUD-06).");
        endpoints.MapGet(prefix + "/lnurlp/{name}/verify/{hash}", (string name, string hash, HttpContext http) =>
                WithAsync(name, http, (payee, _, at) => VerifyAsync(payee, hash, at)))
            .WithTags("LNURL").WithSummary("Whether an invoice was paid (LUD-21).");
    }

    private async Task<IResult> WithAsync(string name, HttpContext http, Func<LnurlPayee, string, HttpContext, Task<IResult>> work)
    {
        // LUD-16: the user is in lower case.
        string user = name.ToLowerInvariant();
        return await find(user, http.RequestAborted) is { } payee
            ? await work(payee, user, http)
            : LnurlAnswer.Error(http, $"There is no wallet '{user}' here.");
    }

    private async Task<IResult> OfferAsync(LnurlPayee payee, string name, HttpContext http)
    {
        Msat most = await payee.FindMostAsync(http.RequestAborted);
        return most < payee.Least
            ? LnurlAnswer.Error(http, "Nothing can be received now.")
            : LnurlAnswer.Of(http, new
            {
                tag = "payRequest",
                callback = At(http, $"{prefix}/lnurlp/{name}/callback"),
                minSendable = payee.Least.Value,
                maxSendable = most.Value,
                metadata = Metadata(payee, name, http),
                commentAllowed = payee.CommentLengthMax > 0 ? payee.CommentLengthMax : (int?)null,
                payerData = payee.TakesPayerName ? new { name = new { mandatory = false } } : null,
            });
    }

    private async Task<IResult> InvoiceAsync(LnurlPayee payee, string name, HttpContext http)
    {
        IQueryCollection query = http.Request.Query;
        string comment = query["comment"].ToString();
        string payerData = query["payerdata"].ToString();
        if (!long.TryParse(query["amount"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out long msat)
            || !Msat.TryFrom(msat, out Msat asked)
            || asked < payee.Least
            || asked > await payee.FindMostAsync(http.RequestAborted))
        {
            return LnurlAnswer.Error(http, "The amount is a number of millisatoshi from minSendable to maxSendable.");
        }

        if (comment.Length > payee.CommentLengthMax)
        {
            return LnurlAnswer.Error(http, $"A comment has at most {payee.CommentLengthMax} characters.");
        }

        if (payerData.Length > 0 && !(payee.TakesPayerName && IsPayerName(payerData)))
        {
            return LnurlAnswer.Error(http, "payerdata is a JSON object with a name, where payerData asks for one.");
        }

        InvoiceResult result = await payee.CreateInvoiceAsync(
            new LnurlPayRequest(asked, Metadata(payee, name, http) + payerData, comment, payerData), http.RequestAborted);
        return result.Invoice is { } invoice
            ? LnurlAnswer.Of(http, new
            {
                pr = invoice.Bolt11,
                routes = Array.Empty<string>(),
                disposable = false,
                verify = At(http, $"{prefix}/lnurlp/{name}/verify/{invoice.PaymentHash}"),
            })
            : LnurlAnswer.Error(http, result.Reason);
    }

    private static async Task<IResult> VerifyAsync(LnurlPayee payee, string hash, HttpContext http) =>
        Digest.TryParseHex(hash, out Digest paymentHash)
        && await payee.FindInvoiceAsync(paymentHash, http.RequestAborted) is { } invoice
            ? LnurlAnswer.Of(http, new Verification(
                "OK", invoice.Status == InvoiceStatus.Settled, invoice.Preimage?.ToString(), invoice.Bolt11))
            : LnurlAnswer.Error(http, "Not found");

    private static bool IsPayerName(string payerData)
    {
        if (payerData.Length > PayerDataLengthMax)
        {
            return false;
        }

        try
        {
            using JsonDocument data = JsonDocument.Parse(payerData, new JsonDocumentOptions { MaxDepth = 4 });
            return data.RootElement.ValueKind == JsonValueKind.Object
                && data.RootElement.EnumerateObject().All(
                    field => field.NameEquals("name") && field.Value.ValueKind == JsonValueKind.String);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private string Metadata(LnurlPayee payee, string name, HttpContext http) => JsonSerializer.Serialize(new string[][]
    {
        ["text/plain", payee.Text],
        ["text/identifier", $"{name}@{address(http).Authority}"],
    });

    private string At(HttpContext http, string path) => new Uri(address(http), path).AbsoluteUri;

    /// <summary>LUD-21: the preimage is there before the payment too, as null.</summary>
    private sealed record Verification(
        string Status, bool Settled, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Preimage, string Pr);
}
