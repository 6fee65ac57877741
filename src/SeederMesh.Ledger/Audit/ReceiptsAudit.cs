using System.Data.Common;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Core.Splits;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Sql;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Ledger.Audit;

/// <summary>Proves from the database alone that every settled millisatoshi was signed for, and divided as the manifest
/// says.</summary>
/// <remarks>
/// From the other end than <see cref="LedgerAudit"/>: manifest and grant signatures, each settlement's receipt chain up
/// to the downloader's
/// signature, bytes of each piece against its length, and every payee's part of every channel against the exact share.
/// Read-only, one
/// snapshot. Takes about as long as the hub took to verify the same receipts.
/// </remarks>
public static class ReceiptsAudit
{
    /// <summary>Audits the receipts in a SQLite ledger.</summary>
    /// <param name="databasePath">The ledger's file.</param>
    /// <exception cref="LedgerDatabaseException">There is no such file, or it is not a ledger of this program's
    /// version.</exception>
    public static AuditReport Run(string databasePath) => LedgerAudit.Inspect(databasePath, (session, _) =>
    {
        var walk = new ChannelWalk(session);
        walk.Run();
        Report("each manifest is signed by its creator", walk.Manifests, "manifests", walk.ManifestCount);
        Report("each grant is signed by its hub and says what is stored", walk.Grants, "grants", walk.GrantCount);
        Report("each settlement's receipts lead to a downloader's signature", walk.Chains, "receipts", walk.ReceiptCount);
        Report("no piece is paid for beyond its length", walk.Pieces, "pieces", walk.PieceCount);
        Report("each channel is divided as its manifest says", walk.Splits, "channels", walk.ChannelCount);

        void Report(string name, List<string> offenders, string counted, long count) => session.Check(name, figures =>
        {
            figures.Add(new AuditFigure(counted, count, IsMsat: false));
            return offenders;
        });
    });

    /// <summary>Walks every channel once, noting what does not hold under the check that it breaks.</summary>
    private sealed class ChannelWalk(AuditSession session)
    {
        private readonly Dictionary<Digest, (SplitPolicy Split, PieceMap Layout)> manifests = [];

        public List<string> Manifests { get; } = [];

        public List<string> Grants { get; } = [];

        public List<string> Chains { get; } = [];

        public List<string> Pieces { get; } = [];

        public List<string> Splits { get; } = [];

        public long ManifestCount { get; private set; }

        public long GrantCount { get; private set; }

        public long ReceiptCount { get; private set; }

        public long PieceCount { get; private set; }

        public long ChannelCount { get; private set; }

        public void Run()
        {
            foreach ((byte[] digest, byte[] body) in session.Rows(
                "SELECT digest, body FROM manifest", row => (row.Blob(0), row.Blob(1))))
            {
                ReadManifest(new Digest(digest), body);
            }

            // The rows of a channel are read while no other reader of the snapshot is open.
            foreach ((Id128 id, PublicKey downloader, Digest manifest, bool isClosed, ChannelMode mode) in session.Rows(
                "SELECT id, downloader_key, manifest_digest, status, mode FROM channel",
                row => (row.Id(0), row.Key(1), row.Digest(2), row.Number(3) == (long)Records.ChannelStatus.Closed,
                    (ChannelMode)row.Number(4))).ToList())
            {
                ChannelCount++;
                var accounts = new ChannelAccounts(id, mode);
                if (manifests.TryGetValue(manifest, out (SplitPolicy Split, PieceMap Layout) terms))
                {
                    WalkChannel(accounts, downloader, manifest, terms, isClosed);
                }
                else
                {
                    Manifests.Add($"channel {id}: manifest {manifest} is not there, or does not verify");
                }
            }
        }

        private void ReadManifest(Digest digest, byte[] body)
        {
            ManifestCount++;
            ManifestVerification verified = SignedManifest.Verify(body);
            if (verified.Signed is not { } signed || signed.Digest != digest)
            {
                Manifests.Add($"manifest {digest}: {verified}");
            }
            else if (signed.Manifest.Payment is { } payment)
            {
                manifests[digest] = (payment.ToSplitPolicy(), new PieceMap(signed.Manifest.Torrent));
            }
        }

        private void WalkChannel(
            ChannelAccounts accounts,
            PublicKey downloader,
            Digest manifest,
            (SplitPolicy Split, PieceMap Layout) terms,
            bool isClosed)
        {
            Id128 id = accounts.ChannelId;
            var pieces = new Dictionary<int, long>();
            var bySeeder = new Dictionary<PublicKey, Msat>();
            Msat settled = Msat.Zero;
            foreach ((Id128 grantId, PublicKey seeder, byte[] body, long limit, long price) in session.Rows(
                $"SELECT id, seeder_key, body, limit_msat, price_per_mib_msat FROM \"grant\" WHERE channel_id = {Literal(id)}",
                row => (row.Id(0), row.Key(1), row.Blob(2), row.Number(3), row.Number(4))).ToList())
            {
                GrantCount++;
                if (!SignedGrant.TryRead(body, out SignedGrant? signed, out _)
                    || !signed!.Verify()
                    || signed.Grant is not { } grant
                    || (grant.GrantId, grant.ChannelId, grant.Seeder, grant.Downloader) != (grantId, id, seeder, downloader)
                    || (grant.Limit.Value, grant.Price.Msat, grant.ManifestDigest) != (limit, price, manifest))
                {
                    Grants.Add($"grant {grantId}");
                    continue;
                }

                Msat amount = WalkGrant(grant, terms.Layout, pieces);
                bySeeder[seeder] = bySeeder.GetValueOrDefault(seeder) + amount;
                settled += amount;
            }

            PieceCount += pieces.Count;
            foreach ((int index, long paid) in pieces)
            {
                if (!terms.Layout.TryGetPiece(index, out PieceGeometry piece) || paid > piece.Length)
                {
                    Pieces.Add($"channel {id}, piece {index}: {paid} bytes paid of {piece.Length}");
                }
            }

            CompareSplit(accounts, terms.Split, settled, bySeeder, isClosed);
        }

