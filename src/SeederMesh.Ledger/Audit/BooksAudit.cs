using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Ledger.Audit;

/// <summary>The checks of accounts and transfers by themselves.</summary>
internal sealed class BooksAudit(AuditSession session)
{
    private const string Posted = "CASE WHEN kind IN (0, 2) THEN amount_msat ELSE 0 END";
    private const string Pending = "CASE kind WHEN 1 THEN amount_msat ELSE -released_msat END";

    public void Run()
    {
        session.Check("each account equals the sum of its transfers", FindWrongBalances);
        session.Check("total debits equal total credits", FindImbalance);
        session.Check("no account is overdrawn", FindOverdrafts);
        session.Check("conservation", FindLeak);
        session.Check("direct: promised = left + granted + due + carry + proved + released + written off", FindBrokenPromises);
        session.Check("each pending transfer is resolved at most once, as it was made", FindWrongResolutions);
        session.Check("what is pending is all of the pending balances", FindPendingGap);
    }

    private IEnumerable<string> FindWrongBalances(List<AuditFigure> figures)
    {
        figures.Add(new AuditFigure("accounts", session.Number("SELECT COUNT(*) FROM account"), IsMsat: false));
        figures.Add(new AuditFigure("transfers", session.Number("SELECT COUNT(*) FROM transfer"), IsMsat: false));
        return session.Rows(
            "SELECT a.id FROM account a LEFT JOIN ("
            + "SELECT account, SUM(dp) dp, SUM(dn) dn, SUM(cp) cp, SUM(cn) cn FROM ("
            + $"SELECT debit_account account, {Posted} dp, {Pending} dn, 0 cp, 0 cn FROM transfer UNION ALL "
            + $"SELECT credit_account, 0, 0, {Posted}, {Pending} FROM transfer) sides GROUP BY account) s "
            + "ON s.account = a.number WHERE a.debits_posted <> COALESCE(s.dp, 0) OR a.debits_pending <> COALESCE(s.dn, 0) "
            + "OR a.credits_posted <> COALESCE(s.cp, 0) OR a.credits_pending <> COALESCE(s.cn, 0)",
            row => $"account {row.Id(0)}");
    }

    private IEnumerable<string> FindImbalance(List<AuditFigure> figures)
    {
        long debits = Sum(figures, "debits posted", "debits_posted");
        long credits = Sum(figures, "credits posted", "credits_posted");
        long debitsPending = Sum(figures, "debits pending", "debits_pending");
        long creditsPending = Sum(figures, "credits pending", "credits_pending");
        if (debits != credits || debitsPending != creditsPending)
        {
            yield return $"debits less credits: {debits - credits} posted, {debitsPending - creditsPending} pending";
        }
    }

    private IEnumerable<string> FindOverdrafts(List<AuditFigure> figures) => session.Rows(
        "SELECT id FROM account WHERE debits_posted < 0 OR debits_pending < 0 OR credits_posted < 0 OR credits_pending < 0 "
        + $"OR (flags = {(int)AccountFlags.DebitsMustNotExceedCredits} AND debits_posted + debits_pending > credits_posted) "
        + $"OR (flags = {(int)AccountFlags.CreditsMustNotExceedDebits} AND credits_posted + credits_pending > debits_posted) "
        + $"OR (kind NOT IN ({(int)AccountKind.Lightning}, {(int)AccountKind.RoutingFees}, {(int)AccountKind.Promised}) "
        + "AND flags <> 1)",
        row => $"account {row.Id(0)}");

    /// <summary>lightning-in = channels + grants + payees + registry + hub revenue + carry + lightning-out + routing
    /// fees, where
    /// routing fees that revenue has not covered yet are taken off the right side.</summary>
    private IEnumerable<string> FindLeak(List<AuditFigure> figures)
    {
        long totalIn = Sum(figures, "lightning in", "debits_posted", AccountKind.Lightning);
        long routing = session.Number(OfKind("debits_posted", AccountKind.RoutingFees));
        long outgoing = session.Number(OfKind("credits_posted", AccountKind.Lightning)) - routing;
        long kept = Sum(figures, "channels", Balance, AccountKind.Channel)
            + Sum(figures, "grants", Balance, AccountKind.Grant)
            + Sum(figures, "payees", Balance, AccountKind.Payee)
            + Sum(figures, "registry", Balance, AccountKind.Registry)
            + Sum(figures, "hub revenue", Balance, AccountKind.HubRevenue)
            + Sum(figures, "carry", Balance, AccountKind.Carry);
        long uncovered = session.Number(OfKind("debits_posted - credits_posted", AccountKind.RoutingFees));
        figures.Add(new AuditFigure("lightning out", outgoing));
        figures.Add(new AuditFigure("routing fees", routing));
        figures.Add(new AuditFigure("routing fees not covered by revenue yet", uncovered));
        long accounted = kept + outgoing + routing - uncovered;
        long unknown = session.Number("SELECT COUNT(*) FROM account WHERE kind NOT BETWEEN 1 AND 13");
        if (totalIn != accounted || unknown != 0)
        {
            yield return $"lightning in {totalIn} msat, accounted for {accounted} msat, accounts of unknown kind {unknown}";
        }

        // Money comes in by funding, as donations, and as the hub's own shares of direct channels: nothing else may debit
        // the node.
        long funded = session.Number(Total($"code = {(int)TransferCode.Funding} AND kind = 0"));
        long shares = session.Number(Total($"code = {(int)TransferCode.DirectShare} AND kind = 0"));
        long donated = session.Number(Total($"code = {(int)TransferCode.Donation} AND kind = 0"));
        if (funded + shares + donated != totalIn)
        {
            yield return $"funding transfers {funded} msat, own shares {shares} msat, donations {donated} msat, "
                + $"lightning in {totalIn} msat";
        }
    }

