using SeederMesh.Core.Identity;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Ledger.Audit;

/// <summary>The checks of direct channels: what each downloader owed whom, and that each payment is proved and booked
/// once.</summary>
internal sealed class DirectAudit(AuditSession session)
{
    public void Run()
    {
        session.Check("each due account has its channel and payee, and what was written off", FindWrongDues);
        session.Check("each direct payment has one transfer chain that agrees with its state", FindWrongPayments);
        session.Check("each direct payment's preimage hashes to its payment hash", FindWrongProofs);
        session.Check("the hub's own shares of direct channels came in as they were proved", FindWrongShares);
    }

    private IEnumerable<string> FindWrongDues(List<AuditFigure> figures)
    {
        Dictionary<Id128, long> writtenOff = session.Rows(
            "SELECT a.id, CAST(SUM(t.amount_msat) AS BIGINT) FROM transfer t JOIN account a ON a.number = t.debit_account "
            + $"WHERE t.code = {(int)TransferCode.DirectWrittenOff} GROUP BY a.id",
            row => (Id: row.Id(0), Sum: row.Number(1))).ToDictionary(item => item.Id, item => item.Sum);
        Dictionary<Id128, (long Balance, long Pending)> accounts = session.Rows(
            $"SELECT id, credits_posted - debits_posted, debits_pending FROM account WHERE kind = {(int)AccountKind.Due}",
            row => (Id: row.Id(0), Balance: row.Number(1), Pending: row.Number(2)))
            .ToDictionary(item => item.Id, item => (item.Balance, item.Pending));
        figures.Add(new AuditFigure("due accounts", accounts.Count, IsMsat: false));
        foreach (var (id, channel, payee, off, mode, ended) in session.Rows(
            "SELECT d.id, d.channel_id, d.payee_id, d.written_off_msat, c.mode, c.dues_ended_unix_ms FROM due d "
            + "JOIN channel c ON c.id = d.channel_id",
            row => (row.Id(0), row.Id(1), row.Id(2), row.Number(3), (ChannelMode)row.Number(4), row.OptionalNumber(5))))
        {
            bool isThere = accounts.Remove(id, out (long Balance, long Pending) account);
            if (id != AccountOpening.Due(channel, payee).Id || !isThere || mode != ChannelMode.Direct
                || off != writtenOff.GetValueOrDefault(id)
                || (ended is not null && (account.Balance != 0 || account.Pending != 0)))
            {
                yield return $"due {id}: written off {off} (booked {writtenOff.GetValueOrDefault(id)}), left {account.Balance}";
            }
        }

        foreach (Id128 orphan in accounts.Keys)
        {
            yield return $"account {orphan} is nobody's";
        }
    }

    private IEnumerable<string> FindWrongPayments(List<AuditFigure> figures)
    {
        long proved = 0;
        foreach (var (id, channel, payee, amount, status, reserved, kind, debit, resolution, moved) in session.Rows(
            "SELECT p.id, p.channel_id, p.payee_id, p.amount_msat, p.status, t.amount_msat, t.kind, d.id, r.kind, r.amount_msat "
            + $"FROM direct_payment p LEFT JOIN transfer t ON t.id = p.id AND t.code = {(int)TransferCode.DirectPayment} "
            + "LEFT JOIN account d ON d.number = t.debit_account LEFT JOIN transfer r ON r.pending = t.sequence",
            row => (
                row.Id(0), row.Id(1), row.Id(2), row.Number(3), (PayoutStatus)row.Number(4), row.OptionalNumber(5),
                row.OptionalNumber(6), row.OptionalId(7), row.OptionalNumber(8), row.OptionalNumber(9))))
        {
            long? expected = status switch
            {
                PayoutStatus.Succeeded => (long)TransferKind.PostPending,
                PayoutStatus.Failed => (long)TransferKind.VoidPending,
                _ => null,
            };
            proved += status == PayoutStatus.Succeeded ? amount : 0;
            if (reserved != amount || kind != (long)TransferKind.Pending || debit != AccountOpening.Due(channel, payee).Id
                || resolution != expected || (expected is not null && moved != amount))
            {
                yield return $"direct payment {id}: {status}, amount {amount}, reserved {reserved ?? 0}, moved {moved ?? 0}";
            }
        }

        figures.Add(new AuditFigure("proved paid by downloaders", proved));
    }

    private IEnumerable<string> FindWrongProofs(List<AuditFigure> figures)
    {
        long proved = 0;
        foreach (var (id, hash, preimage, isPayouts) in session.Rows(
            "SELECT p.id, p.payment_hash, p.preimage, EXISTS (SELECT 1 FROM payout o WHERE o.payment_hash = p.payment_hash "
            + $"AND o.status <> {(int)PayoutStatus.Failed}) FROM direct_payment p",
            row => (row.Id(0), row.Digest(1), row.OptionalDigest(2), row.Number(3))))
        {
            proved += preimage is null ? 0 : 1;
            if (isPayouts != 0 || (preimage is { } secret && hash != Digest.Of(secret.Span)))
            {
                yield return $"direct payment {id}";
            }
        }

        figures.Add(new AuditFigure("direct payments proved by a preimage", proved, IsMsat: false));
    }

    private IEnumerable<string> FindWrongShares(List<AuditFigure> figures)
    {
        Dictionary<Id128, (long Amount, Id128 Account)> booked = session.Rows(
            "SELECT t.user_data, t.amount_msat, c.id FROM transfer t JOIN account c ON c.number = t.credit_account "
            + $"WHERE t.code = {(int)TransferCode.DirectShare}",
            row => (Id: row.OptionalId(0), Amount: row.Number(1), Account: row.Id(2)))
            .ToDictionary(item => item.Id, item => (item.Amount, item.Account));
        figures.Add(new AuditFigure("own shares received", booked.Values.Sum(share => share.Amount)));
        foreach (var (id, payee, amount) in session.Rows(
            "SELECT p.id, p.payee_id, p.amount_msat FROM direct_payment p JOIN payee y ON y.id = p.payee_id "
            + $"WHERE p.status = {(int)PayoutStatus.Succeeded} AND y.kind IN ({(int)PayeeKind.Registry}, {(int)PayeeKind.Hub})",
            row => (row.Id(0), row.Id(1), row.Number(2))))
        {
            Id128 own = payee == PayeeRecord.HubId ? AccountOpening.HubRevenue.Id : AccountOpening.Registry.Id;
            if (!booked.Remove(id, out (long Amount, Id128 Account) share) || share.Account != own || share.Amount < amount)
            {
                yield return $"direct payment {id}: {amount} msat proved, {share.Amount} msat booked";
            }
        }

        foreach (Id128 orphan in booked.Keys)
        {
            yield return $"a share was booked for {orphan}, which is no proved payment to the hub";
        }
    }
}
