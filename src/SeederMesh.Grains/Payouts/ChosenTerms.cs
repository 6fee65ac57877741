using SeederMesh.Core.Identity;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Grains.Payouts;

/// <summary>The terms of a payee that are in force because somebody chose them, and whether that was the payee.</summary>
/// <remarks>
/// A payee of manifests is its destinations (<see cref="Core.Manifests.Payee.Id"/>), and anybody can name anybody's. So
/// whoever has a key there speaks for itself, and nobody else for it; for one without a key the creator that names it
/// may choose, as long as no other creator names it too: from then on the hub's own terms hold, and nobody can keep back
/// what another's work earned.
/// </remarks>
/// <param name="Record">The terms.</param>
/// <param name="IsOthers">Whether a creator chose for a payee that cannot speak for itself.</param>
public sealed record ChosenTerms(PayoutTermsRecord Record, bool IsOthers)
{
    /// <summary>The terms in force; null where the hub's own are.</summary>
    public static async Task<ChosenTerms?> FindAsync(LedgerReader reader, Id128 payeeId)
    {
        if (await reader.FindPayoutTermsAsync(payeeId) is not { } terms || await reader.FindPayeeAsync(payeeId) is not { } payee)
        {
            return null;
        }

        bool isOthers = payee.OwnDid is null;
        return isOthers && await reader.CountNamingsAsync(payeeId) > 1 ? null : new ChosenTerms(terms, isOthers);
    }

    /// <summary>Whether a key may choose a payee's terms, and have it paid at once.</summary>
    /// <param name="reader">The ledger.</param>
    /// <param name="payee">The payee.</param>
    /// <param name="caller">The key, as a DID.</param>
    /// <returns>Null when it may; else why not, as a sentence.</returns>
    public static async Task<string?> FindRefusalAsync(LedgerReader reader, PayeeRecord payee, string caller) => payee switch
    {
        { OwnDid: { } own } => own == caller
            ? null
            : "The payee speaks for itself: sign with the seeder's own key, or with the one that its withdraw: endpoint names.",
        _ when !await reader.IsNamedByAsync(payee.Id, caller) => "Sign with the key of the creator whose manifests name the payee.",
        _ when await reader.CountNamingsAsync(payee.Id) > 1 =>
            "Several creators name this payee, so none of them chooses for it: the hub's own terms hold.",
        _ => null,
    };
}