        /// <summary>Follows a grant's receipts in order; each settlement must go on where the last ended, under a valid
        /// signature.</summary>
        private Msat WalkGrant(Grant grant, PieceMap layout, Dictionary<int, long> pieces)
        {
            ReceiptChain chain = ReceiptChain.Start(grant.Hash());
            foreach ((Id128 id, byte[] receipts, long bytes, long amount) in session.Rows(
                $"SELECT id, receipts, bytes, amount_msat FROM settlement WHERE grant_id = {Literal(grant.GrantId)} "
                + "ORDER BY first_sequence",
                row => (row.Id(0), row.Blob(1), row.Number(2), row.Number(3))))
            {
                if (!ReceiptRunCodec.TryRead(receipts, default, out ReceiptRun? run, out string error) || run!.Anchor != chain)
                {
                    Chains.Add($"settlement {id}: {(error.Length > 0 ? error : "does not follow the one before")}");
                    break;
                }

                UploadReceipt tail = default;
                foreach (ReceiptEntry entry in run.Entries)
                {
                    layout.TryGetPiece(entry.PieceIndex, out PieceGeometry piece);
                    pieces[entry.PieceIndex] = pieces.GetValueOrDefault(entry.PieceIndex) + entry.PieceBytes;
                    tail = chain.Next(grant.GrantId, grant.Price, entry, piece.Root);
                    chain = ReceiptChain.After(tail);
                }

                ReceiptCount += run.Entries.Length;
                long settledBefore = grant.Price.Of(run.Anchor.CumulativeBytes).Value;
                if (!tail.Verify(grant.Downloader, run.TailSignature)
                    || chain.CumulativeBytes - run.Anchor.CumulativeBytes != bytes
                    || tail.CumulativeMsat.Value - settledBefore != amount
                    || tail.CumulativeMsat > grant.Limit)
                {
                    Chains.Add($"settlement {id}: {amount} msat for {bytes} bytes");
                }
            }

            return grant.Price.Of(chain.CumulativeBytes);
        }

        /// <summary>Holds what each receiver was given from one channel against its exact share.</summary>
        private void CompareSplit(
            ChannelAccounts accounts, SplitPolicy split, Msat settled, Dictionary<PublicKey, Msat> bySeeder, bool isClosed)
        {
            Id128 channel = accounts.ChannelId;
            var expected = new Dictionary<Id128, Msat>
            {
                [accounts.Registry.Id] = split.Registry.Of(settled),
                [accounts.Hub.Id] = split.Hub.Of(settled),
            };
            foreach (PayeeShare payee in split.Payees)
            {
                expected[accounts.Payee(payee.Payee).Id] = payee.Share.Of(settled);
            }

            foreach ((PublicKey seeder, Msat amount) in bySeeder)
            {
                Id128 account = accounts.Payee(PayeeRecord.IdOfSeeder(seeder)).Id;
                expected[account] = expected.GetValueOrDefault(account) + split.Seeders.Of(amount);
            }

            long given = 0;
            foreach ((Id128 account, long received) in session.Rows(
                "SELECT a.id, CAST(SUM(t.amount_msat) AS BIGINT) FROM transfer t JOIN account a ON a.number = t.credit_account "
                + $"WHERE t.code IN ({(int)TransferCode.Settlement}, {(int)TransferCode.CarryReleased}) "
                + $"AND a.kind NOT IN ({(int)AccountKind.Carry}, {(int)AccountKind.DirectCarry}) "
                + $"AND (t.user_data = {Literal(channel)} OR t.user_data IN (SELECT s.id FROM settlement s JOIN \"grant\" g "
                + $"ON g.id = s.grant_id WHERE g.channel_id = {Literal(channel)})) GROUP BY a.id",
                row => (row.Id(0), row.Number(1))))
            {
                given += received;
                expected.Remove(account, out Msat share);

                // The carry that a close hands out is at most one msat for each receiver.
                if (received < share.Value || received > share.Value + (isClosed ? 1 : 0))
                {
                    Splits.Add($"channel {channel}, account {account}: {received} msat of {share.Value}");
                }
            }

            foreach ((Id128 account, Msat share) in expected)
            {
                if (!share.IsZero)
                {
                    Splits.Add($"channel {channel}, account {account}: nothing of {share.Value} msat");
                }
            }

            if (isClosed && given != settled.Value)
            {
                Splits.Add($"channel {channel}: {given} msat handed out of {settled.Value}");
            }
        }

        private static string Literal(Id128 id) => $"x'{id}'";
    }
}
