using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.Embedded;

/// <summary>Failures by script: what the operator of a demo or a test wants to go wrong, exactly when. Durable like
/// everything else.</summary>
public sealed partial class EmbeddedNetwork
{
    /// <summary>Takes a node off the network or brings it back. Offline it neither sends, receives nor
    /// forwards.</summary>
    /// <exception cref="ArgumentException">There is no such node.</exception>
    public Task SetOnlineAsync(string node, bool online) => ScriptAsync(node, found => found.Online = online);

    /// <summary>Lets the next payments to a node wait in flight, until they are settled or failed.</summary>
    /// <exception cref="ArgumentException">There is no such node.</exception>
    public Task HoldNextAsync(string node, int payments) => ScriptAsync(node, found => found.HoldNext = payments);

    /// <summary>Lets a node refuse the next payments to it.</summary>
    /// <exception cref="ArgumentException">There is no such node.</exception>
    public Task RefuseNextAsync(string node, int payments) => ScriptAsync(node, found => found.RefuseNext = payments);

    /// <summary>Loses the answers to a node's next payments: they happen, and the payer is told
    /// <see cref="PaymentStatus.Unknown"/>.</summary>
    /// <exception cref="ArgumentException">There is no such node.</exception>
    public Task LoseNextAnswersAsync(string node, int answers) => ScriptAsync(node, found => found.LoseNext = answers);

    /// <summary>Makes a channel carry nothing, or carry again.</summary>
    /// <exception cref="ArgumentException">There is no such channel.</exception>
    public async Task SetUsableAsync(long channel, bool usable)
    {
        bool known = await commits.RunAsync(() =>
        {
            if (store.Map.FindChannel(channel) is not { } found)
            {
                return false;
            }

            found.Usable = usable;
            store.MarkDirty(found);
            return true;
        });
        if (!known)
        {
            throw new ArgumentException($"The play-money network has no channel {channel}.", nameof(channel));
        }
    }

    /// <summary>Settles a payment that is held in flight.</summary>
    /// <returns>Whether one was held under this hash.</returns>
    public Task<bool> SettleHeldAsync(Digest paymentHash) => commits.RunAsync(() =>
    {
        (string payer, List<RouteHop> route) = store.TakeHtlcs(paymentHash);
        if (route.Count == 0)
        {
            return false;
        }

        Payment payment = store.FindPayment(payer, paymentHash)!;
        Settle(Required(payer), payment, route, store.FindInvoice(paymentHash)!, options.Clock.GetUtcNow());
        return true;
    });

    /// <summary>Fails a payment that is held in flight; all the money returns.</summary>
    /// <returns>Whether one was held under this hash.</returns>
    public Task<bool> FailHeldAsync(Digest paymentHash) => commits.RunAsync(() =>
    {
        (string payer, List<RouteHop> route) = store.TakeHtlcs(paymentHash);
        if (route.Count == 0)
        {
            return false;
        }

        foreach (RouteHop hop in route)
        {
            hop.Channel.Give(hop.From, hop.Amount);
            store.MarkDirty(hop.Channel);
        }

        InvoiceRow invoice = store.FindInvoice(paymentHash)!;
        if (invoice.Invoice.Bolt11.Length == 0)
        {
            // A keysend leaves no invoice behind that could be paid later.
            store.DeleteInvoice(paymentHash);
        }
        else
        {
            store.UpdateInvoice(paymentHash, InvoiceStatus.Open, Msat.Zero, null, null);
        }

        store.SavePayment(payer, store.FindPayment(payer, paymentHash)! with
        {
            Status = PaymentStatus.Failed,
            Fee = Msat.Zero,
            Failure = PaymentFailure.RefusedByPayee,
            Reason = "The payee held the payment and then refused it.",
            CompletedAt = options.Clock.GetUtcNow(),
        });
        store.MarkChanged(Required(payer));
        return true;
    });

    private async Task ScriptAsync(string node, Action<MapNode> change)
    {
        bool known = await commits.RunAsync(() =>
        {
            if (store.Map.Find(node) is not { } found)
            {
                return false;
            }

            change(found);
            store.MarkDirty(found);
            return true;
        });
        if (!known)
        {
            throw new ArgumentException($"The play-money network has no node '{node}'.", nameof(node));
        }
    }
}
