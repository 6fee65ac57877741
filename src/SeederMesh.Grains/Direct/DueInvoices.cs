using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Grains.Direct;

/// <summary>Gets invoices for what is due: of payees from their destinations, of the hub's own shares from its node.
/// Remembers who failed, so that a dead address is not asked at every look.</summary>
/// <param name="sender">Asks destinations.</param>
/// <param name="node">The hub's own node.</param>
/// <param name="settings">What the hub pays.</param>
internal sealed class DueInvoices(PayoutSender sender, ILightningNode node, HubSettings settings)
{
    /// <summary>Where the hub's own shares are paid, as a payment's destination.</summary>
    public const string Own = "own";

    private const long BackOffMsMax = 60_000;

    /// <summary>BOLT 12, "invoice_relative_expiry": what an invoice that says nothing has.</summary>
    private const long OfferExpiryMs = 7_200_000;

    private readonly Dictionary<Id128, Failure> failures = [];

    /// <summary>Why a payee has no invoice; null when nothing is known against it.</summary>
    public Failure? FailureOf(Id128 payeeId) => failures.GetValueOrDefault(payeeId);

    /// <summary>Whether a payee may be asked now: not where it failed a moment ago, or takes no so small
    /// amount.</summary>
    public bool MayAsk(DueBalance due, long nowUnixMs) => failures.GetValueOrDefault(due.Record.PayeeId) is not { } failed
        || (nowUnixMs >= failed.NotBeforeUnixMs && due.Due > failed.TooSmall);

    /// <summary>When the next payee that failed and is still owed may be asked again; null when there is none.</summary>
    public long? NextAfter(IEnumerable<DueBalance> dues, long nowUnixMs) => dues
        .Where(due => !due.Due.IsZero)
        .Select(due => failures.GetValueOrDefault(due.Record.PayeeId)?.NotBeforeUnixMs)
        .Where(next => next > nowUnixMs)
        .Min();

    /// <summary>Asks for one invoice over all that is due to a payee.</summary>
    /// <param name="paymentId">The id that the payment will have.</param>
    /// <param name="due">What is due to whom.</param>
    /// <param name="paysOffers">Whether the downloader's wallet pays BOLT 12 invoices.</param>
    /// <param name="nowUnixMs">The hub's clock.</param>
    /// <returns>The payment to store; null when there is no invoice, and <see cref="FailureOf"/> says why.</returns>
    public async Task<DirectPaymentRecord?> PrepareAsync(Id128 paymentId, DueBalance due, bool paysOffers, long nowUnixMs)
    {
        Id128 payee = due.Record.PayeeId;
        bool isOwn = due.Kind is PayeeKind.Hub or PayeeKind.Registry;
        PayoutDestination[] destinations = isOwn
            ? []
            : [.. ProvableDestination.ReadAll(due.Destinations, settings.PaysOffers && paysOffers)];
        PayoutDestination? destination = destinations.Length == 0
            ? null
            : destinations[(failures.GetValueOrDefault(payee)?.Count ?? 0) % destinations.Length];
        (Digest? hash, string? invoice, string reason, Msat? least) = isOwn ? await MakeOwnAsync(paymentId, due)
            : destination is null ? (null, null, "No destination is known where a payment can be proved.", null)
            : await AskAsync(paymentId, destination, due.Due);
        if (invoice is null)
        {
            Note(payee, reason, least is { } known && due.Due < known ? due.Due : Msat.Zero, nowUnixMs);
            return null;
        }

        return new DirectPaymentRecord
        {
            Id = paymentId,
            ChannelId = due.Record.ChannelId,
            PayeeId = payee,
            Destination = destination?.ToString() ?? Own,
            Amount = due.Due,
            PaymentHash = hash!.Value,
            Invoice = invoice,
            Status = PayoutStatus.Intended,
            CreatedUnixMs = nowUnixMs,
            ExpiresUnixMs = Bolt11Invoice.TryDecode(invoice, out Bolt11Invoice? read, out _)
                ? read.ExpiresAt.ToUnixTimeMilliseconds()
                : nowUnixMs + OfferExpiryMs,
        };
    }

    /// <summary>An invoice is stored: what went wrong before is over.</summary>
    public void Forget(Id128 payeeId) => failures.Remove(payeeId);

    /// <summary>Notes that a payee has no invoice now.</summary>
    /// <param name="payeeId">Who.</param>
    /// <param name="reason">Why.</param>
    /// <param name="tooSmall">The largest amount that its address is known to refuse as too small; zero when that was not
    /// it.</param>
    /// <param name="nowUnixMs">The hub's clock.</param>
    public void Note(Id128 payeeId, string reason, Msat tooSmall, long nowUnixMs)
    {
        int count = (failures.GetValueOrDefault(payeeId)?.Count ?? 0) + 1;
        failures[payeeId] = new Failure(reason, count, nowUnixMs + Math.Min(BackOffMsMax, 500L << Math.Min(count, 10)), tooSmall);
    }

    /// <summary>The hub's own invoice of a payment.</summary>
    public Task<Invoice?> LookUpOwnAsync(Digest hash) => node.LookUpInvoiceAsync(hash);

    private async Task<(Digest? Hash, string? Invoice, string Reason, Msat? Least)> MakeOwnAsync(Id128 paymentId, DueBalance due)
    {
        InvoiceResult made = await node.CreateInvoiceAsync(new InvoiceRequest(
            $"direct-{paymentId}-{due.Due.Value}", due.Due, $"SeederMesh {due.Kind} share of channel {due.Record.ChannelId}")
        {
            Expiry = HubSettings.InvoiceExpiry,
        });
        return made.Invoice is { } invoice
            ? (invoice.PaymentHash, invoice.Bolt11, "", null)
            : (null, null, $"The hub's own node made no invoice: {made.Reason}", null);
    }

    private async Task<(Digest? Hash, string? Invoice, string Reason, Msat? Least)> AskAsync(
        Id128 paymentId, PayoutDestination destination, Msat amount)
    {
        PreparedPayout prepared = await sender.PrepareAsync(paymentId, destination, amount);
        return (prepared.PaymentHash, prepared.Invoice, prepared.Reason, prepared.Limits?.Least);
    }

    /// <summary>Why there was no invoice.</summary>
    /// <param name="Reason">A sentence for a person.</param>
    /// <param name="Count">How often in a row.</param>
    /// <param name="NotBeforeUnixMs">Not to be asked before this.</param>
    /// <param name="TooSmall">Refused as too small up to this amount; zero when that was not it.</param>
    public sealed record Failure(string Reason, int Count, long NotBeforeUnixMs, Msat TooSmall);
}
