using System.Data.Common;
using SeederMesh.Ledger.Sql;

namespace SeederMesh.Ledger.Audit;

/// <summary>Proves from the database alone that no millisatoshi was made, lost or paid twice (DESIGN section
/// 6.4).</summary>
/// <remarks>Read-only, in one snapshot, while a hub may be running. Memory grows with accounts and grants, not with
/// transfers.</remarks>
public static class LedgerAudit
{
    /// <summary>Audits a SQLite ledger.</summary>
    /// <param name="databasePath">The ledger's file.</param>
    /// <returns>Every check with its figures and verdict.</returns>
    /// <exception cref="LedgerDatabaseException">There is no such file, or it is not a ledger of this program's
    /// version.</exception>
    public static AuditReport Run(string databasePath) => Inspect(databasePath, (session, damage) =>
    {
        session.Check("database is intact", _ => damage());
        new BooksAudit(session).Run();
        new RecordsAudit(session).Run();
    });

    /// <summary>Makes checks over one read-only snapshot of a SQLite ledger.</summary>
    /// <param name="databasePath">The ledger's file.</param>
    /// <param name="check">Given the session, and what finds damage of the file itself.</param>
    internal static AuditReport Inspect(string databasePath, Action<AuditSession, Func<IEnumerable<string>>> check)
    {
        if (!File.Exists(databasePath))
        {
            throw new LedgerDatabaseException($"There is no ledger at {databasePath}.");
        }

        SqlDialect dialect = new SqliteDialect(databasePath, new LedgerOptions().LockTimeoutSeconds);
        try
        {
            using DbConnection connection = dialect.OpenReader();
            Migrations.RequireCurrent(connection, dialect);
            using DbTransaction snapshot = dialect.BeginSnapshot(connection);
            AuditSession session = new(connection);
            check(session, () => dialect.FindDamage(connection));
            return new AuditReport(session.Checks);
        }
        catch (DbException failure)
        {
            throw new LedgerDatabaseException(
                $"{dialect.Description} cannot be read as a ledger: {failure.Message}", failure);
        }
        finally
        {
            dialect.CloseReaders();
        }
    }
}
