using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Bolt12;

namespace SeederMesh.Lightning;

/// <summary>Reads payment requests without a node.</summary>
public static class PaymentRequests
{
    /// <summary>Reads a BOLT 11 invoice or a BOLT 12 offer.</summary>
    /// <returns>What it asks for, or an error sentence.</returns>
    public static DecodedRequest Decode(string? text)
    {
        if (text is not null && text.StartsWith("lno", StringComparison.OrdinalIgnoreCase))
        {
            return Bolt12Offer.TryDecode(text, out Bolt12Offer? offer, out string defect)
                ? offer.ToDecodedRequest()
                : new DecodedRequest { Kind = "bolt12 offer", Error = defect };
        }

        return Bolt11Invoice.TryDecode(text, out Bolt11Invoice? invoice, out string error)
            ? invoice.ToDecodedRequest()
            : new DecodedRequest { Kind = "bolt11 invoice", Error = error };
    }
}
