using System.Text.Json;
using Microsoft.Data.Sqlite;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Ledger.Audit;

namespace SeederMesh.Hub.Tests.Direct;

// Goal: whatever is tampered with in the books of a direct channel, the check whose business it is says so. Method: what a real hub has
// written of a downloader that paid once and then vanished with invoices in hand; its guards dropped, one statement, an audit.
public sealed class DirectAuditTests
{
    private const string Promises = "direct: promised = left + granted + due + carry + proved + released + written off";
    private const string Dues = "each due account has its channel and payee, and what was written off";
    private const string Payments = "each direct payment has one transfer chain that agrees with its state";
    private const string Proofs = "each direct payment's preimage hashes to its payment hash";
    private const string Shares = "the hub's own shares of direct channels came in as they were proved";

    private static readonly Task<byte[]> Books = Task.Run(MakeAsync);

    [Fact]
    public async Task Run_Untouched_Passes()
    {
        AuditReport report = await AuditAsync(tampering: null);
        Assert.True(report.IsPassed, string.Join('\n', report.Checks.Where(check => !check.IsPassed)));
        Assert.Equal(
            [("promised", 50_000), ("proved paid", 8_200), ("released", 38_000), ("written off", 3_800)],
            report.Checks.Single(check => check.Name == Promises).Figures
                .Where(figure => figure.Name is "promised" or "proved paid" or "released" or "written off")
                .Select(figure => (figure.Name, figure.Value)));
    }

    [Theory]
    [InlineData("UPDATE account SET debits_posted = debits_posted + 1 WHERE kind = 9", Promises)]
    [InlineData("UPDATE transfer SET amount_msat = amount_msat - 1 WHERE code = 14 AND amount_msat > 1000", Promises)]
    [InlineData("UPDATE transfer SET code = 13 WHERE code = 12 AND kind = 2", Promises)]
    [InlineData("UPDATE due SET written_off_msat = written_off_msat - 1 WHERE written_off_msat > 0", Dues)]
    [InlineData("UPDATE channel SET mode = 1", Dues)]
    [InlineData("DELETE FROM due WHERE written_off_msat = (SELECT MIN(written_off_msat) FROM due)", Dues)]
    [InlineData("UPDATE direct_payment SET amount_msat = amount_msat + 1", Payments)]
    [InlineData("UPDATE direct_payment SET status = 4, preimage = NULL WHERE status = 3", Payments)]
    [InlineData("UPDATE direct_payment SET status = 3, preimage = payment_hash WHERE status = 4", Payments)]
    [InlineData("UPDATE direct_payment SET preimage = payment_hash WHERE status = 3", Proofs)]
    [InlineData("UPDATE direct_payment SET payment_hash = preimage WHERE status = 3", Proofs)]
    [InlineData("UPDATE transfer SET amount_msat = 1 WHERE code = 15", Shares)]
    [InlineData("UPDATE transfer SET user_data = randomblob(16) WHERE code = 15", Shares)]
    public async Task Run_Tampered_FailsTheRightCheck(string tampering, string expected)
    {
        AuditReport report = await AuditAsync(tampering);
        AuditCheck check = report.Checks.Single(item => item.Name == expected);
        Assert.False(check.IsPassed, string.Join(", ", report.Checks.Where(item => !item.IsPassed).Select(item => item.Name)));
    }

    private static async Task<AuditReport> AuditAsync(string? tampering)
    {
        string path = Path.Combine(Path.GetTempPath(), $"direct-audit-{Guid.NewGuid():N}.db");
        try
        {
            await File.WriteAllBytesAsync(path, await Books, TestContext.Current.CancellationToken);
            if (tampering is not null)
            {
                Tamper(path, tampering);
            }

            return LedgerAudit.Run(path);
        }
        finally
        {
            Array.ForEach(["", "-wal", "-shm"], end => File.Delete(path + end));
        }
    }

    private static void Tamper(string path, string sql)
    {
        using SqliteConnection connection = Open(path);
        List<string> triggers = [];
        using (SqliteCommand list = new("SELECT name FROM sqlite_master WHERE type = 'trigger'", connection))
        using (SqliteDataReader row = list.ExecuteReader())
        {
            while (row.Read())
            {
                triggers.Add(row.GetString(0));
            }
        }

        string drops = string.Concat(triggers.Select(trigger => $"DROP TRIGGER {trigger};"));
        Execute(connection, $"PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; {drops} {sql}");
    }

    private static async Task<byte[]> MakeAsync()
    {
        await using HubFixture hub = await DirectScene.StartHubAsync(options => options with { DirectGraceMs = 0 });
        DirectScene scene = await DirectScene.OpenAsync(hub);
        TestChain chain = await scene.Scene.GrantAsync(scene.Seeder, limit: 8_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next([.. Enumerable.Range(0, 32)])));
        await scene.PayAllAsync();
        TestChain unpaid = await scene.Scene.GrantAsync(scene.Seeder, limit: 8_000, generation: 1);
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, unpaid.Next([.. Enumerable.Range(32, 16)])));
        await scene.CloseAsync(chain);

        // It is asked for everything now, pays the hub and the registry, and vanishes.
        JsonElement[] invoices = await scene.InvoicesAsync();
        Assert.Equal(4, invoices.Length);
        foreach (JsonElement own in invoices.Where(invoice => long.Parse(invoice.GetProperty("amountMsat").GetString()!) < 400))
        {
            (await scene.ProveAsync(own, (await scene.PayAsync(own)).Preimage!.Value.ToString())).Required();
        }

        (await scene.Seeder.PostAsync(
            $"/v1/channels/{scene.Scene.ChannelId}/grants/{unpaid.Grant.GrantId}/close", null)).Required();
        await HubFixture.UntilAsync(
            async () => (await scene.DuesAsync()).Json.GetProperty("ended").GetBoolean(), "what is unpaid to be written off");

        string copy = Path.Combine(hub.Folder, "copy.db");
        using (SqliteConnection connection = Open(Path.Combine(hub.Folder, "hub.db")))
        {
            Execute(connection, $"VACUUM INTO '{copy}'");
        }

        return await File.ReadAllBytesAsync(copy);
    }

    private static SqliteConnection Open(string path)
    {
        SqliteConnection connection = new($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = new(sql, connection);
        command.ExecuteNonQuery();
    }
}
