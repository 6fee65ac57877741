using System.Buffers.Binary;
using SeederMesh.Ledger.Sql;

namespace SeederMesh.Ledger.Records;

/// <summary>A table of domain records: its name and columns. The key comes first, the revision, if it has one,
/// last.</summary>
/// <param name="Order">The place in the order of writing: a table comes after those that it references.</param>
/// <param name="Name">The table's name as SQL writes it.</param>
/// <param name="KeyColumns">How many of the first columns are the key.</param>
/// <param name="IsRevised">Whether its records change, under a revision in the last column.</param>
/// <param name="Columns">All columns, in the order of the fields.</param>
internal sealed record RecordTable(int Order, string Name, int KeyColumns, bool IsRevised, string[] Columns)
{
    public string SelectColumns { get; } = string.Join(", ", Columns);

    public string KeyPredicate { get; } = PredicateOf(Columns, KeyColumns);

    public SqlStatement Insert { get; } = new(
        $"INSERT INTO {Name} ({string.Join(", ", Columns)}) VALUES ({string.Join(", ", Columns.Select((_, i) => $"@p{i}"))})",
        Columns.Length);

    public SqlStatement Update { get; } = new(
        $"UPDATE {Name} SET {string.Join(", ", Columns.Select((column, i) => $"{column} = @p{i}").Skip(KeyColumns))} WHERE "
        + PredicateOf(Columns, KeyColumns),
        Columns.Length);

    /// <summary>Selects the revision of a key, or 0 where the table has none.</summary>
    public SqlStatement FindRevision { get; } = new(
        $"SELECT {(IsRevised ? "revision" : "0")} FROM {Name} WHERE {PredicateOf(Columns, KeyColumns)}",
        KeyColumns);

    private static string PredicateOf(string[] columns, int keyColumns) =>
        string.Join(" AND ", columns.Take(keyColumns).Select((column, index) => $"{column} = @p{index}"));
}

/// <summary>A record's table and key, for looking it up in memory: at most 32 bytes of key.</summary>
internal readonly record struct RecordKey(RecordTable Table, UInt128 First, UInt128 Second)
{
    public static RecordKey Of(RecordTable table, object?[] fields)
    {
        byte[] key = (byte[])fields[0]!;
        UInt128 first = BinaryPrimitives.ReadUInt128BigEndian(key);
        UInt128 second = key.Length == 32 ? BinaryPrimitives.ReadUInt128BigEndian(key.AsSpan(16)) : 0;
        return new RecordKey(table, first, table.KeyColumns == 1 ? second : (UInt128)(long)fields[1]!);
    }

    public bool Equals(RecordKey other) =>
        ReferenceEquals(Table, other.Table) && First == other.First && Second == other.Second;

    public override int GetHashCode() => HashCode.Combine(Table.Order, First, Second);
}
