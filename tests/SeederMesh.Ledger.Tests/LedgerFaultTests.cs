using System.Data.Common;
using Microsoft.Data.Sqlite;
using SeederMesh.Ledger.Audit;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Sql;
using Xunit;

namespace SeederMesh.Ledger.Tests;

// Goal: a database that cannot be written, or is not ours, is a clear error, leaves nothing half-written, and the ledger goes on.
public sealed class LedgerFaultTests
{
    [Fact]
    public async Task Post_DatabaseLockedByOtherProgram_FailsThenGoesOn()
    {
        using TestLedger ledger = new(new LedgerOptions { LockTimeoutSeconds = 1 });
        HubScenario scenario = await StartAsync(ledger);
        Posting posting = scenario.NextSettlement();
        using (SqliteConnection other = Connect(ledger.Path))
        {
            Run(other, "BEGIN IMMEDIATE");
            LedgerUnavailableException failure =
                await Assert.ThrowsAsync<LedgerUnavailableException>(() => ledger.Store.PostAsync(posting));
            Assert.Equal(WriteOutcome.NotWritten, failure.Outcome);
            Run(other, "ROLLBACK");
        }

        Assert.Equal(PostingOutcome.Posted, (await ledger.Store.PostAsync(posting)).Outcome);
        Assert.True(LedgerAudit.Run(ledger.Path).IsPassed);
    }

    [Fact]
    public async Task Post_DiskFull_FailsWholeAndGoesOnWhenThereIsSpace()
    {
        using TestLedger ledger = new();
        HubScenario scenario = await StartAsync(ledger);
        ledger.Store.Dispose();
        FullDisk disk = new(ledger.Path) { IsFull = true };
        using LedgerStore store = new(disk, new LedgerOptions());

        Posting small = scenario.NextSettlement();
        Posting large = new()
        {
            Id = default,
            Records =
            [
                new EvidenceRecord
                {
                    Id = small.Id,
                    GrantId = scenario.GrantId,
                    Reason = "a million bytes",
                    First = new byte[1_000_000],
                    Second = [],
                    ObservedUnixMs = 1,
                },
            ],
        };
        LedgerUnavailableException failure = await Assert.ThrowsAsync<LedgerUnavailableException>(() => store.PostAsync(large));
        Assert.Equal(WriteOutcome.NotWritten, failure.Outcome);
        Assert.Empty(await store.Reader.ListEvidenceAsync(scenario.GrantId));

        disk.IsFull = false;
        Assert.Equal(PostingOutcome.Posted, (await store.PostAsync(large)).Outcome);
        Assert.Equal(PostingOutcome.Posted, (await store.PostAsync(small)).Outcome);
        Assert.True(LedgerAudit.Run(ledger.Path).IsPassed);
    }

    [Fact]
    public async Task Post_OthersChangedTheDatabase_SeesTheirChange()
    {
        using TestLedger ledger = new();
        HubScenario scenario = await StartAsync(ledger);
        await scenario.SettleAsync();
        using (SqliteConnection other = Connect(ledger.Path))
        {
            Run(other, "UPDATE \"grant\" SET revision = revision + 1");
        }

        PostingResult result = await scenario.SettleAsync();
        Assert.Equal((PostingOutcome.RecordOutdated, 1), (result.Outcome, result.Index));
    }

    [Fact]
    public async Task Post_OneOfManyBreaksTheSchema_IsLeftOutAlone()
    {
        using TestLedger ledger = new();
        HubScenario scenario = await StartAsync(ledger);
        Posting orphan = new()
        {
            Id = TestLedger.Id(77),
            Records = [scenario.Grant with { Id = TestLedger.Id(78), ChannelId = TestLedger.Id(79), Revision = 1 }],
        };
        Task<PostingResult> before = scenario.SettleAsync();
        Task<PostingResult> wrong = ledger.Store.PostAsync(orphan);
        Task<PostingResult> after = scenario.SettleAsync();
        PostingResult[] results = await Task.WhenAll(before, wrong, after);
        Assert.Equal(
            [PostingOutcome.Posted, PostingOutcome.RefusedByDatabase, PostingOutcome.Posted],
            results.Select(result => result.Outcome));
        Assert.True(LedgerAudit.Run(ledger.Path).IsPassed);
    }

