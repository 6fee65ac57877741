using Microsoft.Data.Sqlite;
using SeederMesh.Ledger.Audit;
using SeederMesh.Ledger.Reading;
using Xunit;

namespace SeederMesh.Ledger.Tests;

// Goal: whatever is tampered with, the check whose business it is says so. Method: a real ledger, closed, its guards dropped, one
// statement of SQL, an audit. Each statement also leaves other figures plausible.
public sealed class LedgerAuditTests
{
    [Fact]
    public async Task Run_WholePath_EveryCheckHolds()
    {
        using TestLedger ledger = new();
        await WholePathAsync(ledger.Store);

        AuditReport report = LedgerAudit.Run(ledger.Path);
        Assert.All(report.Checks, check => Assert.True(check.IsPassed, check.Name + ": " + check.Detail));
        AuditCheck conservation = report.Checks.Single(check => check.Name == "conservation");
        Assert.Equal(2_000_000_000, conservation.Figures.Single(figure => figure.Name == "lightning in").Value);
        Assert.Equal(5, conservation.Figures.Single(figure => figure.Name == "routing fees").Value);

        LedgerTotals totals = await ledger.Store.Reader.SumAsync();
        Assert.Equal(20, totals.Settlements);
        Assert.Equal(20_000, totals.Settled.Value);
    }

    [Theory]
    [InlineData("DROP INDEX transfer_by_debit_account", "database is intact")]
    [InlineData("UPDATE account SET credits_posted = credits_posted + 1 WHERE kind = 4", "each account equals the sum of its transfers")]
    [InlineData("UPDATE account SET credits_posted = credits_posted + 1 WHERE kind = 4", "total debits equal total credits")]
    [InlineData("UPDATE account SET flags = 0 WHERE kind = 2", "no account is overdrawn")]
    [InlineData("UPDATE account SET kind = 9 WHERE kind = 5", "conservation")]
    [InlineData("UPDATE transfer SET code = 7 WHERE code = 1", "conservation")]
    [InlineData("UPDATE transfer SET released_msat = released_msat + 1 WHERE kind = 3",
        "each pending transfer is resolved at most once, as it was made")]
    [InlineData("UPDATE account SET debits_pending = 7 WHERE kind = 4", "what is pending is all of the pending balances")]
    [InlineData("UPDATE settlement SET amount_msat = amount_msat + 1 WHERE rowid = 1",
        "each settlement's legs equal its amount, from its grant")]
    [InlineData("DELETE FROM settlement WHERE rowid = 3", "each leg belongs to a settlement")]
    [InlineData("UPDATE \"grant\" SET settled_msat = settled_msat - 1",
        "each grant settles what its settlements say, within its limit")]
    [InlineData("UPDATE settlement SET last_sequence = last_sequence + 1 WHERE first_sequence = 4",
        "each grant settles what its settlements say, within its limit")]
    [InlineData("UPDATE channel SET refunded_msat = refunded_msat - 1 WHERE status = 4", "each channel: funded = settled + open + refunded")]
    [InlineData("UPDATE transfer SET code = 2 WHERE code = 5", "each payee's credits are its settlements")]
    [InlineData("UPDATE payout SET amount_msat = amount_msat + 1", "each payout has one transfer chain that agrees with its state")]
    [InlineData("UPDATE payout SET status = 3, preimage = payment_hash WHERE status = 4",
        "each payout has one transfer chain that agrees with its state")]
    [InlineData("DELETE FROM payout WHERE status = 4", "each pending transfer has its payout")]
    [InlineData("UPDATE payout SET preimage = payment_hash WHERE status = 3",
        "each preimage hashes to its payment hash, and no hash is used twice")]
    [InlineData("UPDATE payout_line SET amount_msat = amount_msat + 1", "each payout's lines add up")]
    [InlineData("UPDATE invoice SET paid_msat = paid_msat + 1", "each paid invoice was booked once")]
    public async Task Run_Tampered_FailsTheRightCheck(string tampering, string expected)
    {
        using TestLedger ledger = new();
        await WholePathAsync(ledger);
        Tamper(ledger.Path, tampering);

        AuditReport report = LedgerAudit.Run(ledger.Path);
        Assert.False(report.IsPassed);
        AuditCheck check = report.Checks.Single(item => item.Name == expected);
        Assert.False(check.IsPassed, string.Join(", ", report.Checks.Where(item => !item.IsPassed).Select(item => item.Name)));
        Assert.NotEmpty(check.Detail);
    }

