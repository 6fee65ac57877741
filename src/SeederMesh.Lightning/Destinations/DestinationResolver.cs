using System.Text.Json;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Lightning.Destinations;

/// <summary>Finds out what to pay so that a destination gets an amount. Thread safe.</summary>
/// <param name="policy">Which hosts may be asked.</param>
/// <param name="clock">The time; tests step it.</param>
public sealed class DestinationResolver(OutgoingPolicy policy, TimeProvider? clock = null) : IDisposable
{
    private readonly OutgoingHttp http = new(policy, clock);

    /// <summary>Resolves a destination for one payment. Nothing is paid; asking again may give another
    /// invoice.</summary>
    /// <param name="destination">Where the money shall go.</param>
    /// <param name="amount">What the payee shall receive, more than zero.</param>
    /// <param name="comment">A line for the payee (LUD-12), shortened to what it takes; may be empty.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<ResolvedDestination> ResolveAsync(
        PayoutDestination destination, Msat amount, string comment, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(amount, Msat.Zero);
        try
        {
            return destination.Kind switch
            {
                DestinationKind.Keysend => new ResolvedDestination
                {
                    Status = ResolveStatus.Resolved,
                    Keysend = NodeId.TryParse(destination.Value, out NodeId? node) ? node : null,
                },
                DestinationKind.Bolt11 => Invoice(destination.Value, amount),
                DestinationKind.Bolt12 => new ResolvedDestination { Status = ResolveStatus.Resolved, Offer = destination.Value },
                DestinationKind.PaymentPointer =>
                    await WalletAddress.ResolveAsync(http, destination.Pointer, amount, comment, cancellation),
                _ => await LnurlPay.ResolveAsync(http, destination.PayAddress!, amount, comment, cancellation),
            };
        }
        catch (ResolveException exception)
        {
            return new ResolvedDestination { Status = exception.Status, Reason = exception.Message };
        }
    }

    /// <summary>Finds out whether a destination gives invoices, without asking for one. Nothing is paid.</summary>
    /// <param name="destination">Where money shall go.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Resolved, with the limits where the payee names some; or why it gives none.</returns>
    public async Task<ResolvedDestination> ProbeAsync(PayoutDestination destination, CancellationToken cancellation = default)
    {
        try
        {
            LnurlPay.Offer? offer = destination.Kind switch
            {
                DestinationKind.PaymentPointer =>
                    (await WalletAddress.FindAsync(http, destination.Pointer, cancellation)).Offer,
                DestinationKind.LightningAddress or DestinationKind.Lnurl =>
                    await LnurlPay.AskAsync(http, destination.PayAddress!, cancellation),
                _ => null,
            };
            return new ResolvedDestination
            {
                Status = ResolveStatus.Resolved,
                Limits = offer is null ? null : (offer.Min, offer.Max),
            };
        }
        catch (ResolveException exception)
        {
            return new ResolvedDestination { Status = exception.Status, Reason = exception.Message };
        }
    }

    /// <summary>Asks a payee whether an invoice of its was paid (LUD-21).</summary>
    /// <param name="verifyAddress">As <see cref="ResolvedDestination.VerifyAddress"/> gave it.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>True or false as the payee says; null when it does not say.</returns>
    public async Task<bool?> VerifyAsync(string verifyAddress, CancellationToken cancellation = default)
    {
        try
        {
            JsonElement answer = await http.GetObjectAsync(new Uri(verifyAddress), cancellation);
            return answer.TryGetProperty("settled", out JsonElement settled)
                && settled.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? settled.GetBoolean()
                : null;
        }
        catch (ResolveException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private static ResolvedDestination Invoice(string text, Msat amount)
    {
        if (!Bolt11Invoice.TryDecode(text, out Bolt11Invoice? invoice, out string error))
        {
            return new ResolvedDestination { Status = ResolveStatus.MalformedAnswer, Reason = $"Not a BOLT 11 invoice: {error}." };
        }

        return invoice.Amount is null || invoice.Amount == amount
            ? new ResolvedDestination { Status = ResolveStatus.Resolved, Invoice = invoice }
            : new ResolvedDestination
            {
                Status = ResolveStatus.AmountOutOfRange,
                Reason = $"The invoice asks for {invoice.Amount}, not {amount}.",
                Limits = (invoice.Amount.Value, invoice.Amount.Value),
            };
    }
}
