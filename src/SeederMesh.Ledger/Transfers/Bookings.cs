using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Ledger.Transfers;

/// <summary>Every way in which money moves at a hub, with the accounts, code, user data and id that it always
/// has.</summary>
/// <remarks>The ids are derived, so that the same booking is the same transfer. <c>mesh audit</c> relies on these
/// shapes.</remarks>
public static partial class Bookings
{
    /// <summary>The id of a transfer that belongs to something: the same owner, code and index, the same id.</summary>
    /// <remarks>The owner's first 12 bytes, the code, the index: transfers of one posting are neighbours in the index
    /// of ids, so
    /// that a commit writes one page for them and not one for each. 96 bits of a digest keep owners apart.</remarks>
    /// <param name="owner">A derived id: of a settlement, a grant, a payout.</param>
    /// <param name="code">Why money moves.</param>
    /// <param name="index">Which of its transfers with this code, from 0 to 65,535.</param>
    public static Id128 TransferId(Id128 owner, TransferCode code, int index = 0) =>
        new((owner.Value & (UInt128.MaxValue << 32)) | ((uint)code << 16) | checked((ushort)index));

    /// <summary>An invoice was paid: lightning to channel.</summary>
    /// <param name="channelId">The channel that it funds.</param>
    /// <param name="paymentHash">The invoice's payment hash; funding is booked once for each.</param>
    /// <param name="amount">What was received.</param>
    public static Transfer Fund(Id128 channelId, Digest paymentHash, Msat amount)
    {
        Id128 id = Id128.Derive("funding", paymentHash.Span);
        return new Transfer(
            id, AccountOpening.Lightning.Id, AccountOpening.Channel(channelId).Id, amount, TransferCode.Funding)
        {
            UserData = channelId,
        };
    }

    /// <summary>A prepaid channel's grant is opened: its limit from channel to grant.</summary>
    public static Transfer OpenGrant(Id128 channelId, Id128 grantId, Msat limit) =>
        OpenGrant(new ChannelAccounts(channelId, ChannelMode.Prepaid), grantId, limit);

    /// <summary>A grant is opened: its limit from channel to grant.</summary>
    public static Transfer OpenGrant(ChannelAccounts accounts, Id128 grantId, Msat limit) => new(
        TransferId(grantId, TransferCode.GrantOpened),
        accounts.Channel.Id,
        accounts.Grant(grantId).Id,
        limit,
        TransferCode.GrantOpened)
    {
        UserData = grantId,
    };

    /// <summary>A prepaid channel's grant is closed: what is left from grant to channel.</summary>
    public static Transfer CloseGrant(Id128 channelId, Id128 grantId, Msat rest) =>
        CloseGrant(new ChannelAccounts(channelId, ChannelMode.Prepaid), grantId, rest);

    /// <summary>A grant is closed: what is left from grant to channel.</summary>
    public static Transfer CloseGrant(ChannelAccounts accounts, Id128 grantId, Msat rest) => new(
        TransferId(grantId, TransferCode.GrantClosed),
        accounts.Grant(grantId).Id,
        accounts.Channel.Id,
        rest,
        TransferCode.GrantClosed)
    {
        UserData = grantId,
    };

    /// <summary>One leg of a settlement: from grant to a payee, the registry, the hub's revenue or the channel's
    /// carry.</summary>
    /// <param name="settlementId">The settlement.</param>
    /// <param name="index">The leg's number in it, from 0.</param>
    /// <param name="grantId">The grant that pays.</param>
    /// <param name="creditAccount">The account that earns.</param>
    /// <param name="amount">Above zero; a leg of zero is left out.</param>
    public static Transfer Settle(Id128 settlementId, int index, Id128 grantId, Id128 creditAccount, Msat amount) =>
        Settle(settlementId, index, AccountOpening.Grant(grantId), creditAccount, amount);

    /// <summary>One leg of a settlement, out of the account of a grant of whichever mode.</summary>
    public static Transfer Settle(Id128 settlementId, int index, AccountOpening grant, Id128 creditAccount, Msat amount) => new(
        TransferId(settlementId, TransferCode.Settlement, index),
        grant.Id,
        creditAccount,
        amount,
        TransferCode.Settlement)
    {
        UserData = settlementId,
    };

    /// <summary>Carried fractions that became whole: carry to a payee, the registry or the hub's revenue.</summary>
    /// <param name="ownerId">The settlement, or the channel at its close.</param>
    /// <param name="index">The leg's number, from 0.</param>
    /// <param name="channelId">Whose carry.</param>
    /// <param name="creditAccount">The account that earns.</param>
    /// <param name="amount">Above zero.</param>
    public static Transfer ReleaseCarry(Id128 ownerId, int index, Id128 channelId, Id128 creditAccount, Msat amount) =>
        ReleaseCarry(ownerId, index, AccountOpening.Carry(channelId), creditAccount, amount);

