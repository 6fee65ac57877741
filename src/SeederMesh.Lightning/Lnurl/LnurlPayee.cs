using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.Lnurl;

/// <summary>Somebody who is paid through a Lightning address of an LNURL-pay server (LUD-06, LUD-16).</summary>
public abstract class LnurlPayee
{
    /// <summary>What the payer's wallet shows: one line of plain text.</summary>
    public abstract string Text { get; }

    /// <summary>The least that is taken.</summary>
    public virtual Msat Least => Msat.From(1);

    /// <summary>Longest comment in characters (LUD-12). Default: none is taken.</summary>
    public virtual int CommentLengthMax => 0;

    /// <summary>Whether the payer may give its name (LUD-18). Default: no.</summary>
    public virtual bool TakesPayerName => false;

    /// <summary>The most that is taken now.</summary>
    public abstract Task<Msat> FindMostAsync(CancellationToken cancellation);

    /// <summary>Makes an invoice whose description is hashed, durable before this returns.</summary>
    public abstract Task<InvoiceResult> CreateInvoiceAsync(LnurlPayRequest request, CancellationToken cancellation);

    /// <summary>An invoice that this payee made, or null (LUD-21).</summary>
    public abstract Task<Invoice?> FindInvoiceAsync(Digest paymentHash, CancellationToken cancellation);
}

/// <summary>What a payer asks an invoice for.</summary>
/// <param name="Amount">How much, between the payee's least and most.</param>
/// <param name="Description">What the invoice commits to: the metadata, and the payer's data after it (LUD-18).</param>
/// <param name="Comment">The payer's line for the payee; empty when there is none.</param>
/// <param name="PayerData">The payer's data as it came, a JSON object; empty when there is none.</param>
public sealed record LnurlPayRequest(Msat Amount, string Description, string Comment, string PayerData);