    [Fact]
    public async Task Post_RecordOfOldRevision_IsOutdatedAndWritesNothing()
    {
        using TestLedger ledger = new();
        HubScenario scenario = await StartAsync(ledger);
        Posting skipped = scenario.NextSettlement();
        PostingResult result = await scenario.SettleAsync();
        Assert.Equal(PostingOutcome.RecordOutdated, result.Outcome);
        Assert.Equal(PostingOutcome.Posted, (await ledger.Store.PostAsync(skipped)).Outcome);
        Assert.Equal(PostingOutcome.AlreadyPosted, (await ledger.Store.PostAsync(skipped)).Outcome);
        PostingResult other = await ledger.Store.PostAsync(skipped with { Id = TestLedger.Id(5), Transfers = [] });
        Assert.Equal(PostingOutcome.RecordExists, other.Outcome);
        PostingResult expected = await ledger.Store.PostAsync(new Posting
        {
            Id = default,
            Expected = [scenario.Grant with { Revision = 1 }],
        });
        Assert.Equal((PostingOutcome.RecordOutdated, 0), (expected.Outcome, expected.Index));
    }

    [Fact]
    public void Open_SecondWriter_IsRefused()
    {
        using TestLedger ledger = new();
        LedgerInUseException refusal = Assert.Throws<LedgerInUseException>(() => LedgerStore.OpenSqlite(ledger.Path));
        Assert.Contains(ledger.Path, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CREATE TABLE song (title TEXT)", "another program")]
    [InlineData("PRAGMA application_id = 1397574727; CREATE TABLE schema_migration (number, name, sha256); "
        + "INSERT INTO schema_migration VALUES (999, 'x', 'y')", "newer program")]
    [InlineData("PRAGMA application_id = 1397574727; CREATE TABLE schema_migration (number, name, sha256); "
        + "INSERT INTO schema_migration VALUES (1, '0001_ledger.sql', 'y')", "another build")]
    public void Open_NotThisProgramsLedger_IsRefusedUnchanged(string sql, string message)
    {
        string folder = Directory.CreateTempSubdirectory("ledger-test-").FullName;
        string path = Path.Combine(folder, "other.db");
        using (SqliteConnection other = Connect(path))
        {
            Run(other, sql);
        }

        LedgerDatabaseException refusal = Assert.Throws<LedgerDatabaseException>(() => LedgerStore.OpenSqlite(path));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        Assert.Throws<LedgerDatabaseException>(() => LedgerAudit.Run(path));
        using (SqliteConnection other = Connect(path))
        {
            Assert.Throws<SqliteException>(() => Run(other, "SELECT * FROM account"));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Open_NotADatabase_IsRefused()
    {
        string path = Path.GetTempFileName();
        byte[] content = new byte[5000];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(path, content);
        Assert.Throws<LedgerDatabaseException>(() => LedgerStore.OpenSqlite(path));
        Assert.Throws<LedgerDatabaseException>(() => LedgerAudit.Run(path));
        Assert.Equal(content, File.ReadAllBytes(path));
        File.Delete(path);
        File.Delete(path + ".lock");
    }

    [Fact]
    public async Task Post_Malformed_ThrowsBeforeItIsQueued()
    {
        using TestLedger ledger = new();
        HubScenario scenario = await StartAsync(ledger);
        Posting posting = scenario.NextSettlement();
        await Assert.ThrowsAsync<ArgumentException>(() => ledger.Store.PostAsync(posting with { Id = default }));
        await Assert.ThrowsAsync<ArgumentException>(
            () => ledger.Store.PostAsync(posting with { Records = [scenario.Grant, scenario.Grant] }));
        await Assert.ThrowsAsync<ArgumentException>(
            () => ledger.Store.PostAsync(posting with { Expected = [posting.Records[0]] }));
        await Assert.ThrowsAsync<ArgumentException>(() => ledger.Store.PostAsync(
            posting with { Transfers = [.. Enumerable.Repeat(posting.Transfers[0], Posting.MaxParts + 1)] }));
    }

    private static async Task<HubScenario> StartAsync(TestLedger ledger)
    {
        await ledger.Store.PostAsync(HubScenario.Begin);
        HubScenario scenario = new(ledger.Store, 1);
        await scenario.OpenAsync();
        return scenario;
    }

    private static SqliteConnection Connect(string path)
    {
        SqliteConnection connection = new($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>A file that may not grow while the disk is full: SQLite answers SQLITE_FULL, as it does for ENOSPC.</summary>
    private sealed class FullDisk(string path) : SqliteDialect(path, lockTimeoutSeconds: 5)
    {
        public bool IsFull { get; set; }

        public override DbConnection OpenWriter()
        {
            DbConnection connection = base.OpenWriter();
            if (IsFull)
            {
                Run((SqliteConnection)connection, "PRAGMA max_page_count = 1");
            }

            return connection;
        }
    }
}
