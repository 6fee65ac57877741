using System.Data.Common;

namespace SeederMesh.Ledger.Records;

/// <summary>How a record is read back: its table, and a row as a record.</summary>
internal interface IStoredRecord<TSelf>
    where TSelf : LedgerRecord, IStoredRecord<TSelf>
{
    static abstract RecordTable StoredIn { get; }

    static abstract TSelf Read(DbDataReader row);
}
