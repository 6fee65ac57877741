using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Cli.Inspection;

/// <summary>Explains a BOLT 11 invoice.</summary>
internal static class InvoiceInspector
{
    /// <summary>Checks checksum and signature and explains the invoice.</summary>
    public static (Explanation? Explanation, Fault? Fault) Explain(string text)
    {
        if (!Bolt11Invoice.TryDecode(text, out Bolt11Invoice? invoice, out string error))
        {
            return (null, new Fault("invoice", error));
        }

        bool playMoney = invoice.Prefix == Bolt11Invoice.RegtestPrefix;
        var fields = new JsonObject
        {
            ["means"] = playMoney
                ? "A Lightning invoice on regtest, the network that play money uses too: it is worth nothing."
                : "A Lightning invoice.",
            ["network"] = invoice.NetworkName,
            ["playMoney"] = playMoney,
            ["amountMsat"] = invoice.Amount is { } amount ? Output.Amount(amount) : null,
            ["amount"] = invoice.Amount is { } shown ? Units.Money(shown, invoice.NetworkName) : "any",
            ["payee"] = invoice.Payee.ToString(),
            ["description"] = invoice.Description,
            ["descriptionHash"] = invoice.DescriptionHash?.ToString(),
            ["paymentHash"] = invoice.PaymentHash.ToString(),
            ["createdAt"] = ReceiptInspector.Time(invoice.CreatedAt.ToUnixTimeMilliseconds()),
            ["expiresAt"] = ReceiptInspector.Time(invoice.ExpiresAt.ToUnixTimeMilliseconds()),
            ["features"] = new JsonArray([.. invoice.Features.Select(bit => (JsonNode)bit)]),
            ["routeHints"] = invoice.RouteHints.Count,
            ["signature"] = "valid, by the payee",
        };
        foreach (string name in fields.Where(field => field.Value is null).Select(field => field.Key).ToArray())
        {
            fields.Remove(name);
        }

        return (new Explanation("invoice", fields), null);
    }
}
