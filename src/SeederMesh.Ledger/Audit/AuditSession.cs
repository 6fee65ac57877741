using System.Data.Common;

namespace SeederMesh.Ledger.Audit;

/// <summary>One read-only snapshot of the database, and the checks made over it.</summary>
internal sealed class AuditSession(DbConnection connection)
{
    /// <summary>Offenders named in a detail; the rest are counted.</summary>
    private const int NamedMax = 5;

    private readonly List<AuditCheck> checks = [];

    public IReadOnlyList<AuditCheck> Checks => checks;

    /// <summary>Makes a check: it passes when <paramref name="find"/> names no offender.</summary>
    /// <remarks>A database that cannot be read, or holds what cannot be, fails the check that met it; the others go
    /// on.</remarks>
    public void Check(string name, Func<List<AuditFigure>, IEnumerable<string>> find)
    {
        List<AuditFigure> figures = [];
        List<string> named = [];
        int count = 0;
        try
        {
            foreach (string offender in find(figures))
            {
                count++;
                if (count <= NamedMax)
                {
                    named.Add(offender);
                }
            }
        }
        catch (Exception failure) when (failure is DbException or ArgumentException or OverflowException or InvalidCastException)
        {
            count++;
            named.Add(failure.Message);
        }

        string more = count > named.Count ? $" and {count - named.Count} more" : "";
        checks.Add(new AuditCheck(name, count == 0, figures, string.Join("; ", named) + more));
    }

    public IEnumerable<T> Rows<T>(string sql, Func<DbDataReader, T> read)
    {
        using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using DbDataReader row = command.ExecuteReader();
        while (row.Read())
        {
            yield return read(row);
        }
    }

    public long Number(string sql) => Rows(sql, row => row.IsDBNull(0) ? 0 : Convert.ToInt64(row.GetValue(0))).Single();
}
