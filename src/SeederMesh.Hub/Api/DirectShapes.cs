using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Grains.Channels;
using SeederMesh.Grains.Direct;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Hub.Api;

/// <summary>What direct channels brought a payee: earned = paid + due + unpaid. None of it ever was the hub's.</summary>
public sealed record DirectAnswer(long Channels, string EarnedMsat, string PaidMsat, string DueMsat, string UnpaidMsat)
{
    internal static DirectAnswer Of(DirectBalance balance) => new(
        balance.Channels,
        Fields.Text(balance.EarnedMsat),
        Fields.Text(balance.PaidMsat),
        Fields.Text(balance.DueMsat),
        Fields.Text(balance.UnpaidMsat));
}

/// <summary>How the downloader of a direct channel stands: what is due is not proved paid yet, and with open grants at
/// most the window.</summary>
public sealed record DirectChannelAnswer(
    string DueMsat, string ProvedMsat, string WrittenOffMsat, string WindowMsat, long? EndedUnixMs)
{
    internal static async Task<DirectChannelAnswer> ReadAsync(LedgerReader reader, ChannelView channel, Id128 id)
    {
        IReadOnlyList<DueBalance> dues = await reader.ListDuesAsync(id);
        ChannelRecord? record = await reader.FindChannelAsync(id);
        return new DirectChannelAnswer(
            Fields.Text(Sum(dues, due => due.Due + due.UnderWay)),
            Fields.Text(Sum(dues, due => due.Proved)),
            Fields.Text(Sum(dues, due => due.Record.WrittenOff)),
            Fields.Text(channel.WindowMsat),
            record?.DuesEndedUnixMs);
    }

    private static long Sum(IEnumerable<DueBalance> dues, Func<DueBalance, Msat> of) => dues.Sum(due => of(due).Value);
}

/// <summary>What is due to one payee: earned = proved + written off + under way + due.</summary>
public sealed record DueAnswer(
    string PayeeId,
    string Kind,
    string EarnedMsat,
    string ProvedMsat,
    string UnderWayMsat,
    string DueMsat,
    string WrittenOffMsat,
    string? Remark,
    bool TooSmall)
{
    internal static DueAnswer Of(DueView due) => new(
        due.PayeeId,
        due.Kind,
        Fields.Text(due.EarnedMsat),
        Fields.Text(due.ProvedMsat),
        Fields.Text(due.UnderWayMsat),
        Fields.Text(due.DueMsat),
        Fields.Text(due.WrittenOffMsat),
        due.Remark.Length == 0 ? null : due.Remark,
        due.IsTooSmall);
}

/// <summary>An invoice that the downloader is to pay and prove.</summary>
public sealed record DuePaymentAnswer(
    string PayoutId, string PayeeId, string AmountMsat, string Invoice, string PaymentHash, long ExpiresUnixMs)
{
    internal static DuePaymentAnswer Of(DirectPaymentView payment) => new(
        payment.PaymentId,
        payment.PayeeId,
        Fields.Text(payment.AmountMsat),
        payment.Invoice,
        payment.PaymentHash,
        payment.ExpiresUnixMs);
}

/// <summary>What a direct channel's downloader owes, and the invoices to pay.</summary>
/// <param name="Dues">What is due to whom.</param>
/// <param name="Payments">The invoices.</param>
/// <param name="WindowMsat">The most that may be granted or due without proof.</param>
/// <param name="RoomMsat">What of it may still be granted.</param>
/// <param name="Ended">Whether nothing is due any more and nothing will be.</param>
/// <param name="Closed">Whether the channel is closed, so that nothing more becomes due.</param>
/// <param name="Version">Names what there is to act on: given back as <c>after</c>, the next answer waits until that is
/// another.</param>
public sealed record DuesAnswer(
    IReadOnlyList<DueAnswer> Dues,
    IReadOnlyList<DuePaymentAnswer> Payments,
    string WindowMsat,
    string RoomMsat,
    bool Ended,
    bool Closed,
    string Version)
{
    internal static DuesAnswer Of(DuesReply reply)
    {
        DueAnswer[] dues = [.. reply.Dues.Select(DueAnswer.Of)];
        DuePaymentAnswer[] payments = [.. reply.Payments.Select(DuePaymentAnswer.Of)];
        string content = string.Join(
            '\n',
            payments.Select(payment => payment.PayoutId)
                .Concat(dues.Where(due => due.Remark is not null).Select(due => $"{due.PayeeId} {due.TooSmall} {due.Remark}"))
                .Append($"{reply.WindowMsat} {reply.RoomMsat} {reply.IsEnded} {reply.IsClosed}"));
        return new DuesAnswer(
            dues,
            payments,
            Fields.Text(reply.WindowMsat),
            Fields.Text(reply.RoomMsat),
            reply.IsEnded,
            reply.IsClosed,
            Digest.Of(System.Text.Encoding.UTF8.GetBytes(content)).ToString()[..32]);
    }
}

/// <summary>Proof of a payment: 64 hexadecimal digits whose SHA-256 is the payment's hash.</summary>
public sealed record DueProofRequest(string? Preimage);

/// <summary>A payment that did not happen and will not; why, in the words of the downloader's node.</summary>
public sealed record DueFailureRequest(string? Reason);

/// <summary>A payment of a downloader's after a call about it: "proved" or "failed".</summary>
public sealed record DuePaymentState(string PayoutId, string State);

/// <summary>Whether a work can be downloaded by paying oneself, and where its payees are paid then.</summary>
/// <param name="Offered">Whether a direct channel can be opened for it now.</param>
/// <param name="Reason">Why not; absent when it can.</param>
/// <param name="Payees">The manifest's payees.</param>
public sealed record DirectOfferAnswer(bool Offered, string? Reason, IReadOnlyList<DirectPayeeAnswer> Payees);

/// <summary>A payee of a work, and its destinations.</summary>
public sealed record DirectPayeeAnswer(string? Name, int ShareBps, bool Direct, IReadOnlyList<DirectDestinationAnswer> Destinations);

/// <summary>A destination: whether it can be paid directly, and why not or how.</summary>
public sealed record DirectDestinationAnswer(string Destination, bool Direct, string? Remark);
