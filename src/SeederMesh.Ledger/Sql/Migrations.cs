using System.Data.Common;
using System.Reflection;
using SeederMesh.Core.Identity;

namespace SeederMesh.Ledger.Sql;

/// <summary>Brings a database to this program's schema: numbered files, each applied once, in order, in one transaction
/// each.</summary>
internal static class Migrations
{
    private const string CreateTable =
        "CREATE TABLE IF NOT EXISTS schema_migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL)";

    /// <summary>Applies what is missing.</summary>
    /// <exception cref="LedgerDatabaseException">A file was changed after it was applied, or the schema is of a newer
    /// program.</exception>
    public static void Apply(DbConnection connection, SqlDialect dialect)
    {
        Run(connection, null, CreateTable);
        Dictionary<long, (string Name, string Sum)> applied = Applied(connection);
        List<Migration> known = Load(dialect.MigrationFolder);
        if (applied.Keys.Any(number => number > known.Count))
        {
            throw new LedgerDatabaseException(
                $"{dialect.Description} has schema {applied.Keys.Max()}; this program knows {known.Count}. Use the newer program.");
        }

        foreach (Migration migration in known)
        {
            if (!applied.TryGetValue(migration.Number, out (string Name, string Sum) found))
            {
                ApplyOne(connection, migration);
            }
            else if (!string.Equals(found.Sum, migration.Sum, StringComparison.Ordinal))
            {
                throw new LedgerDatabaseException(
                    $"{dialect.Description}: migration {found.Name} is not the one that was applied. The schema is of another build.");
            }
        }
    }

    /// <summary>Refuses a schema that is not exactly this program's, without changing anything.</summary>
    /// <exception cref="LedgerDatabaseException">It is older, newer or of another build.</exception>
    public static void RequireCurrent(DbConnection connection, SqlDialect dialect)
    {
        IEnumerable<string> known = Load(dialect.MigrationFolder).Select(migration => migration.Sum);
        IEnumerable<string> applied = Applied(connection).OrderBy(item => item.Key).Select(item => item.Value.Sum);
        if (!known.SequenceEqual(applied, StringComparer.Ordinal))
        {
            throw new LedgerDatabaseException(
                $"{dialect.Description} has the schema of another version. Start its hub with this program first, or use the newer one.");
        }
    }

    private static List<Migration> Load(string folder)
    {
        Assembly assembly = typeof(Migrations).Assembly;
        IEnumerable<string> names = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder + ".", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
        List<Migration> migrations = [];
        foreach (string name in names)
        {
            using StreamReader reader = new(assembly.GetManifestResourceStream(name)!);
            string text = reader.ReadToEnd();
            string file = name[(folder.Length + 1)..];
            Core.Invariant.Require(
                file.StartsWith($"{migrations.Count + 1:D4}_", StringComparison.Ordinal), "migrations are numbered without gaps");
            string sum = Digest.Of(System.Text.Encoding.UTF8.GetBytes(text)).ToString();
            migrations.Add(new Migration(migrations.Count + 1, file, text, sum));
        }

        return migrations;
    }

    private static Dictionary<long, (string Name, string Sum)> Applied(DbConnection connection)
    {
        using DbCommand command = connection.CreateCommand();
        command.CommandText = "SELECT number, name, sha256 FROM schema_migration";
        using DbDataReader row = command.ExecuteReader();
        Dictionary<long, (string Name, string Sum)> applied = [];
        while (row.Read())
        {
            applied.Add(row.GetInt64(0), (row.GetString(1), row.GetString(2)));
        }

        return applied;
    }

    private static void ApplyOne(DbConnection connection, Migration migration)
    {
        using DbTransaction transaction = connection.BeginTransaction();
        Run(connection, transaction, migration.Text);
        // Name and sum come from this assembly, and neither can hold a quote.
        Run(
            connection,
            transaction,
            $"INSERT INTO schema_migration VALUES ({migration.Number}, '{migration.Name}', '{migration.Sum}')");
        transaction.Commit();
    }

    private static void Run(DbConnection connection, DbTransaction? transaction, string sql)
    {
        using DbCommand command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private sealed record Migration(int Number, string Name, string Text, string Sum);
}
