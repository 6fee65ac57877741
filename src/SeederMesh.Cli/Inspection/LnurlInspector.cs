using System.Text.Json.Nodes;
using SeederMesh.Core.Manifests;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Cli.Inspection;

/// <summary>Explains an LNURL: the address that it hides. Nothing is asked; a withdrawal link would tell its holder.</summary>
internal static class LnurlInspector
{
    /// <summary>Explains <c>lnurl1...</c>, <c>lnurlp://</c>, <c>lnurlw://</c>, and a manifest's <c>lnurl:lnurl1...</c>.</summary>
    public static (Explanation?, Fault?) Explain(string text)
    {
        bool isEndpoint = PaymentEndpoint.TryParse(text, out PaymentEndpoint endpoint);
        (Uri? address, string error) = LnurlText.Read(isEndpoint ? endpoint.Value : text);
        if (address is null)
        {
            return (null, new Fault("lnurl", error + "."));
        }

        bool withdraws = text.StartsWith("lnurlw", StringComparison.OrdinalIgnoreCase)
            || address.AbsolutePath.Contains("withdraw", StringComparison.OrdinalIgnoreCase);
        return (new Explanation("LNURL", new JsonObject
        {
            ["means"] = withdraws
                ? "A link to withdraw money with a Lightning wallet (LUD-03), as far as its address tells. Whoever has it can use it."
                : "A link that a Lightning wallet asks what to do: pay, withdraw or log in (LUD-01).",
            ["address"] = address.AbsoluteUri,
            ["host"] = address.Authority,
        }), null);
    }
}
