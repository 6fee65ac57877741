using Orleans;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Postings;

namespace SeederMesh.Grains;

/// <summary>A grain whose state is records of the ledger: it stores by posting, and never guesses after a write that
/// threw.</summary>
/// <param name="ledger">Where it stores.</param>
public abstract class LedgerGrain(LedgerStore ledger) : Grain
{
    /// <summary>Where it stores and loads.</summary>
    protected LedgerStore Ledger { get; } = ledger;

    /// <summary>Stores, and returns once it is durable.</summary>
    /// <exception cref="LedgerUnavailableException">The outcome is unknown; the activation ends, and the next one loads
    /// what is stored.</exception>
    /// <exception cref="StaleGrainException">Somebody else wrote meanwhile; the activation ends.</exception>
    protected async Task StoreAsync(Posting posting)
    {
        PostingResult result = await TryStoreAsync(posting);
        if (!result.IsPosted)
        {
            DeactivateOnIdle();
            throw new StaleGrainException($"The ledger refused a posting ({result.Outcome}, {result.Transfer}): {result.Detail}");
        }
    }

    /// <summary>Stores, and whatever becomes of that has somebody looked at: where the answer is lost the posting may be
    /// durable, a repeat of the command then changes nothing, and nobody else would say so.</summary>
    /// <param name="posting">What may be owed.</param>
    /// <param name="note">Has whoever is owed looked at; a look in vain costs nothing.</param>
    /// <exception cref="LedgerUnavailableException">The outcome is unknown; the activation ends, and the next one loads
    /// what is stored.</exception>
    /// <exception cref="StaleGrainException">Somebody else wrote meanwhile; the activation ends.</exception>
    protected async Task StoreAndNoteAsync(Posting posting, Action note)
    {
        try
        {
            await StoreAsync(posting);
        }
        finally
        {
            note();
        }
    }

    /// <summary>Stores, or answers why the ledger refuses.</summary>
    /// <exception cref="LedgerUnavailableException">The outcome is unknown; the activation ends, and the next one loads
    /// what is stored.</exception>
    protected async Task<PostingResult> TryStoreAsync(Posting posting)
    {
        try
        {
            return await Ledger.PostAsync(posting);
        }
        catch (Exception)
        {
            DeactivateOnIdle();
            throw;
        }
    }
}

/// <summary>An activation decided on state that is no longer the stored one; send the command again.</summary>
/// <param name="message">What the ledger said.</param>
public sealed class StaleGrainException(string message) : Exception(message);