    /// <summary>Carried fractions that became whole, out of the carry of a channel of whichever mode.</summary>
    public static Transfer ReleaseCarry(Id128 ownerId, int index, AccountOpening carry, Id128 creditAccount, Msat amount) => new(
        TransferId(ownerId, TransferCode.CarryReleased, index),
        carry.Id,
        creditAccount,
        amount,
        TransferCode.CarryReleased)
    {
        UserData = ownerId,
    };

    /// <summary>A payout is intended: reserves payee to lightning. Its id is the payout's, so that a payout reserves
    /// once.</summary>
    public static Transfer ReservePayout(Id128 payoutId, Id128 payeeId, Msat amount) =>
        Reserve(payoutId, AccountOpening.Payee(payeeId).Id, amount, TransferCode.Payout);

    /// <summary>A refund is intended: reserves channel to lightning.</summary>
    public static Transfer ReserveRefund(Id128 payoutId, Id128 channelId, Msat amount) =>
        Reserve(payoutId, AccountOpening.Channel(channelId).Id, amount, TransferCode.Refund);

    /// <summary>A payout or refund succeeded: the reserved amount is gone for good.</summary>
    public static Transfer Post(Transfer reservation) => Resolve(reservation, TransferKind.PostPending);

    /// <summary>A payout or refund failed for good: the reserved amount is back.</summary>
    public static Transfer Void(Transfer reservation) => Resolve(reservation, TransferKind.VoidPending);

    /// <summary>The routing fee that the node paid for a payout: routing fees to lightning.</summary>
    public static Transfer PayRoutingFee(Id128 payoutId, Msat fee) => new(
        TransferId(payoutId, TransferCode.RoutingFeePaid),
        AccountOpening.RoutingFees.Id,
        AccountOpening.Lightning.Id,
        fee,
        TransferCode.RoutingFeePaid)
    {
        UserData = payoutId,
    };

    /// <summary>The routing fee, as far as the hub's revenue covers it: hub revenue to routing fees. After
    /// <see cref="PayRoutingFee"/> in the same posting.</summary>
    public static Transfer ChargeRoutingFee(Id128 payoutId, Msat covered) => new(
        TransferId(payoutId, TransferCode.RoutingFeeCharged),
        AccountOpening.HubRevenue.Id,
        AccountOpening.RoutingFees.Id,
        covered,
        TransferCode.RoutingFeeCharged)
    {
        UserData = payoutId,
    };

    /// <summary>The part of a routing fee that whoever was paid bears. After <see cref="PayRoutingFee"/> in the same
    /// posting.</summary>
    /// <param name="payoutId">The payout.</param>
    /// <param name="debitAccount">The account that paid it: a payee's or a channel's.</param>
    /// <param name="fee">That part, above zero.</param>
    public static Transfer ChargeRoutingFeeTo(Id128 payoutId, Id128 debitAccount, Msat fee) =>
        ChargeRoutingFee(payoutId, fee) with
        {
            Id = TransferId(payoutId, TransferCode.RoutingFeeCharged, index: 1),
            DebitAccount = debitAccount,
        };

    /// <summary>One leg of a donation: lightning to a payee.</summary>
    /// <param name="donationId">The donation.</param>
    /// <param name="index">The leg's number in it, from 0.</param>
    /// <param name="payeeId">Who gets it.</param>
    /// <param name="amount">Above zero; a leg of zero is left out.</param>
    public static Transfer Donate(Id128 donationId, int index, Id128 payeeId, Msat amount) => new(
        TransferId(donationId, TransferCode.Donation, index),
        AccountOpening.Lightning.Id,
        AccountOpening.Payee(payeeId).Id,
        amount,
        TransferCode.Donation)
    {
        UserData = donationId,
    };

    /// <summary>One of the hub's own accounts pays a payee, so that it can be paid out: registry or hub revenue to
    /// payee.</summary>
    /// <param name="id">The caller's id of this withdrawal.</param>
    /// <param name="ownAccount">The registry's or the revenue's account.</param>
    /// <param name="payeeId">The registry operator's or the hub's payee.</param>
    /// <param name="amount">Above zero.</param>
    public static Transfer Withdraw(Id128 id, Id128 ownAccount, Id128 payeeId, Msat amount) =>
        new(id, ownAccount, AccountOpening.Payee(payeeId).Id, amount, TransferCode.Withdrawal) { UserData = payeeId };

    private static Transfer Reserve(Id128 payoutId, Id128 debitAccount, Msat amount, TransferCode code) =>
        new(payoutId, debitAccount, AccountOpening.Lightning.Id, amount, code)
        {
            Kind = TransferKind.Pending,
            UserData = payoutId,
        };

    private static Transfer Resolve(Transfer reservation, TransferKind kind) => reservation with
    {
        // A reservation is resolved once, one way or the other, so post and void may share an id.
        Id = Id128.Derive("resolution", reservation.Id.ToArray()),
        Kind = kind,
        PendingId = reservation.Id,
    };
}
