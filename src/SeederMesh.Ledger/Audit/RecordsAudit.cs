using SeederMesh.Core.Identity;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Ledger.Audit;

/// <summary>The checks that tie domain records to the transfers that moved their money, from receipt to
/// preimage.</summary>
internal sealed class RecordsAudit(AuditSession session)
{
    private const string DistinctEarningCodes = "(3, 5)";

    private Dictionary<Id128, long> balances = [];
    private Dictionary<Id128, ChannelAccounts> channels = [];
    private Dictionary<Id128, ChannelAccounts> channelsByGrant = [];

    public void Run()
    {
        balances = session.Rows(
            $"SELECT id, credits_posted - debits_posted FROM account WHERE kind IN ({(int)AccountKind.Channel}, "
            + $"{(int)AccountKind.Grant}, {(int)AccountKind.Carry}, {(int)AccountKind.DirectChannel}, "
            + $"{(int)AccountKind.DirectGrant}, {(int)AccountKind.DirectCarry})",
            row => (Id: row.Id(0), Balance: row.Number(1))).ToDictionary(item => item.Id, item => item.Balance);
        channels = session.Rows(
            "SELECT id, mode FROM channel", row => new ChannelAccounts(row.Id(0), (ChannelMode)row.Number(1)))
            .ToDictionary(accounts => accounts.ChannelId);
        channelsByGrant = session.Rows(
            "SELECT id, channel_id FROM \"grant\"", row => (Id: row.Id(0), Channel: row.Id(1)))
            .ToDictionary(grant => grant.Id, grant => channels.GetValueOrDefault(grant.Channel));
        session.Check("each settlement's legs equal its amount, from its grant", FindWrongSettlements);
        session.Check("each leg belongs to a settlement", FindOrphanedLegs);
        session.Check("each grant settles what its settlements say, within its limit", FindWrongGrants);
        session.Check("each channel: funded = settled + open + refunded", FindWrongChannels);
        session.Check("each payee's credits are its settlements", FindWrongPayees);
        session.Check("each payout has one transfer chain that agrees with its state", FindWrongPayouts);
        session.Check("each pending transfer has its payout", FindOrphanedReservations);
        session.Check("each preimage hashes to its payment hash, and no hash is used twice", FindWrongPreimages);
        session.Check("each payout's lines add up", FindWrongLines);
        session.Check("each paid invoice was booked once", FindWrongInvoices);
        session.Check("each donation went to payees in full, once", FindWrongDonations);
        new DirectAudit(session).Run();
    }

    private IEnumerable<string> FindWrongSettlements(List<AuditFigure> figures)
    {
        long total = 0;
        var rows = session.Rows(
            "SELECT s.id, s.grant_id, s.amount_msat, d.id, CAST(SUM(t.amount_msat) AS BIGINT) FROM settlement s "
            + $"LEFT JOIN (SELECT * FROM transfer WHERE code = {(int)TransferCode.Settlement} AND kind = 0) t "
            + "ON t.user_data = s.id LEFT JOIN account d ON d.number = t.debit_account "
            + "GROUP BY s.id, s.grant_id, s.amount_msat, d.id",
            row => (
                Id: row.Id(0),
                Grant: row.Id(1),
                Amount: row.Number(2),
                Debit: row.OptionalId(3),
                Legs: row.OptionalNumber(4) ?? 0));
        foreach (var (id, grant, amount, debit, legs) in rows)
        {
            total += amount;
            if (legs != amount || (legs > 0 && debit != channelsByGrant.GetValueOrDefault(grant).Grant(grant).Id))
            {
                yield return $"settlement {id}: amount {amount}, legs {legs} from account {debit}";
            }
        }

        figures.Add(new AuditFigure("settled", total));
    }

