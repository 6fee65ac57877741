using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Lightning.Embedded;

/// <summary>What a payer asks of the network: an invoice, or a preimage for keysend.</summary>
internal sealed record PaymentOrder(Digest PaymentHash, NodeId Payee, Msat Amount, Msat MaxFee)
{
    /// <summary>The invoice that is paid; null for keysend.</summary>
    public Bolt11Invoice? Invoice { get; init; }

    /// <summary>The payer's preimage; null for an invoice.</summary>
    public Preimage? Preimage { get; init; }
}

/// <summary>How money moves. Everything here runs inside the commit loop.</summary>
public sealed partial class EmbeddedNetwork
{
    internal Task<PaidAnswer> PayAsync(string payer, PaymentOrder order, CancellationToken cancellation) =>
        commits.RunAsync(
            () =>
            {
                MapNode node = Required(payer);
                Payment payment = Pay(node, order);
                return new PaidAnswer(payment, TakeLostAnswer(node));
            },
            cancellation);

    internal Task<(Payment? Payment, Task Changed)> FindPaymentAsync(
        string payer, Digest paymentHash, CancellationToken cancellation) =>
        commits.RunAsync(
            () => (store.FindPayment(payer, paymentHash), Required(payer).Changed.Next), cancellation);

    private Payment Pay(MapNode payer, PaymentOrder order)
    {
        DateTimeOffset now = options.Clock.GetUtcNow();
        Payment? earlier = store.FindPayment(payer.Name, order.PaymentHash);
        if (earlier is { Status: PaymentStatus.Pending or PaymentStatus.Succeeded })
        {
            // The same hash again is the same payment, whatever else the request says.
            return earlier;
        }

        Payment payment = new()
        {
            PaymentHash = order.PaymentHash,
            Status = PaymentStatus.Pending,
            Amount = order.Amount,
            Destination = order.Payee,
            CreatedAt = earlier?.CreatedAt ?? now,
        };
        (PaymentFailure failure, string reason, List<RouteHop> route, MapNode? payee) = FindWay(payer, order, now);
        InvoiceRow? invoice = failure == PaymentFailure.None ? FindWanted(payee!, order, now) : null;
        if (failure == PaymentFailure.None && invoice is null)
        {
            (failure, reason) = (PaymentFailure.RefusedByPayee, "The payee has no open invoice like this one.");
        }

        if (failure == PaymentFailure.None && TakeRefusal(payee!))
        {
            (failure, reason) = (PaymentFailure.RefusedByPayee, "The payee refused the payment.");
        }

        if (failure != PaymentFailure.None)
        {
            payment = payment with
            {
                Status = PaymentStatus.Failed,
                Failure = failure,
                Reason = reason,
                CompletedAt = now,
            };
            store.SavePayment(payer.Name, payment);
            return payment;
        }

        payment = payment with { Fee = Fee(route) };
        foreach (RouteHop hop in route)
        {
            hop.Channel.Take(hop.From, hop.Amount);
            store.MarkDirty(hop.Channel);
        }

        return TakeHold(payee!) ? Hold(payer, payment, route, invoice!) : Settle(payer, payment, route, invoice!, now);
    }

    private (PaymentFailure Failure, string Reason, List<RouteHop> Route, MapNode? Payee) FindWay(
        MapNode payer, PaymentOrder order, DateTimeOffset now)
    {
        MapNode? payee = store.Map.Find(order.Payee);
        (PaymentFailure, string, List<RouteHop>, MapNode?) refused(PaymentFailure failure, string reason) =>
            (failure, reason, [], payee);

        if (order.Invoice is { } invoice && now >= invoice.ExpiresAt)
        {
            return refused(PaymentFailure.Expired, $"The invoice expired at {invoice.ExpiresAt:u}.");
        }

        if (!payer.Online)
        {
            return refused(PaymentFailure.NodeUnavailable, "The paying node is offline.");
        }

        if (payee == payer)
        {
            return refused(PaymentFailure.RefusedByNode, "A node cannot pay itself.");
        }

        if (payer.Spendable < order.Amount)
        {
            return refused(
                PaymentFailure.InsufficientBalance,
                $"The node holds {payer.Spendable} of play money; {order.Amount} were to be sent.");
        }

        List<RouteHop>? route = payee is null ? null : NetworkMap.FindRoute(payer, payee, order.Amount);
        if (route is null)
        {
            return refused(PaymentFailure.NoRoute, $"No path to {order.Payee} carries {order.Amount}.");
        }

        return Fee(route) > order.MaxFee
            ? refused(
                PaymentFailure.FeeTooHigh,
                $"The cheapest path costs {Fee(route).Value} msat; the limit is {order.MaxFee.Value} msat.")
            : (PaymentFailure.None, "", route, payee);
    }

