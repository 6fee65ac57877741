using System.Data.Common;
using SeederMesh.Ledger.Sql;

namespace SeederMesh.Ledger.Reading;

/// <summary>One connection that only reads, with the statements that were asked on it before. One user at a
/// time.</summary>
/// <remarks>Reading a row by its key takes less than opening a connection and parsing the statement again.</remarks>
internal sealed class ReadSession(SqlDialect dialect) : IDisposable
{
    /// <summary>Statements that are kept; beyond, they start over.</summary>
    private const int StatementsMax = 128;

    private readonly DbConnection connection = dialect.OpenReader();
    private readonly Dictionary<string, DbCommand> prepared = new(StringComparer.Ordinal);

    /// <summary>The statement with its values, ready to run.</summary>
    public DbCommand Bind(string sql, object[] values)
    {
        if (!prepared.TryGetValue(sql, out DbCommand? command))
        {
            if (prepared.Count >= StatementsMax)
            {
                Forget();
            }

            command = connection.CreateCommand();
            command.CommandText = sql;
            for (int index = 0; index < values.Length; index++)
            {
                DbParameter parameter = command.CreateParameter();
                parameter.ParameterName = "@p" + index.ToString();
                command.Parameters.Add(parameter);
            }

            prepared.Add(sql, command);
        }

        for (int index = 0; index < values.Length; index++)
        {
            command.Parameters[index].Value = values[index];
        }

        return command;
    }

    public void Dispose()
    {
        Forget();
        connection.Dispose();
    }

    private void Forget()
    {
        foreach (DbCommand command in prepared.Values)
        {
            command.Dispose();
        }

        prepared.Clear();
    }
}