    private IEnumerable<string> FindOrphanedLegs(List<AuditFigure> figures)
    {
        figures.Add(new AuditFigure(
            "legs", session.Number($"SELECT COUNT(*) FROM transfer WHERE code IN {DistinctEarningCodes}"), IsMsat: false));
        return session.Rows(
            $"SELECT t.id FROM transfer t WHERE (t.code = {(int)TransferCode.Settlement} "
            + "AND (t.user_data IS NULL OR t.user_data NOT IN (SELECT id FROM settlement))) "
            + $"OR (t.code = {(int)TransferCode.CarryReleased} AND (t.user_data IS NULL OR "
            + "(t.user_data NOT IN (SELECT id FROM settlement) AND t.user_data NOT IN (SELECT id FROM channel))))",
            row => $"transfer {row.Id(0)}");
    }

    private IEnumerable<string> FindWrongGrants(List<AuditFigure> figures)
    {
        int count = 0;
        var rows = session.Rows(
            "SELECT g.id, g.limit_msat, g.settled_msat, g.settled_bytes, g.last_sequence, g.status, "
            + "CAST(COALESCE(SUM(s.amount_msat), 0) AS BIGINT), CAST(COALESCE(SUM(s.bytes), 0) AS BIGINT), "
            + "COALESCE(MAX(s.last_sequence), 0) FROM \"grant\" g LEFT JOIN settlement s ON s.grant_id = g.id GROUP BY g.id, "
            + "g.limit_msat, g.settled_msat, g.settled_bytes, g.last_sequence, g.status",
            row => (
                Id: row.Id(0),
                Limit: row.Number(1),
                Settled: row.Number(2),
                Bytes: row.Number(3),
                Last: row.Number(4),
                Status: (GrantStatus)row.Number(5),
                Amounts: row.Number(6),
                RunBytes: row.Number(7),
                RunLast: row.Number(8)));
        foreach (var grant in rows)
        {
            count++;
            long escrow = balances.GetValueOrDefault(channelsByGrant[grant.Id].Grant(grant.Id).Id);
            long expected = grant.Status == GrantStatus.Open ? grant.Limit - grant.Settled : 0;
            if (grant.Settled > grant.Limit || grant.Settled != grant.Amounts || grant.Bytes != grant.RunBytes
                || grant.Last != grant.RunLast || escrow != expected)
            {
                yield return $"grant {grant.Id}: limit {grant.Limit}, settled {grant.Settled}, settlements {grant.Amounts}, "
                    + $"escrow {escrow} of {expected}";
            }
        }

        figures.Add(new AuditFigure("grants", count, IsMsat: false));
        foreach (string overlap in session.Rows(
            "SELECT s.id FROM settlement s JOIN settlement o ON o.grant_id = s.grant_id "
            + "AND o.first_sequence > s.first_sequence AND o.first_sequence <= s.last_sequence",
            row => $"settlement {row.Id(0)} overlaps a later one"))
        {
            yield return overlap;
        }
    }

