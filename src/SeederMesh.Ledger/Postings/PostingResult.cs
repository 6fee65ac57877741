using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Ledger.Postings;

/// <summary>The ledger's answer to a posting.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Index">Which account, transfer or record was refused, from 0; -1 when the whole was.</param>
/// <param name="Account">The account's result where <paramref name="Outcome"/> is
/// <see cref="PostingOutcome.AccountRefused"/>.</param>
/// <param name="Transfer">The transfer's result where <paramref name="Outcome"/> is
/// <see cref="PostingOutcome.TransferRefused"/>.</param>
/// <param name="Detail">A sentence for a person; empty when posted.</param>
public sealed record PostingResult(
    PostingOutcome Outcome,
    int Index = -1,
    AccountResult Account = AccountResult.None,
    TransferResult Transfer = TransferResult.None,
    string Detail = "")
{
    internal static readonly PostingResult PostedNow = new(PostingOutcome.Posted);
    internal static readonly PostingResult PostedBefore =
        new(PostingOutcome.AlreadyPosted, Detail: "The same posting was accepted before.");

    /// <summary>Whether the posting is in the ledger, now or from before.</summary>
    public bool IsPosted => Outcome is PostingOutcome.Posted or PostingOutcome.AlreadyPosted;
}
