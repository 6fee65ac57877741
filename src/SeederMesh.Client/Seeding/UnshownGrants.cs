using System.Collections.Concurrent;
using SeederMesh.Core.Identity;

namespace SeederMesh.Client;

/// <summary>Gives back grants of direct channels that nobody showed to this seeder: their downloaders stopped between
/// asking the hub and connecting.</summary>
/// <remarks>
/// The hub trusts a downloader that pays by itself only up to a small window, which such grants would fill until they
/// expire. One that the hub lists at two looks in a row, and that is not known here, is closed, and refused if it is shown
/// after all. Thread safe.
/// </remarks>
internal sealed class UnshownGrants(ReceiptStore store)
{
    /// <summary>Ids that are remembered; far more than are given within the seconds that matter.</summary>
    private const int RememberedMax = 10_000;

    private readonly ConcurrentDictionary<Id128, bool> given = new();

    /// <summary>Whether a grant was given back.</summary>
    public bool Contains(Id128 grantId) => given.ContainsKey(grantId);

    /// <summary>Closes what was unknown at the last look and still is.</summary>
    /// <param name="client">The hub.</param>
    /// <param name="open">The grants that it lists for this seeder.</param>
    /// <param name="before">What was unknown at the last look.</param>
    /// <param name="settle">Returns when every grant that was being looked at is in the store.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>What is unknown now, for the next look.</returns>
    public async Task<HashSet<Id128>> GiveBackAsync(
        HubClient client,
        IReadOnlyList<SeederGrantInfo> open,
        HashSet<Id128> before,
        Func<Task> settle,
        CancellationToken cancellation)
    {
        HashSet<Id128> unknown = [];
        foreach (SeederGrantInfo grant in open.Where(grant => grant.Direct && !store.IsUsed(grant.GrantId)))
        {
            if (!before.Contains(grant.GrantId))
            {
                unknown.Add(grant.GrantId);
                continue;
            }

            if (given.Count >= RememberedMax)
            {
                given.Clear();
            }

            // Refused from now on; and what was being taken at this moment is in the store after the turn.
            given[grant.GrantId] = true;
            await settle();
            if (store.IsUsed(grant.GrantId))
            {
                given.TryRemove(grant.GrantId, out _);
                continue;
            }

            await client.CloseGrantAsync(grant.ChannelId, grant.GrantId, cancellation);
        }

        return unknown;
    }
}
