using Orleans;

namespace SeederMesh.Grains.Direct;

/// <summary>What the downloader of one direct channel owes, and the proofs that it paid. Its key is the channel's id, 32
/// hexadecimal digits.</summary>
/// <remarks>
/// Beside the channel's own grain, because asking payees for invoices takes time in which receipts go on being settled.
/// What is due stands in the ledger, whose accounts cannot be overdrawn: nothing here can promise more than was earned.
/// </remarks>
[Alias("seedermesh.dues")]
public interface IDuesGrain : IGrainWithStringKey
{
    /// <summary>What is due, with an invoice for each payee whose due is worth a payment.</summary>
    /// <remarks>An invoice is stored before it is handed out, and stays the only one for that payee until its payment is
    /// proved or cannot happen any more.</remarks>
    [Alias("ask")]
    Task<DuesReply> AskAsync(AskDuesCommand command);

    /// <summary>Books a payment that the downloader proves by its preimage; the same proof again changes
    /// nothing.</summary>
    [Alias("prove")]
    Task<DuesOutcome> ProveAsync(ProveDueCommand command);

    /// <summary>Gives up an expired invoice that the downloader's node says it did not pay; the next asking brings
    /// another.</summary>
    [Alias("give-up")]
    Task<DuesOutcome> GiveUpAsync(GiveUpDueCommand command);

    /// <summary>Books the hub's or the registry's own share, which the hub's node has received.</summary>
    [Alias("receive")]
    Task<DuesOutcome> ReceiveAsync(ReceiveShareCommand command);

    /// <summary>Writes off what nobody paid, once the grace after the channel's close is over.</summary>
    [Alias("sweep")]
    Task SweepAsync();
}
