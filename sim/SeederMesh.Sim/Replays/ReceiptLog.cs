using SeederMesh.Core;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Core.Splits;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Sim.Replays;

/// <summary>What one grant's receipts came to.</summary>
/// <param name="Seeder">Who uploaded.</param>
/// <param name="Bytes">All of its bytes.</param>
/// <param name="Receipts">How many receipts, one for each piece.</param>
internal sealed record LoggedGrant(PublicKey Seeder, long Bytes, long Receipts);

/// <summary>One channel: its grants in the order of their first settlement, and the terms that applied.</summary>
internal sealed record LoggedChannel(Id128 Id, PricePerMebibyte Price, SplitPolicy Split, IReadOnlyList<LoggedGrant> Grants);

/// <summary>The settled receipts of a hub, read from its ledger.</summary>
internal static class ReceiptLog
{
    /// <summary>Reads every channel of a ledger that no hub has open: a stopped hub's <c>hub.db</c>, or a
    /// copy.</summary>
    /// <exception cref="LedgerInUseException">A hub is running on it.</exception>
    /// <exception cref="LedgerDatabaseException">It is no ledger.</exception>
    public static async Task<IReadOnlyList<LoggedChannel>> ReadAsync(string path, CancellationToken cancellation)
    {
        using LedgerStore ledger = LedgerStore.OpenSqlite(path);
        var channels = new List<LoggedChannel>();
        foreach (ChannelStatus status in Enum.GetValues<ChannelStatus>().Where(status => status != ChannelStatus.None))
        {
            Id128 after = default;
            IReadOnlyList<ChannelRecord> page;
            do
            {
                cancellation.ThrowIfCancellationRequested();
                page = await ledger.Reader.ListChannelsAsync(status, after);
                foreach (ChannelRecord record in page)
                {
                    after = record.Id;
                    if (await ReadChannelAsync(ledger.Reader, record) is { } channel)
                    {
                        channels.Add(channel);
                    }
                }
            }
            while (page.Count == LedgerReader.PageMax);
        }

        return channels;
    }

    private static async Task<LoggedChannel?> ReadChannelAsync(LedgerReader reader, ChannelRecord record)
    {
        var grants = new List<(long Order, LoggedGrant Grant, Msat Price)>();
        foreach (GrantRecord grant in await reader.ListGrantsAsync(record.Id))
        {
            if (grant.SettledBytes > 0)
            {
                // The first transfer of a grant's account sets its limit aside, the second is its first settlement.
                IReadOnlyList<PostedTransfer> transfers = await reader.ListTransfersAsync(AccountOpening.Grant(grant.Id).Id, 0, 2);
                grants.Add((
                    transfers[^1].Sequence, new LoggedGrant(grant.SeederKey, grant.SettledBytes, grant.LastSequence),
                        grant.PricePerMib));
            }
        }

        if (grants.Count == 0)
        {
            return null;
        }

        ManifestRecord manifest = await reader.FindManifestAsync(record.ManifestDigest)
            ?? throw new InvariantViolationException("a channel's manifest is registered");
        SplitPolicy split = SignedManifest.Verify(manifest.Body).Signed?.Manifest.Payment?.ToSplitPolicy()
            ?? throw new InvariantViolationException("a registered manifest that is paid for is valid");
        return new LoggedChannel(
            record.Id, new PricePerMebibyte(grants[0].Price.Value), split, [.. grants.OrderBy(entry =>
                entry.Order).Select(entry => entry.Grant)]);
    }
}
