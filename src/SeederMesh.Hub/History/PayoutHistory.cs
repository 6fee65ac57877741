using SeederMesh.Core.Identity;
using SeederMesh.Hub.Api;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Hub.History;

/// <summary>What was paid, newest first: by the hub, and by downloaders of direct channels themselves.</summary>
internal sealed class PayoutHistory(LedgerStore ledger)
{
    /// <summary>A page of what fits.</summary>
    public async Task<IReadOnlyList<PayoutAnswer>> ListAsync(PayoutQuery query, int limit, bool withLines)
    {
        IReadOnlyList<PayoutRecord> payouts = await ledger.Reader.ListPayoutsAsync(query, limit);
        IReadOnlyList<DirectPaymentRecord> direct = await ledger.Reader.ListDirectPaymentsAsync(query, limit);

        // Each list is in this order, so the first of both together are among the first of each.
        var page = payouts.Select(payout => Entry(payout.CreatedUnixMs, payout.Id, payout, null))
            .Concat(direct.Select(payment => Entry(payment.CreatedUnixMs, payment.Id, null, payment)))
            .OrderByDescending(entry => entry.CreatedUnixMs)
            .ThenBy(entry => entry.Id.Value)
            .Take(limit);
        var answers = new List<PayoutAnswer>();
        foreach ((long _, Id128 _, PayoutRecord? payout, DirectPaymentRecord? payment) in page)
        {
            answers.Add(payout is not null ? await ToAnswerAsync(payout, withLines) : await ToAnswerAsync(payment!, withLines));
        }

        return answers;
    }

    /// <summary>One payment with its lines, or null.</summary>
    public async Task<PayoutAnswer?> FindAsync(Id128 id)
    {
        if (await ledger.Reader.FindPayoutAsync(id) is { } payout)
        {
            return await ToAnswerAsync(payout, withLines: true);
        }

        return await ledger.Reader.FindDirectPaymentAsync(id) is { } payment ? await ToAnswerAsync(payment, withLines: true) : null;
    }

    private static (long CreatedUnixMs, Id128 Id, PayoutRecord? Payout, DirectPaymentRecord? Direct) Entry(
        long createdUnixMs, Id128 id, PayoutRecord? payout, DirectPaymentRecord? direct) => (createdUnixMs, id, payout, direct);

    private async Task<PayoutAnswer> ToAnswerAsync(PayoutRecord payout, bool withLines) =>
        PayoutAnswer.Of(payout, withLines ? Lines(await ledger.Reader.ListHistoryLinesAsync(payout.Id)) : null);

    private async Task<PayoutAnswer> ToAnswerAsync(DirectPaymentRecord payment, bool withLines) =>
        PayoutAnswer.Of(payment, withLines ? Lines(await ledger.Reader.ListDirectHistoryLinesAsync(payment)) : null);

    private static PayoutLineAnswer[] Lines(IReadOnlyList<PayoutHistoryLine> lines) => [.. lines.Select(PayoutLineAnswer.Of)];
}
