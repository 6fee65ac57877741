using System.Data.Common;

namespace SeederMesh.Ledger.Sql;

/// <summary>The writer's connection and its prepared statements. One thread.</summary>
/// <remarks>
/// Where the driver can send many statements in one round trip (DbBatch), writes are kept until <see cref="Flush"/>;
/// where
/// statements are calls into the process (SQLite), they run at once. Reads in between see what was flushed, no more.
/// </remarks>
internal sealed class WriteSession(SqlDialect dialect) : IDisposable
{
    private readonly DbConnection connection = dialect.OpenWriter();
    private readonly Dictionary<SqlStatement, DbCommand> prepared = [];
    private DbBatch? batch;

    public DbConnection Connection => connection;

    public void Write(SqlStatement statement, params ReadOnlySpan<object?> values)
    {
        if (!connection.CanCreateBatch)
        {
            Bind(statement, values).ExecuteNonQuery();
            return;
        }

        batch ??= connection.CreateBatch();
        DbBatchCommand command = batch.CreateBatchCommand();
        command.CommandText = statement.Text;
        for (int index = 0; index < values.Length; index++)
        {
            DbParameter parameter = command.CreateParameter();
            parameter.ParameterName = ParameterName(index);
            parameter.Value = values[index] ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }

        batch.BatchCommands.Add(command);
    }

    public void Flush()
    {
        if (batch is { } full)
        {
            batch = null;
            full.ExecuteNonQuery();
            full.Dispose();
        }
    }

    /// <summary>Runs a statement that controls the transaction; what was kept goes before it.</summary>
    public void Control(SqlStatement statement)
    {
        Flush();
        Bind(statement).ExecuteNonQuery();
    }

    /// <summary>Runs a statement that ends a transaction whose kept writes are not wanted.</summary>
    public void Abandon(SqlStatement statement)
    {
        batch?.Dispose();
        batch = null;
        Bind(statement).ExecuteNonQuery();
    }

    public DbDataReader Read(SqlStatement statement, params ReadOnlySpan<object?> values) =>
        Bind(statement, values).ExecuteReader();

    public long? ReadNumber(SqlStatement statement, params ReadOnlySpan<object?> values) =>
        Bind(statement, values).ExecuteScalar() is { } value and not DBNull ? Convert.ToInt64(value) : null;

    public void Dispose()
    {
        batch?.Dispose();
        foreach (DbCommand command in prepared.Values)
        {
            command.Dispose();
        }

        connection.Dispose();
    }

    private static string ParameterName(int index) => "@p" + index.ToString();

    private DbCommand Bind(SqlStatement statement, params ReadOnlySpan<object?> values)
    {
        if (!prepared.TryGetValue(statement, out DbCommand? command))
        {
            command = connection.CreateCommand();
            command.CommandText = statement.Text;
            for (int index = 0; index < statement.ParameterCount; index++)
            {
                DbParameter parameter = command.CreateParameter();
                parameter.ParameterName = ParameterName(index);
                command.Parameters.Add(parameter);
            }

            prepared.Add(statement, command);
        }

        for (int index = 0; index < values.Length; index++)
        {
            command.Parameters[index].Value = values[index] ?? DBNull.Value;
        }

        return command;
    }
}