    private IEnumerable<string> FindWrongChannels(List<AuditFigure> figures)
    {
        Dictionary<Id128, long> funding = SumByUserData(
            $"code IN ({(int)TransferCode.Funding}, {(int)TransferCode.DirectPromised}) AND kind = 0");
        Dictionary<Id128, long> released = SumByUserData($"code = {(int)TransferCode.DirectReleased} AND kind = 0");
        Dictionary<Id128, long> refunds = session.Rows(
            "SELECT channel_id, CAST(SUM(amount_msat) AS BIGINT) FROM payout WHERE channel_id IS NOT NULL AND status = 3 "
            + "GROUP BY channel_id",
            row => (Id: row.Id(0), Sum: row.Number(1))).ToDictionary(item => item.Id, item => item.Sum);

        // Where the hub's revenue did not cover a refund's route, the channel bore the fee.
        Dictionary<Id128, long> fees = session.Rows(
            "SELECT a.id, CAST(SUM(t.amount_msat) AS BIGINT) FROM transfer t JOIN account a ON a.number = t.debit_account "
            + $"WHERE t.code = {(int)TransferCode.RoutingFeeCharged} AND a.kind = {(int)AccountKind.Channel} GROUP BY a.id",
            row => (Id: row.Id(0), Sum: row.Number(1))).ToDictionary(item => item.Id, item => item.Sum);
        ILookup<Id128, (Id128 Id, long Settled)> grants = session.Rows(
            "SELECT channel_id, id, settled_msat FROM \"grant\"",
            row => (Channel: row.Id(0), Id: row.Id(1), Settled: row.Number(2)))
            .ToLookup(item => item.Channel, item => (item.Id, item.Settled));
        long totalFunded = 0;
        long totalOpen = 0;
        var rows = session.Rows(
            "SELECT id, funded_msat, settled_msat, refunded_msat, status FROM channel",
            row => (Id: row.Id(0), Funded: row.Number(1), Settled: row.Number(2), Refunded: row.Number(3), Status: row.Number(4)));
        foreach (var channel in rows)
        {
            ChannelAccounts accounts = channels[channel.Id];
            long open = balances.GetValueOrDefault(accounts.Channel.Id)
                + grants[channel.Id].Sum(grant => balances.GetValueOrDefault(accounts.Grant(grant.Id).Id));
            long settled = grants[channel.Id].Sum(grant => grant.Settled);
            totalFunded += channel.Funded;
            totalOpen += open;
            long gone = refunds.GetValueOrDefault(channel.Id) + fees.GetValueOrDefault(AccountOpening.Channel(channel.Id).Id)
                + released.GetValueOrDefault(channel.Id);
            bool isClosed = channel.Status == (long)ChannelStatus.Closed;
            bool isDone = !isClosed || balances.GetValueOrDefault(accounts.Carry.Id) == 0;
            if (channel.Funded != funding.GetValueOrDefault(channel.Id) || channel.Settled != settled
                || channel.Refunded != (isClosed ? channel.Funded - channel.Settled : 0)
                || channel.Funded != channel.Settled + open + gone || !isDone)
            {
                yield return $"channel {channel.Id}: funded {channel.Funded} (booked {funding.GetValueOrDefault(channel.Id)}), "
                    + $"settled {channel.Settled} (grants {settled}), open {open}, "
                    + $"refunded {channel.Refunded} (paid {refunds.GetValueOrDefault(channel.Id)})";
            }
        }

        figures.Add(new AuditFigure("funded", totalFunded));
        figures.Add(new AuditFigure("open", totalOpen));
    }

    private IEnumerable<string> FindWrongPayees(List<AuditFigure> figures)
    {
        long earned = session.Number(
            "SELECT SUM(t.amount_msat) FROM transfer t JOIN account c ON c.number = t.credit_account "
            + $"WHERE c.kind = {(int)AccountKind.Payee} AND t.code IN (3, 5, 10, 20) AND t.kind = 0");
        figures.Add(new AuditFigure("earned by payees", earned));
        return session.Rows(
            "SELECT a.id, a.credits_posted, CAST(COALESCE(SUM(t.amount_msat), 0) AS BIGINT) FROM account a "
            + "LEFT JOIN (SELECT * FROM transfer WHERE kind = 0 AND code IN (3, 5, 10, 20)) t ON t.credit_account = a.number "
            + $"WHERE a.kind = {(int)AccountKind.Payee} GROUP BY a.id, a.credits_posted "
            + "HAVING a.credits_posted <> COALESCE(SUM(t.amount_msat), 0)",
            row => $"payee account {row.Id(0)}: credits {row.Number(1)}, earned {row.Number(2)}");
    }

