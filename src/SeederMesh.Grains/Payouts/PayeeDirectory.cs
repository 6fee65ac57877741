using System.Collections.Concurrent;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Grains.Manifests;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Grains.Payouts;

/// <summary>Makes sure that everybody who can earn stands in the ledger as a payee before anything is owed to
/// them.</summary>
/// <remarks>Thread safe and idempotent. Remembers whom it has seen, at most <see cref="RememberedMax"/>.</remarks>
public sealed class PayeeDirectory(LedgerStore ledger)
{
    private const int RememberedMax = 100_000;

    private readonly ConcurrentDictionary<Id128, bool> known = new();

    /// <summary>Notes the named payees of a manifest, with their endpoints as destination, best first, one a
    /// line.</summary>
    public Task EnsureAsync(PaidManifest manifest) => EnsureAsync(manifest.Creator, manifest.Payees);

    /// <summary>Notes the named payees of a creator's manifest, whether it asks a price or not.</summary>
    public async Task EnsureAsync(string creator, IEnumerable<Payee> payees)
    {
        foreach (Payee payee in payees)
        {
            await EnsurePayeeAsync(payee.Id, creator, payee.Endpoints.Select(endpoint => endpoint.ToString()));
        }
    }

    /// <summary>Notes one payee of a creator's manifests.</summary>
    /// <param name="payeeId">The payee.</param>
    /// <param name="creator">The creator's DID.</param>
    /// <param name="endpoints">Where it is paid, the best first.</param>
    public Task EnsurePayeeAsync(Id128 payeeId, string creator, IEnumerable<string> endpoints) => EnsureAsync(new PayeeRecord
    {
        Id = payeeId,
        Kind = PayeeKind.Creator,
        Owner = creator,
        Destination = string.Join('\n', endpoints),
    });

    /// <summary>Notes a seeder; its destination follows when it registers.</summary>
    public Task EnsureSeederAsync(PublicKey seeder) =>
        EnsureAsync(new PayeeRecord { Id = PayeeRecord.IdOfSeeder(seeder), Kind = PayeeKind.Seeder, Owner = seeder.ToString() });

    /// <summary>Notes the hub and its registry, for their shares of direct channels.</summary>
    public async Task EnsureHubAsync(PublicKey hub)
    {
        await EnsureAsync(new PayeeRecord { Id = PayeeRecord.HubId, Kind = PayeeKind.Hub, Owner = hub.ToString() });
        await EnsureAsync(new PayeeRecord { Id = PayeeRecord.RegistryId, Kind = PayeeKind.Registry, Owner = hub.ToString() });
    }

    private async Task EnsureAsync(PayeeRecord payee)
    {
        if (known.ContainsKey(payee.Id))
        {
            return;
        }

        if (await ledger.Reader.FindPayeeAsync(payee.Id) is null)
        {
            // Somebody else may write it at the same time: either way it is there afterwards.
            PostingResult result = await ledger.PostAsync(new Posting { Id = default, Records = [payee] });
            if (!result.IsPosted && result.Outcome != PostingOutcome.RecordOutdated)
            {
                throw new StaleGrainException($"A payee could not be noted ({result.Outcome}): {result.Detail}");
            }
        }

        if (known.Count >= RememberedMax)
        {
            known.Clear();
        }

        known[payee.Id] = true;
    }
}