    [Theory]
    [InlineData("UPDATE account SET credits_posted = credits_posted + 1, last_sequence = last_sequence + 1", "account_moves_with_transfers")]
    [InlineData("UPDATE account SET kind = 1", "account_keeps_identity")]
    [InlineData("DELETE FROM account", "account_stays")]
    [InlineData("INSERT INTO account VALUES (99, zeroblob(16), 4, 1, 0, 0, 0, 5, 0)", "account_opens_empty")]
    [InlineData("UPDATE transfer SET amount_msat = 1", "transfer_is_immutable")]
    [InlineData("DELETE FROM transfer", "transfer_stays")]
    [InlineData("UPDATE posting SET posted_unix_ms = 1", "posting_is_immutable")]
    [InlineData("UPDATE settlement SET bytes = 1", "settlement_is_immutable")]
    [InlineData("DELETE FROM payout", "payout_stays")]
    [InlineData("UPDATE \"grant\" SET settled_bytes = 0", "grant_revision_rises")]
    [InlineData("INSERT INTO transfer SELECT 999, zeroblob(16), posting, debit_account, credit_account, 1, 2, code, 2, 1, NULL "
        + "FROM transfer LIMIT 1", "transfer_resolves_its_pending")]
    public async Task Schema_EditByHand_IsRefusedByTheDatabase(string tampering, string guard)
    {
        using TestLedger ledger = new();
        await WholePathAsync(ledger);
        using SqliteConnection connection = new($"Data Source={ledger.Path};Pooling=False");
        await connection.OpenAsync();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = tampering;
        SqliteException refusal = Assert.Throws<SqliteException>(() => command.ExecuteNonQuery());
        Assert.Contains(guard, refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Replaces the ledger, closed, by a copy of one that has gone the whole path.</summary>
    private static async Task WholePathAsync(TestLedger ledger)
    {
        ledger.Store.Dispose();
        await File.WriteAllBytesAsync(ledger.Path, await Whole);
    }

    private static readonly Task<byte[]> Whole = Task.Run(async () =>
    {
        using TestLedger ledger = new();
        await WholePathAsync(ledger.Store);
        ledger.Store.Dispose();
        return await File.ReadAllBytesAsync(ledger.Path);
    });

    private static async Task WholePathAsync(LedgerStore store)
    {
        Assert.True((await store.PostAsync(HubScenario.Begin)).IsPosted);
        foreach (int number in (int[])[1, 2])
        {
            HubScenario scenario = new(store, number);
            await scenario.OpenAsync();
            for (int count = 0; count < 10; count++)
            {
                Assert.True((await scenario.SettleAsync()).IsPosted);
            }

            if (number == 1)
            {
                await scenario.PayAsync(succeeds: false);
                await scenario.PayAsync(succeeds: true);
                await scenario.CloseAsync();
            }
        }
    }

    private static void Tamper(string path, string sql)
    {
        using SqliteConnection connection = new($"Data Source={path};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT name FROM sqlite_master WHERE type = 'trigger'";
        List<string> triggers = [];
        using (SqliteDataReader row = command.ExecuteReader())
        {
            while (row.Read())
            {
                triggers.Add(row.GetString(0));
            }
        }

        string drops = string.Concat(triggers.Select(trigger => $"DROP TRIGGER {trigger};"));
        command.CommandText = $"PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; {drops} {sql}";
        command.ExecuteNonQuery();
    }
}
