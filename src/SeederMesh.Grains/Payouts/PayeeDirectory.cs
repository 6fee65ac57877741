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
public sealed class PayeeDirectory(LedgerStore ledger, PayoutQueue queue)
{
    private const int RememberedMax = 100_000;
    private const int TriesMax = 4;

    private readonly ConcurrentDictionary<(Id128 PayeeId, string Owner), bool> known = new();

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
        if (known.ContainsKey((payee.Id, payee.Owner)))
        {
            return;
        }

        for (int tries = 1; !await TryEnsureAsync(payee); tries++)
        {
            if (tries == TriesMax)
            {
                throw new StaleGrainException("A payee could not be noted: others write it all the time.");
            }
        }

        if (known.Count >= RememberedMax)
        {
            known.Clear();
        }

        known[(payee.Id, payee.Owner)] = true;
    }

    /// <summary>Writes what is missing; false when somebody else wrote at the same time.</summary>
    private async Task<bool> TryEnsureAsync(PayeeRecord payee)
    {
        bool isKnown = await ledger.Reader.FindPayeeAsync(payee.Id) is not null;
        bool isNamed = payee.Kind != PayeeKind.Creator || await ledger.Reader.IsNamedByAsync(payee.Id, payee.Owner);
        LedgerRecord[] missing =
        [
            .. isKnown ? [] : (LedgerRecord[])[payee],
            .. isNamed ? [] : (LedgerRecord[])
            [
                new PayeeNamingRecord
                {
                    Id = PayeeNamingRecord.IdOf(payee.Id, payee.Owner), PayeeId = payee.Id, Creator = payee.Owner,
                },
            ],
        ];
        if (missing.Length == 0)
        {
            return true;
        }

        PostingResult result = await ledger.PostAsync(new Posting { Id = default, Records = missing });
        if (!result.IsPosted && result.Outcome is not (PostingOutcome.RecordOutdated or PostingOutcome.RecordExists))
        {
            throw new StaleGrainException($"A payee could not be noted ({result.Outcome}): {result.Detail}");
        }

        if (result.IsPosted && isKnown)
        {
            // Where another creator chose terms, they end now.
            queue.NoteChanged(payee.Id);
        }

        return result.IsPosted;
    }
}
