using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Accounts;

namespace SeederMesh.Ledger.Transfers;

/// <content>Direct channels, whose downloader pays by itself: promises, and what became of them.</content>
public static partial class Bookings
{
    /// <summary>A direct channel is opened: promised to direct channel.</summary>
    public static Transfer Promise(Id128 channelId, Msat budget) => new(
        TransferId(channelId, TransferCode.DirectPromised),
        AccountOpening.Promised(channelId).Id,
        AccountOpening.DirectChannel(channelId).Id,
        budget,
        TransferCode.DirectPromised)
    {
        UserData = channelId,
    };

    /// <summary>The promised rest of a direct channel ends with it: direct channel to promised.</summary>
    public static Transfer ReleasePromise(Id128 channelId, Msat rest) => new(
        TransferId(channelId, TransferCode.DirectReleased),
        AccountOpening.DirectChannel(channelId).Id,
        AccountOpening.Promised(channelId).Id,
        rest,
        TransferCode.DirectReleased)
    {
        UserData = channelId,
    };

    /// <summary>An invoice of a payee's is handed to the downloader: reserves due to promised until the payment is
    /// proved (<see cref="Post"/>) or cannot happen any more (<see cref="Void"/>). Its id is the payment's.</summary>
    public static Transfer ReserveDue(Id128 paymentId, Id128 channelId, Id128 payeeId, Msat amount) =>
        new(paymentId, AccountOpening.Due(channelId, payeeId).Id, AccountOpening.Promised(channelId).Id, amount,
            TransferCode.DirectPayment)
        {
            Kind = TransferKind.Pending,
            UserData = paymentId,
        };

    /// <summary>What a payee will not get: due to promised.</summary>
    /// <param name="dueId">Whose due, once.</param>
    /// <param name="channelId">The channel.</param>
    /// <param name="payeeId">The payee.</param>
    /// <param name="amount">Above zero.</param>
    public static Transfer WriteOff(Id128 dueId, Id128 channelId, Id128 payeeId, Msat amount) => new(
        TransferId(dueId, TransferCode.DirectWrittenOff),
        AccountOpening.Due(channelId, payeeId).Id,
        AccountOpening.Promised(channelId).Id,
        amount,
        TransferCode.DirectWrittenOff)
    {
        UserData = channelId,
    };

    /// <summary>The hub's node received the share of the hub or its registry: lightning to one of the hub's own
    /// accounts.</summary>
    /// <param name="paymentId">The payment that brought it.</param>
    /// <param name="ownAccount">The registry's or the revenue's account.</param>
    /// <param name="received">What came in.</param>
    public static Transfer ReceiveShare(Id128 paymentId, Id128 ownAccount, Msat received) => new(
        TransferId(paymentId, TransferCode.DirectShare),
        AccountOpening.Lightning.Id,
        ownAccount,
        received,
        TransferCode.DirectShare)
    {
        UserData = paymentId,
    };
}
