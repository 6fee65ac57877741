using System.Net;
using System.Text.Json.Nodes;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;

namespace SeederMesh.Client.Tests.Direct;

/// <summary>A hub that asks for payments to one payee, and takes proofs: as much of one as a payer sees.</summary>
internal sealed class DuesHub(ILightningNode payee) : HttpMessageHandler
{
    private readonly List<Asked> asked = [];
    private int number;

    public static Id128 Channel { get; } = Id128.Derive("channel", [1]);

    public static Id128 Payee { get; } = Id128.Derive("payee", [1]);

    /// <summary>Where the caller's process dies.</summary>
    public Death Next { get; set; }

    /// <summary>While set, every call is refused as by a hub that is away.</summary>
    public bool IsAway { get; set; }

    /// <summary>While set, proofs are refused for good.</summary>
    public bool RefusesProofs { get; set; }

    public Msat Proved { get; private set; }

    public int GivenUp { get; private set; }

    /// <summary>Asks for one more payment.</summary>
    public async Task<Invoice> AskAsync(long msat, TimeSpan? expiry = null)
    {
        Invoice invoice = (await payee.CreateInvoiceAsync(new InvoiceRequest($"due-{++number}", Msat.From(msat), "due")
        {
            Expiry = expiry ?? TimeSpan.FromHours(1),
        })).Required();
        Demand(invoice, msat);
        return invoice;
    }

    /// <summary>Asks for a payment as a hub would that errs or lies.</summary>
    public void Demand(Invoice invoice, long msat) =>
        asked.Add(new Asked(Id128.Derive("payout", [(byte)asked.Count]), invoice, Msat.From(msat)));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (IsAway)
        {
            return Problem("away");
        }

        string path = request.RequestUri!.AbsolutePath;
        if (request.Method == HttpMethod.Get)
        {
            return Answer(HttpStatusCode.OK, Dues());
        }

        Asked payment = asked.Single(item => path.Contains(item.Id.ToString(), StringComparison.Ordinal));
        if (path.EndsWith("/failed", StringComparison.Ordinal))
        {
            payment.IsOpen = false;
            GivenUp++;
            return Answer(HttpStatusCode.OK, new JsonObject { ["state"] = "failed" });
        }

        if (RefusesProofs)
        {
            payment.IsOpen = false;
            return Problem("given-up");
        }

        if (Next == Death.BeforeProving)
        {
            Next = Death.None;
            throw new DiedException();
        }

        JsonNode body = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!;
        Xunit.Assert.True(Digest.TryParseHex(body["preimage"]!.GetValue<string>(), out Digest preimage));
        Xunit.Assert.Equal(payment.Invoice.PaymentHash, Digest.Of(preimage.Span));
        Proved += payment.IsOpen ? payment.Amount : Msat.Zero;
        payment.IsOpen = false;
        if (Next == Death.AfterProving)
        {
            Next = Death.None;
            throw new DiedException();
        }

        return Answer(HttpStatusCode.OK, new JsonObject { ["state"] = "proved" });
    }

    private JsonObject Dues() => new()
    {
        ["dues"] = new JsonArray(new JsonObject
        {
            ["payeeId"] = Payee.ToString(),
            ["kind"] = "creator",
            ["underWayMsat"] = asked.Where(item => item.IsOpen).Sum(item => item.Amount.Value).ToString(),
        }),
        ["payments"] = new JsonArray([.. asked.Where(item => item.IsOpen).Select(item => (JsonNode)new JsonObject
        {
            ["payoutId"] = item.Id.ToString(),
            ["payeeId"] = Payee.ToString(),
            ["amountMsat"] = item.Amount.Value.ToString(),
            ["invoice"] = item.Invoice.Bolt11,
            ["paymentHash"] = item.Invoice.PaymentHash.ToString(),
            ["expiresUnixMs"] = item.Invoice.ExpiresAt.ToUnixTimeMilliseconds(),
        })]),
        ["windowMsat"] = "100000",
        ["roomMsat"] = "100000",
        ["closed"] = true,
        ["version"] = string.Concat(asked.Select(item => item.IsOpen ? '1' : '0')),
    };

    private static HttpResponseMessage Problem(string slug) => Answer(
        HttpStatusCode.Conflict, new JsonObject { ["type"] = "urn:seedermesh:problem:" + slug, ["detail"] = slug });

    private static HttpResponseMessage Answer(HttpStatusCode status, JsonObject body) =>
        new(status) { Content = new StringContent(body.ToJsonString()) };

    private sealed record Asked(Id128 Id, Invoice Invoice, Msat Amount)
    {
        public bool IsOpen { get; set; } = true;
    }
}
