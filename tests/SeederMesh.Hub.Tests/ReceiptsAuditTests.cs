using Microsoft.Data.Sqlite;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Receipts;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Ledger.Audit;

namespace SeederMesh.Hub.Tests;

// Goal: whoever edits what was signed, or what was paid for it, is found out by the check whose business it is.
// Method: what a real hub has written, its guards dropped, one thing changed as somebody with the file in hand would.
public sealed class ReceiptsAuditTests
{
    private const string Manifests = "each manifest is signed by its creator";
    private const string Grants = "each grant is signed by its hub and says what is stored";
    private const string Chains = "each settlement's receipts lead to a downloader's signature";
    private const string Pieces = "no piece is paid for beyond its length";
    private const string Splits = "each channel is divided as its manifest says";

    private static readonly Task<Evidence> Whole = Task.Run(MakeAsync);

    [Fact]
    public async Task Run_Untouched_Passes()
    {
        AuditReport report = await AuditAsync((_, _) => { });

        Assert.True(report.IsPassed, string.Join('\n', report.Checks.Where(check => !check.IsPassed)));
        Assert.Equal([1, 1, 6, 6, 1], report.Checks.Select(check => check.Figures.Single().Value));
    }

    [Theory]
    [InlineData("UPDATE transfer SET amount_msat = amount_msat + 1 WHERE code = 5", Splits)]
    [InlineData("DELETE FROM transfer WHERE code = 5 AND id = (SELECT MAX(id) FROM transfer WHERE code = 5)", Splits)]
    [InlineData("UPDATE \"grant\" SET limit_msat = limit_msat + 1", Grants)]
    [InlineData("UPDATE \"grant\" SET price_per_mib_msat = 1", Grants)]
    [InlineData("UPDATE \"grant\" SET seeder_key = zeroblob(32)", Grants)]
    [InlineData("UPDATE channel SET downloader_key = zeroblob(32)", Grants)]
    [InlineData("UPDATE channel SET manifest_digest = zeroblob(32)", Manifests)]
    [InlineData("UPDATE settlement SET amount_msat = amount_msat + 1", Chains)]
    [InlineData("UPDATE settlement SET bytes = bytes - 1", Chains)]
    [InlineData("DELETE FROM settlement WHERE first_sequence = 1", Chains)]
    public async Task Run_AFigureChanged_FailsTheRightCheck(string tampering, string check) =>
        AssertFails(await AuditAsync((connection, _) => Execute(connection, tampering)), check);

    [Theory]
    [InlineData("SELECT body FROM manifest", "UPDATE manifest SET body = @body", Manifests)]
    [InlineData("SELECT body FROM \"grant\"", "UPDATE \"grant\" SET body = @body", Grants)]
    [InlineData("SELECT receipts FROM settlement WHERE first_sequence = 1", "UPDATE settlement SET receipts = @body WHERE first_sequence = 1", Chains)]
    public async Task Run_ABitChangedInWhatWasSigned_FailsTheRightCheck(string read, string write, string check)
    {
        for (int eighth = 1; eighth <= 8; eighth++)
        {
            AuditReport report = await AuditAsync((connection, _) =>
            {
                byte[] body = Read(connection, read);
                body[(body.Length * eighth / 8) - 1] ^= 1;
                Execute(connection, write, body);
            });
            AssertFails(report, check);
        }
    }

    [Theory]
    [InlineData(1, 0, 0)]
    [InlineData(0, -1, 0)]
    [InlineData(0, 0, 1)]
    public async Task Run_AReceiptEntryChanged_FailsTheChain(int piece, int bytes, long milliseconds)
    {
        AuditReport report = await AuditAsync((connection, _) => Rewrite(connection, run =>
        {
            ReceiptEntry entry = run.Entries[1];
            return run with
            {
                Entries = run.Entries.SetItem(
                    1, new ReceiptEntry(entry.PieceIndex + piece, entry.PieceBytes + bytes, entry.UnixMs + milliseconds)),
            };
        }));

        AssertFails(report, Chains);
    }