    /// <summary>What downloaders promised to pay by themselves is all there in one form or another, and touches nothing
    /// that the hub holds.</summary>
    private IEnumerable<string> FindBrokenPromises(List<AuditFigure> figures)
    {
        long promised = Sum(figures, "promised", "debits_posted", AccountKind.Promised);
        long open = Sum(figures, "left on channels", Balance, AccountKind.DirectChannel)
            + Sum(figures, "granted", Balance, AccountKind.DirectGrant)
            + Sum(figures, "due", Balance, AccountKind.Due)
            + Sum(figures, "carry", Balance, AccountKind.DirectCarry);
        long proved = SumCode(figures, "proved paid", TransferCode.DirectPayment, "kind = 2");
        long released = SumCode(figures, "released", TransferCode.DirectReleased, "kind = 0");
        long writtenOff = SumCode(figures, "written off", TransferCode.DirectWrittenOff, "kind = 0");
        if (promised != open + proved + released + writtenOff)
        {
            yield return $"promised {promised} msat, accounted for {open + proved + released + writtenOff} msat";
        }

        foreach (string mixed in session.Rows(
            "SELECT t.id FROM transfer t JOIN account d ON d.number = t.debit_account JOIN account c ON c.number = t.credit_account "
            + $"WHERE (d.kind >= {(int)AccountKind.Promised}) <> (c.kind >= {(int)AccountKind.Promised})",
            row => $"transfer {row.Id(0)} moves between money and promises"))
        {
            yield return mixed;
        }
    }

    private long SumCode(List<AuditFigure> figures, string name, TransferCode code, string kind)
    {
        long sum = session.Number(Total($"code = {(int)code} AND {kind}"));
        figures.Add(new AuditFigure(name, sum));
        return sum;
    }

    private IEnumerable<string> FindWrongResolutions(List<AuditFigure> figures)
    {
        figures.Add(new AuditFigure("pending made", session.Number(Total("kind = 1"))));
        figures.Add(new AuditFigure("pending released", session.Number("SELECT SUM(released_msat) FROM transfer")));
        return session.Rows(
            "SELECT t.id FROM transfer t LEFT JOIN transfer p ON p.sequence = t.pending WHERE t.kind IN (2, 3) AND ("
            + "p.sequence IS NULL OR p.kind <> 1 OR p.sequence >= t.sequence OR p.debit_account <> t.debit_account "
            + "OR p.credit_account <> t.credit_account OR p.amount_msat <> t.released_msat OR t.amount_msat > p.amount_msat) "
            + "UNION SELECT p.id FROM transfer p JOIN (SELECT pending FROM transfer WHERE pending IS NOT NULL "
            + "GROUP BY pending HAVING COUNT(*) > 1) twice ON twice.pending = p.sequence",
            row => $"transfer {row.Id(0)}");
    }

    private IEnumerable<string> FindPendingGap(List<AuditFigure> figures)
    {
        long open = session.Number(
            "SELECT SUM(p.amount_msat) FROM transfer p WHERE p.kind = 1 AND NOT EXISTS ("
            + "SELECT 1 FROM transfer r WHERE r.pending = p.sequence)");
        figures.Add(new AuditFigure("open pending transfers", open));
        long balances = Sum(figures, "pending balances", "debits_pending");
        if (open != balances)
        {
            yield return $"open pending transfers {open} msat, pending balances {balances} msat";
        }
    }

    private const string Balance = "credits_posted - debits_posted";

    private static string OfKind(string expression, AccountKind kind) =>
        $"SELECT SUM({expression}) FROM account WHERE kind = {(int)kind}";

    private static string Total(string predicate) => $"SELECT SUM(amount_msat) FROM transfer WHERE {predicate}";

    private long Sum(List<AuditFigure> figures, string name, string expression, AccountKind kind = AccountKind.None)
    {
        long sum = session.Number(
            kind == AccountKind.None ? $"SELECT SUM({expression}) FROM account" : OfKind(expression, kind));
        figures.Add(new AuditFigure(name, sum));
        return sum;
    }
}