    private IEnumerable<string> FindWrongPayouts(List<AuditFigure> figures)
    {
        Dictionary<Id128, long> fees = SumByUserData($"code = {(int)TransferCode.RoutingFeePaid} AND kind = 0");
        var rows = session.Rows(
            "SELECT p.id, p.payee_id, p.channel_id, p.amount_msat, p.fee_paid_msat, p.status, t.amount_msat, t.kind, t.code, "
            + "d.id, r.kind, r.amount_msat, p.fee_limit_msat FROM payout p LEFT JOIN transfer t ON t.id = p.id "
            + "LEFT JOIN account d ON d.number = t.debit_account LEFT JOIN transfer r ON r.pending = t.sequence",
            row => (
                Id: row.Id(0),
                Payee: row.OptionalId(1),
                Channel: row.OptionalId(2),
                Amount: row.Number(3),
                Fee: row.Number(4),
                Status: (PayoutStatus)row.Number(5),
                Reserved: row.OptionalNumber(6),
                Kind: row.OptionalNumber(7),
                Code: row.OptionalNumber(8),
                Debit: row.OptionalId(9),
                Resolution: row.OptionalNumber(10),
                Moved: row.OptionalNumber(11),
                FeeLimit: row.Number(12)));
        long paid = 0;
        foreach (var payout in rows)
        {
            bool isRefund = payout.Payee.IsNone;
            Id128 source = isRefund ? AccountOpening.Channel(payout.Channel).Id : AccountOpening.Payee(payout.Payee).Id;
            long? resolution = payout.Status switch
            {
                PayoutStatus.Succeeded => (long)TransferKind.PostPending,
                PayoutStatus.Failed => (long)TransferKind.VoidPending,
                _ => null,
            };
            paid += payout.Status == PayoutStatus.Succeeded ? payout.Amount : 0;

            // What the payee bears of the fee limit is set aside beside the amount; only the amount is ever
            // moved.
            bool isReserved = payout.Reserved >= payout.Amount && payout.Reserved <= payout.Amount + payout.FeeLimit;
            long? moved = payout.Status == PayoutStatus.Failed ? payout.Reserved : payout.Amount;
            if (!isReserved || payout.Kind != (long)TransferKind.Pending
                || payout.Code != (long)(isRefund ? TransferCode.Refund : TransferCode.Payout) || payout.Debit != source
                || payout.Resolution != resolution || (resolution is not null && payout.Moved != moved)
                || payout.Fee != fees.GetValueOrDefault(payout.Id))
            {
                yield return $"payout {payout.Id}: {payout.Status}, amount {payout.Amount}, reserved {payout.Reserved ?? 0}, "
                    + $"fee {payout.Fee} (booked {fees.GetValueOrDefault(payout.Id)})";
            }
        }

        figures.Add(new AuditFigure("paid out", paid));
        figures.Add(new AuditFigure("routing fees of payouts", fees.Values.Sum()));
    }

    private IEnumerable<string> FindOrphanedReservations(List<AuditFigure> figures)
    {
        figures.Add(new AuditFigure("payouts", session.Number("SELECT COUNT(*) FROM payout"), IsMsat: false));
        return session.Rows(
            "SELECT t.id FROM transfer t WHERE (t.kind = 1 AND t.id NOT IN (SELECT id FROM payout) "
            + "AND t.id NOT IN (SELECT id FROM direct_payment)) "
            + $"OR (t.code IN ({(int)TransferCode.RoutingFeePaid}, {(int)TransferCode.RoutingFeeCharged}) "
            + "AND (t.user_data IS NULL OR t.user_data NOT IN (SELECT id FROM payout)))",
            row => $"transfer {row.Id(0)}");
    }

    private IEnumerable<string> FindWrongPreimages(List<AuditFigure> figures)
    {
        HashSet<Digest> seen = [];
        long proven = 0;
        foreach (var (id, hash, preimage) in session.Rows(
            "SELECT id, payment_hash, preimage FROM payout WHERE (payment_hash IS NOT NULL OR preimage IS NOT NULL) "
            + $"AND status <> {(int)PayoutStatus.Failed}",
            row => (row.Id(0), row.OptionalDigest(1), row.OptionalDigest(2))))
        {
            bool isProven = preimage is { } secret && hash == Digest.Of(secret.Span);
            proven += isProven ? 1 : 0;
            if (hash is not { } known || !seen.Add(known) || (preimage is not null && !isProven))
            {
                yield return $"payout {id}";
            }
        }

        figures.Add(new AuditFigure("payouts proven by a preimage", proven, IsMsat: false));
    }