    [Fact]
    public async Task Run_APieceSignedForTwice_FailsThatCheckAlone()
    {
        // The hub never settles this; somebody who also has the downloader's key could write it.
        AuditReport report = await AuditAsync((connection, evidence) => Rewrite(connection, run =>
        {
            var again = new TestChain(evidence.Grant, evidence.Downloader, new PieceMap(evidence.Manifest.Manifest.Torrent));
            again.Rewind(run.Anchor);
            return again.NextOf([.. run.Entries.Select((entry, index) => new ReceiptEntry(index, entry.PieceBytes, entry.UnixMs))]);
        }));

        Assert.Equal([Pieces], report.Checks.Where(check => !check.IsPassed).Select(check => check.Name));
    }

    private static void AssertFails(AuditReport report, string check)
    {
        AuditCheck found = report.Checks.Single(item => item.Name == check);
        Assert.False(found.IsPassed, "failed instead: " + string.Join(", ", report.Checks.Where(item => !item.IsPassed).Select(item => item.Name)));
        Assert.NotEmpty(found.Detail);
    }

    /// <summary>A channel with one grant and two settlements of three pieces each, closed, as its hub leaves it.</summary>
    private static async Task<Evidence> MakeAsync()
    {
        await using HubFixture hub = await HubFixture.StartAsync();
        Scene scene = await Scene.OpenAsync(hub);
        HubCaller seeder = hub.Caller();
        await scene.FundAsync(budget: 20_000);
        TestChain chain = await scene.GrantAsync(seeder, limit: 5_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next(0, 1, 2)));
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next(3, 4, 5)));
        (await seeder.PostAsync($"/v1/channels/{scene.ChannelId}/grants/{chain.Grant.GrantId}/close", null)).Required();
        (await scene.Downloader.PostAsync($"/v1/channels/{scene.ChannelId}/close", new { })).Required();
        await hub.Hub.StopAsync();
        return new Evidence(
            await File.ReadAllBytesAsync(Path.Combine(hub.Folder, "hub.db")), chain.Grant, scene.Downloader.Key, scene.Manifest);
    }

    private static async Task<AuditReport> AuditAsync(Action<SqliteConnection, Evidence> tamper)
    {
        Evidence evidence = await Whole;
        string path = Path.Combine(Directory.CreateTempSubdirectory("seedermesh-audit-").FullName, "hub.db");
        try
        {
            await File.WriteAllBytesAsync(path, evidence.Database);
            await using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
            {
                await connection.OpenAsync();
                DropGuards(connection);
                tamper(connection, evidence);
            }

            return ReceiptsAudit.Run(path);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }

    private static void DropGuards(SqliteConnection connection)
    {
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

        command.CommandText = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;"
            + string.Concat(triggers.Select(trigger => $"DROP TRIGGER {trigger};"));
        command.ExecuteNonQuery();
    }

    /// <summary>Replaces the run of the second settlement.</summary>
    private static void Rewrite(SqliteConnection connection, Func<ReceiptRun, ReceiptRun> change)
    {
        byte[] stored = Read(connection, "SELECT receipts FROM settlement WHERE first_sequence = 4");
        Assert.True(ReceiptRunCodec.TryRead(stored, default, out ReceiptRun? run, out string error), error);
        Execute(
            connection,
            "UPDATE settlement SET receipts = @body WHERE first_sequence = 4",
            ReceiptRunCodec.Write(change(run!), anchored: true));
    }

    private static byte[] Read(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return (byte[])command.ExecuteScalar()!;
    }

    private static void Execute(SqliteConnection connection, string sql, byte[]? body = null)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        if (body is not null)
        {
            command.Parameters.AddWithValue("@body", body);
        }

        Assert.NotEqual(0, command.ExecuteNonQuery());
    }

    private sealed record Evidence(byte[] Database, Grant Grant, SigningKey Downloader, SignedManifest Manifest);
}