    private static Msat Fee(List<RouteHop> route) => route[0].Amount.Less(route[^1].Amount);

    // The invoice that the payment settles; for a keysend a new one, which is not on the books yet.
    private InvoiceRow? FindWanted(MapNode payee, PaymentOrder order, DateTimeOffset now)
    {
        InvoiceRow? row = store.FindInvoice(order.PaymentHash);
        if (order.Invoice is null)
        {
            return row is null ? KeysendInvoice(payee, order, order.Preimage!.Value, now) : null;
        }

        bool wanted = row is not null
            && string.Equals(row.Node, payee.Name, StringComparison.Ordinal)
            && string.Equals(row.Invoice.Bolt11, order.Invoice.Text, StringComparison.Ordinal)
            && row.Invoice.Status == InvoiceStatus.Open
            && now < row.Invoice.ExpiresAt;
        return wanted ? row : null;
    }

    private Payment Hold(MapNode payer, Payment payment, List<RouteHop> route, InvoiceRow invoice)
    {
        for (int hop = 0; hop < route.Count; hop++)
        {
            store.InsertHtlc(payment.PaymentHash, hop, payer.Name, route[hop]);
        }

        SaveInvoice(invoice with { Invoice = invoice.Invoice with { Status = InvoiceStatus.Held } });
        store.SavePayment(payer.Name, payment);
        return payment;
    }

    private Payment Settle(MapNode payer, Payment payment, List<RouteHop> route, InvoiceRow invoice, DateTimeOffset now)
    {
        for (int i = 0; i < route.Count; i++)
        {
            RouteHop hop = route[i];
            hop.Channel.Give(hop.To, hop.Amount);
            store.MarkDirty(hop.Channel);
            if (i + 1 < route.Count)
            {
                hop.To.ForwardedFees += hop.Amount.Less(route[i + 1].Amount);
                store.MarkDirty(hop.To);
            }
        }

        MapNode payee = route[^1].To;
        payee.SettledCount++;
        store.MarkDirty(payee);
        store.MarkChanged(payee);
        store.MarkChanged(payer);
        SaveInvoice(invoice with
        {
            PayIndex = payee.SettledCount,
            Invoice = invoice.Invoice with { Status = InvoiceStatus.Settled, Received = payment.Amount, SettledAt = now },
        });
        Payment settled = payment with
        {
            Status = PaymentStatus.Succeeded,
            Preimage = invoice.Secret,
            CompletedAt = now,
        };
        store.SavePayment(payer.Name, settled);
        return settled;
    }

    // A keysend's invoice comes to the books with the payment: one statement instead of three.
    private void SaveInvoice(InvoiceRow row)
    {
        if (row.IsNew)
        {
            store.InsertInvoice(row);
        }
        else
        {
            store.UpdateInvoice(
                row.Invoice.PaymentHash,
                row.Invoice.Status,
                row.Invoice.Received,
                row.Invoice.SettledAt?.ToUnixTimeMilliseconds(),
                row.PayIndex);
        }
    }

    private static InvoiceRow KeysendInvoice(MapNode payee, PaymentOrder order, Preimage preimage, DateTimeOffset now) => new(
        payee.Name,
        default,
        now.ToUnixTimeMilliseconds(),
        null,
        new Invoice
        {
            PaymentHash = order.PaymentHash,
            Label = $"keysend-{order.PaymentHash}",
            Bolt11 = "",
            Description = "keysend of play money",
            Amount = order.Amount,
            Status = InvoiceStatus.Open,
            ExpiresAt = now,
        },
        preimage)
    {
        IsNew = true,
    };

    private bool TakeRefusal(MapNode payee) => TakeOne(payee, payee.RefuseNext, left => payee.RefuseNext = left);

    private bool TakeHold(MapNode payee) => TakeOne(payee, payee.HoldNext, left => payee.HoldNext = left);

    private bool TakeLostAnswer(MapNode payer) => TakeOne(payer, payer.LoseNext, left => payer.LoseNext = left);

    private bool TakeOne(MapNode node, int count, Action<int> set)
    {
        if (count == 0)
        {
            return false;
        }

        set(count - 1);
        store.MarkDirty(node);
        return true;
    }
}

/// <summary>A payment as it is on the books, and whether the script says that the payer never hears of it.</summary>
internal readonly record struct PaidAnswer(Payment Payment, bool Lost);