    private IEnumerable<string> FindWrongLines(List<AuditFigure> figures)
    {
        figures.Add(new AuditFigure("lines", session.Number("SELECT SUM(amount_msat) FROM payout_line")));
        return session.Rows(
            "SELECT p.id FROM payout p JOIN (SELECT payout_id, SUM(amount_msat) total FROM payout_line GROUP BY payout_id) l "
            + "ON l.payout_id = p.id WHERE l.total <> p.amount_msat "
            + "UNION SELECT payout_id FROM payout_line WHERE settlement_id IS NOT NULL "
            + "AND settlement_id NOT IN (SELECT id FROM settlement) AND settlement_id NOT IN (SELECT id FROM donation)",
            row => $"payout {row.Id(0)}");
    }

    private IEnumerable<string> FindWrongInvoices(List<AuditFigure> figures)
    {
        Dictionary<Id128, (long Amount, Id128 Channel)> booked = session.Rows(
            $"SELECT id, amount_msat, user_data FROM transfer WHERE code = {(int)TransferCode.Funding}",
            row => (Id: row.Id(0), Amount: row.Number(1), Channel: row.OptionalId(2)))
            .ToDictionary(item => item.Id, item => (item.Amount, item.Channel));
        long paid = 0;
        int matched = 0;
        foreach (var (hash, channel, amount) in session.Rows(
            "SELECT payment_hash, channel_id, paid_msat FROM invoice WHERE status = 2",
            row => (row.Digest(0), row.Id(1), row.Number(2))))
        {
            paid += amount;
            if (booked.GetValueOrDefault(Id128.Derive("funding", hash.Span)) == (amount, channel))
            {
                matched++;
            }
            else
            {
                yield return $"invoice {hash}";
            }
        }

        figures.Add(new AuditFigure("paid invoices", paid));
        if (matched != booked.Count)
        {
            yield return $"{booked.Count} funding transfers, {matched} of paid invoices";
        }
    }

    private IEnumerable<string> FindWrongDonations(List<AuditFigure> figures)
    {
        Dictionary<Id128, long> booked = SumByUserData($"code = {(int)TransferCode.Donation} AND kind = 0");
        figures.Add(new AuditFigure("donated", booked.Values.Sum()));
        Dictionary<Id128, long> paid = session.Rows(
            "SELECT id, paid_msat FROM donation WHERE paid_msat > 0",
            row => (Id: row.Id(0), Paid: row.Number(1))).ToDictionary(item => item.Id, item => item.Paid);
        foreach (Id128 id in booked.Keys.Union(paid.Keys))
        {
            if (booked.GetValueOrDefault(id) != paid.GetValueOrDefault(id))
            {
                yield return $"donation {id}: came in {paid.GetValueOrDefault(id)}, booked {booked.GetValueOrDefault(id)}";
            }
        }

        foreach (string astray in session.Rows(
            "SELECT t.id FROM transfer t JOIN account c ON c.number = t.credit_account "
            + $"WHERE t.code = {(int)TransferCode.Donation} AND c.kind <> {(int)AccountKind.Payee}",
            row => $"transfer {row.Id(0)}"))
        {
            yield return astray;
        }
    }

    private Dictionary<Id128, long> SumByUserData(string predicate) => session.Rows(
        $"SELECT user_data, CAST(SUM(amount_msat) AS BIGINT) FROM transfer WHERE {predicate} AND user_data IS NOT NULL "
        + "GROUP BY user_data",
        row => (Id: row.Id(0), Sum: row.Number(1))).ToDictionary(item => item.Id, item => item.Sum);
}
