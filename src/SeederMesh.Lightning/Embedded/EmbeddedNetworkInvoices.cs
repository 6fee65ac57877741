using System.Globalization;
using System.Text;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Lightning.Embedded;

/// <summary>Invoices of the embedded network, and what the nodes are asked.</summary>
public sealed partial class EmbeddedNetwork
{
    /// <summary>Stands before every description, so that whoever reads the invoice knows what it is worth.</summary>
    internal const string PlayMoneyMark = "[" + NodeInfo.PlayMoney + "] ";

    internal Task<(NodeId Id, NodeBalance Balance)> GetStateAsync(string name, CancellationToken cancellation) =>
        commits.RunAsync(
            () =>
            {
                MapNode node = Required(name);
                return (node.Id, new NodeBalance(node.Spendable, node.Receivable, Msat.Zero));
            },
            cancellation);

    internal async Task<InvoiceResult> CreateInvoiceAsync(
        string name, InvoiceRequest request, CancellationToken cancellation)
    {
        string marked = request.HashDescription ? request.Description : PlayMoneyMark + request.Description;
        if ((request with { Description = marked }).Defect() is { } defect)
        {
            return new InvoiceResult(InvoiceResultStatus.InvalidRequest, null, defect);
        }

        // Signed here, on the caller's thread; the commit loop only stores. Derived from the label: the same request,
        // the same preimage.
        Preimage preimage = new(store.Derive($"preimage/{name}/{request.Label}"));
        DateTimeOffset now = options.Clock.GetUtcNow();
        TimeSpan expiry = TimeSpan.FromSeconds(Math.Ceiling(request.Expiry.TotalSeconds));
        string bolt11 = new Bolt11Draft
        {
            Prefix = Bolt11Invoice.RegtestPrefix,
            Amount = request.Amount,
            CreatedAt = now,
            PaymentHash = preimage.PaymentHash,
            PaymentSecret = new Digest(store.Derive($"payment-secret/{name}/{request.Label}")),
            Description = request.HashDescription ? null : marked,
            DescriptionHash = request.HashDescription ? Digest.Of(Encoding.UTF8.GetBytes(marked)) : null,
            Expiry = expiry,
        }.Sign(store.NodeSecret(name));
        InvoiceRow row = new(
            name,
            Terms(request, expiry),
            now.ToUnixTimeMilliseconds(),
            null,
            new Invoice
            {
                PaymentHash = preimage.PaymentHash,
                Label = request.Label,
                Bolt11 = bolt11,
                Description = marked,
                Amount = request.Amount,
                Status = InvoiceStatus.Open,
                ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds()) + expiry,
            },
            preimage);
        return await commits.RunAsync(() => StoreInvoice(row), cancellation);
    }

    internal Task<Invoice?> FindInvoiceAsync(string name, Digest paymentHash, CancellationToken cancellation) =>
        commits.RunAsync(
            () => store.FindInvoice(paymentHash) is { } row && string.Equals(row.Node, name, StringComparison.Ordinal)
                ? Seen(row)
                : null,
            cancellation);

    internal Task<IReadOnlyList<Invoice>> ListInvoicesAsync(string name, int limit, CancellationToken cancellation) =>
        commits.RunAsync<IReadOnlyList<Invoice>>(() => [.. store.ListInvoices(name, limit).Select(Seen)], cancellation);

    internal Task<IReadOnlyList<Payment>> ListPaymentsAsync(string name, int limit, CancellationToken cancellation) =>
        commits.RunAsync<IReadOnlyList<Payment>>(() => store.ListPayments(name, limit), cancellation);

    /// <summary>Settled invoices after a cursor, at most <paramref name="limit"/>, and what completes when there may be
    /// more.</summary>
    internal Task<(IReadOnlyList<SettledInvoice> Settled, Task Changed)> ListSettledAsync(
        string name, long afterCursor, int limit, CancellationToken cancellation) =>
        commits.RunAsync<(IReadOnlyList<SettledInvoice>, Task)>(
            () => (store.ListSettled(name, afterCursor, limit), Required(name).Changed.Next), cancellation);

    private InvoiceResult StoreInvoice(InvoiceRow row)
    {
        if (store.FindInvoice(row.Node, row.Invoice.Label) is { } known)
        {
            return known.Terms == row.Terms
                ? new InvoiceResult(InvoiceResultStatus.AlreadyExists, Seen(known), "")
                : new InvoiceResult(
                    InvoiceResultStatus.LabelConflict, null, $"The label '{row.Invoice.Label}' has an invoice with other terms.");
        }

        store.InsertInvoice(row);
        return new InvoiceResult(InvoiceResultStatus.Created, row.Invoice, "");
    }

    private Invoice Seen(InvoiceRow row) =>
        row.Invoice.Status == InvoiceStatus.Open && options.Clock.GetUtcNow() >= row.Invoice.ExpiresAt
            ? row.Invoice with { Status = InvoiceStatus.Expired }
            : row.Invoice;

    private static Digest Terms(InvoiceRequest request, TimeSpan expiry) => Digest.Of(Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"{request.Amount?.Value}/{request.HashDescription}/{expiry.TotalSeconds}/{request.Description}")));
}
