using Orleans;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Grains.Torrents;

/// <summary>The contributions to one torrent, added up from the ledger's grants.</summary>
public sealed class TorrentGrain(LedgerStore ledger) : Grain, ITorrentGrain
{
    private (Digest Manifest, string Name) named;

    /// <inheritdoc/>
    public async Task<TorrentView?> GetAsync()
    {
        if (!Digest.TryParseHex(this.GetPrimaryKeyString(), out Digest infohash)
            || await ledger.Reader.FindManifestOfTorrentAsync(infohash) is not { } record)
        {
            return null;
        }

        if (named.Manifest != record.Digest)
        {
            // Reading a manifest of many files takes long: once for each version.
            named = (record.Digest, SignedManifest.Verify(record.Body).Signed!.Manifest.Torrent.Name);
        }

        ManifestTotals totals = await ledger.Reader.SumManifestAsync(infohash, record.Digest);
        var seeders = new List<ContributionView>();
        foreach (Contribution contribution in await ledger.Reader.ListContributionsAsync(infohash))
        {
            SeederRecord? seeder = await ledger.Reader.FindSeederAsync(contribution.SeederKey);
            seeders.Add(new ContributionView
            {
                SeederKey = contribution.SeederKey.ToString(),
                Name = seeder?.Name ?? "",
                UploadedBytes = contribution.Bytes,
                Receipts = contribution.Receipts,
                SettledMsat = contribution.Amount.Value,
            });
        }

        return new TorrentView
        {
            Infohash = infohash.ToString(),
            ManifestDigest = record.Digest.ToString(),
            Name = named.Name,
            Channels = totals.Channels,
            Seeders = [.. seeders],
        };
    }
}
