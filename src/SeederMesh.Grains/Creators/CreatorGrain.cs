using Orleans;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Grains.Direct;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Grains.Creators;

/// <summary>One creator's statement, read from the ledger. Keeps what manifests say, which never changes.</summary>
public sealed class CreatorGrain(LedgerStore ledger) : Grain, ICreatorGrain
{
    private readonly Dictionary<Digest, (string Name, IReadOnlyList<Payee> Payees)> read = [];

    /// <inheritdoc/>
    public async Task<CreatorView?> GetAsync()
    {
        string did = this.GetPrimaryKeyString();
        IReadOnlyList<ManifestRecord> records = await ledger.Reader.ListManifestsAsync(did);
        if (records.Count == 0)
        {
            return null;
        }

        var manifests = new List<CreatorManifestView>();
        var payees = new Dictionary<Id128, CreatorPayeeView>();
        foreach (ManifestRecord record in records)
        {
            (string name, IReadOnlyList<Payee> named) = Read(record);
            ManifestTotals totals = await ledger.Reader.SumManifestAsync(record.Infohash, record.Digest);
            manifests.Add(new CreatorManifestView
            {
                ManifestDigest = record.Digest.ToString(),
                Infohash = record.Infohash.ToString(),
                Name = name,
                Sequence = record.Sequence,
                RegisteredUnixMs = record.RegisteredUnixMs,
                Channels = totals.Channels,
                SettledMsat = totals.Settled.Value,
                UploadedBytes = totals.Bytes,
            });
            foreach (Payee payee in named)
            {
                if (!payees.ContainsKey(payee.Id))
                {
                    payees.Add(payee.Id, await ReadAsync(payee));
                }
            }
        }

        return new CreatorView { Did = did, Manifests = [.. manifests], Payees = [.. payees.Values] };
    }

    private (string Name, IReadOnlyList<Payee> Payees) Read(ManifestRecord record)
    {
        if (!read.TryGetValue(record.Digest, out (string Name, IReadOnlyList<Payee> Payees) known))
        {
            Manifest manifest = SignedManifest.Verify(record.Body).Signed!.Manifest;
            known = (manifest.Torrent.Name, manifest.Payment?.Payees ?? []);
            read.Add(record.Digest, known);
        }

        return known;
    }

    private async Task<CreatorPayeeView> ReadAsync(Payee payee) => new()
    {
        PayeeId = payee.Id.ToString(),
        Name = payee.Name,
        Endpoints = [.. payee.Endpoints.Select(endpoint => endpoint.ToString())],
        Balance = await PayeeBalance.ReadAsync(ledger.Reader, payee.Id),
        Direct = await DirectBalance.ReadAsync(ledger.Reader, payee.Id),
    };
}
