using System.Security.Cryptography;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Lnurl;
using SeederMesh.Registry;
using Invoice = SeederMesh.Lightning.Invoice;

namespace SeederMesh.Hub.Lnurl;

/// <summary>A creator behind a Lightning address of the hub: invoices of the hub's node, noted in the ledger before they
/// are given away.</summary>
internal sealed class CreatorPayee(
    string name,
    DonationTerms terms,
    LedgerStore ledger,
    ILightningNode node,
    HubOptions options,
    TimeProvider clock,
    SubmissionLimit invoices) : LnurlPayee
{
    private const int CommentMax = 140;
    private static readonly TimeSpan Expiry = TimeSpan.FromMinutes(10);

    // The same for both requests of a payment, whatever is registered in between: the invoice commits to it.
    public override string Text => $"Support the creator {name} on {options.Name}";

    /// <summary>Less would not survive being paid out.</summary>
    public override Msat Least => Msat.FromSatoshi(1);

    public override int CommentLengthMax => CommentMax;

    public override bool TakesPayerName => true;

    public override async Task<Msat> FindMostAsync(CancellationToken cancellation)
    {
        Msat receivable = (await node.GetBalanceAsync(cancellation)).Receivable;
        return Msat.Min(receivable, Msat.From(options.BudgetMsatMax));
    }

    public override async Task<InvoiceResult> CreateInvoiceAsync(LnurlPayRequest request, CancellationToken cancellation)
    {
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (!invoices.TryTake(name, now))
        {
            return new InvoiceResult(InvoiceResultStatus.Refused, null, "Too many invoices were asked for; try again in a minute.");
        }

        InvoiceResult made = await node.CreateInvoiceAsync(
            new InvoiceRequest("donation-" + RandomNumberGenerator.GetHexString(32, lowercase: true), request.Amount, request.Description)
            {
                HashDescription = true,
                Expiry = Expiry,
            },
            cancellation);
        if (made.Invoice is not { } invoice)
        {
            return made;
        }

        // Whoever pays it must find it noted, so it is noted first.
        PostingResult stored = await ledger.PostAsync(
            new Posting
            {
                Id = default,
                Records =
                [
                    new DonationRecord
                    {
                        PaymentHash = invoice.PaymentHash,
                        Creator = terms.Creator,
                        ManifestDigest = terms.ManifestDigest,
                        PayeeId = terms.PayeeId,
                        Amount = request.Amount,
                        Bolt11 = invoice.Bolt11,
                        Comment = request.Comment.Length > 0 ? request.Comment : null,
                        PayerData = request.PayerData.Length > 0 ? request.PayerData : null,
                        CreatedUnixMs = now,
                    },
                ],
            },
            cancellation);
        return stored.IsPosted
            ? made
            : new InvoiceResult(InvoiceResultStatus.Unknown, null, "The hub could not note the invoice; try again.");
    }

    public override async Task<Invoice?> FindInvoiceAsync(Digest paymentHash, CancellationToken cancellation) =>
        await ledger.Reader.FindDonationAsync(paymentHash) is { } donation && donation.Creator == terms.Creator
            ? await node.LookUpInvoiceAsync(paymentHash, cancellation)
            : null;
}
