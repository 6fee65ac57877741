using System.Data.Common;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Ledger.Records;

/// <summary>Reads typed fields from a row, and validates each again after loading.</summary>
internal static class Fields
{
    public static byte[]? Bytes(this Id128 id) => id.IsNone ? null : id.ToArray();

    public static Id128 Id(this DbDataReader row, int column) => Id128.Read(row.GetFieldValue<byte[]>(column));

    public static Id128 OptionalId(this DbDataReader row, int column) => row.IsDBNull(column) ? default : row.Id(column);

    public static Digest Digest(this DbDataReader row, int column) => new(row.GetFieldValue<byte[]>(column));

    public static Digest? OptionalDigest(this DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.Digest(column);

    public static PublicKey Key(this DbDataReader row, int column) => new(row.GetFieldValue<byte[]>(column));

    public static Signature Signature(this DbDataReader row, int column) => new(row.GetFieldValue<byte[]>(column));

    public static Msat Amount(this DbDataReader row, int column) => Msat.From(row.GetInt64(column));

    public static long Number(this DbDataReader row, int column) => row.GetInt64(column);

    public static long? OptionalNumber(this DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetInt64(column);

    public static byte[] Blob(this DbDataReader row, int column) => row.GetFieldValue<byte[]>(column);

    public static byte[]? OptionalBlob(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.Blob(column);

    public static string Text(this DbDataReader row, int column) => row.GetString(column);

    public static string? OptionalText(this DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);
}
