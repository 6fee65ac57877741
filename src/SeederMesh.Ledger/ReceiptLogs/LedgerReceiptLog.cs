using System.Data.Common;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Ledger.Audit;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Ledger.ReceiptLogs;

/// <summary>Reads the receipt log of a hub from its database alone.</summary>
/// <remarks>Read-only, in one snapshot, while a hub may be running. Memory holds one channel's grants and one settlement
/// at a time.</remarks>
public static class LedgerReceiptLog
{
    private const int ChannelsPage = 1_000;

    /// <summary>Hands over every entry, in the order that <see cref="ReceiptLogEntry"/> states.</summary>
    /// <param name="databasePath">The ledger's file.</param>
    /// <param name="take">Takes an entry; what it throws ends the reading.</param>
    /// <param name="cancellation">Ends it between two entries.</param>
    /// <exception cref="LedgerDatabaseException">There is no such file, it is not a ledger of this program's version, or
    /// what it holds does not verify.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void Read(string databasePath, Action<ReceiptLogEntry> take, CancellationToken cancellation = default) =>
        LedgerAudit.Inspect(databasePath, (session, _) =>
        {
            foreach (ManifestEntry manifest in session.Rows(
                "SELECT digest, body FROM manifest WHERE digest IN (SELECT manifest_digest FROM channel) ORDER BY digest",
                row => ReadManifest(row.Digest(0), row.Blob(1))))
            {
                Take(manifest);
            }

            Id128 after = default;
            List<ChannelEntry> page;
            do
            {
                page = session.Rows(
                    "SELECT id, manifest_digest, created_unix_ms, mode FROM channel "
                        + $"WHERE id > x'{after}' ORDER BY id LIMIT {ChannelsPage}",
                    row => new ChannelEntry(
                        row.Id(0), row.Digest(1), row.Number(2), (ChannelMode)row.Number(3) == ChannelMode.Direct)).ToList();
                foreach (ChannelEntry channel in page)
                {
                    after = channel.Id;
                    Take(channel);
                    ReadGrants(session, channel.Id, Take);
                }
            }
            while (page.Count == ChannelsPage);

            void Take(ReceiptLogEntry entry)
            {
                cancellation.ThrowIfCancellationRequested();
                take(entry);
            }
        });

    private static ManifestEntry ReadManifest(Digest digest, byte[] body) =>
        SignedManifest.Verify(body).Signed?.Manifest is { Payment: { } payment } manifest
            ? new ManifestEntry(
                digest, manifest.Torrent.InfohashV2, new PricePerMebibyte(payment.PricePerMiB.Value), payment.ToSplitPolicy())
            : throw new LedgerDatabaseException($"Manifest {digest} does not verify, or asks for no payment; see \"mesh audit\".");

    /// <summary>A grant's first settlement starts with receipt 1, and rows of settlements stand in the order of their
    /// postings.</summary>
    private static void ReadGrants(AuditSession session, Id128 channel, Action<ReceiptLogEntry> take)
    {
        foreach (GrantEntry grant in session.Rows(
            "SELECT g.id, g.seeder_key, g.price_per_mib_msat, g.limit_msat, g.created_unix_ms FROM \"grant\" g "
                + "LEFT JOIN settlement s ON s.grant_id = g.id AND s.first_sequence = 1 "
                + $"WHERE g.channel_id = x'{channel}' ORDER BY s.rowid IS NULL, s.rowid, g.id",
            row => new GrantEntry(
                row.Id(0), row.Key(1), new PricePerMebibyte(row.Number(2)), row.Amount(3), row.Number(4))).ToList())
        {
            take(grant);
            foreach (SettlementEntry settlement in session.Rows(
                "SELECT first_sequence, bytes, amount_msat, settled_unix_ms, receipts FROM settlement "
                    + $"WHERE grant_id = x'{grant.Id}' ORDER BY first_sequence",
                row => ReadSettlement(grant, row)))
            {
                take(settlement);
            }
        }
    }

    private static SettlementEntry ReadSettlement(GrantEntry grant, DbDataReader row) =>
        ReceiptRunCodec.TryRead(row.Blob(4), default, out ReceiptRun? run, out string error)
            ? new SettlementEntry(grant.Seeder, row.Number(0), row.Number(1), row.Amount(2), row.Number(3), run!.Entries)
            : throw new LedgerDatabaseException($"Receipt {row.Number(0)} of grant {grant.Id}: {error} See \"mesh audit\".");
}
