using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Ledger.Transfers;

/// <summary>An immutable movement of money from one account to another (TigerBeetle, Transfer).</summary>
/// <remarks>
/// The id is the caller's, so that the same command twice is one transfer. All transfers of a posting are one linked
/// chain:
/// all of them or none. A post or a void names both accounts again, as the pending transfer has them; a void's amount
/// is the
/// pending amount, a post's at most that.
/// </remarks>
/// <param name="Id">Its id; not zero and not all ones.</param>
/// <param name="DebitAccount">The account that gives.</param>
/// <param name="CreditAccount">The account that takes.</param>
/// <param name="Amount">How much, above zero.</param>
/// <param name="Code">Why.</param>
public sealed record Transfer(Id128 Id, Id128 DebitAccount, Id128 CreditAccount, Msat Amount, TransferCode Code)
{
    /// <summary>How it moves money. Default: at once.</summary>
    public TransferKind Kind { get; init; }

    /// <summary>The pending transfer that this one posts or voids; none for the other kinds.</summary>
    public Id128 PendingId { get; init; }

    /// <summary>What it belongs to: a settlement, a payout. None by default.</summary>
    public Id128 UserData { get; init; }
}

/// <summary>A transfer with its place in the order of all transfers.</summary>
/// <param name="Sequence">From 1, rising; gaps mean nothing.</param>
/// <param name="Transfer">What was posted.</param>
public sealed record PostedTransfer(long Sequence, Transfer Transfer);
