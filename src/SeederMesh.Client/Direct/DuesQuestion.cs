using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Client;

/// <summary>How a direct channel's downloader asks what it owes.</summary>
/// <param name="PaysOffers">Whether its wallet pays BOLT 12 invoices.</param>
/// <param name="After">The version of the last answer; empty for one at once.</param>
/// <param name="Wait">How long the hub waits for another version, at most ten seconds.</param>
/// <param name="Least">Payees that are not worth less, because of their routes.</param>
internal sealed record DuesQuestion(
    bool PaysOffers, string After, TimeSpan Wait, IReadOnlyList<KeyValuePair<Id128, Msat>> Least)
{
    /// <summary>The question as a query.</summary>
    public string ToQuery() => string.Join(
        '&',
        Least.Select(least => $"least={least.Key}:{least.Value.Value}")
            .Prepend(PaysOffers ? "offers=true" : "offers=false")
            .Append(After.Length == 0 ? "" : $"after={Uri.EscapeDataString(After)}&waitMs={(int)Wait.TotalMilliseconds}")
            .Where(part => part.Length > 0));
}
