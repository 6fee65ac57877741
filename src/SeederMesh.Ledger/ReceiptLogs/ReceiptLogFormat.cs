namespace SeederMesh.Ledger.ReceiptLogs;

/// <summary>The file that a receipt log is exported to: JSON Lines in UTF-8.</summary>
/// <remarks>
/// <code>
/// {"format":"seedermesh-receipt-log","version":1,"pseudonyms":false,"exported_unix_ms":N}
/// {"type":"manifest","manifest":HEX64,"torrent":HEX64,"price_msat_per_mib":N,
///  "split":{"payees":[[HEX32,BPS]],"seeders_bps":N,"registry_bps":N,"hub_bps":N}}
/// {"type":"channel","channel":HEX32,"manifest":HEX64,"created_unix_ms":N,"direct":true}
/// {"type":"grant","grant":HEX32,"seeder":HEX64,"price_msat_per_mib":N,"limit_msat":N,"created_unix_ms":N}
/// {"type":"settlement","seeder":HEX64,"first_sequence":N,"bytes":N,"amount_msat":N,"settled_unix_ms":N,
///  "receipts":[[PIECE,BYTES,UNIX_MS]]}
/// {"type":"end","settlements":N,"receipts":N,"amount_msat":N}
/// </code>
/// Only channels whose downloader pays by itself have "direct". Each entry is one line;
/// <see cref="ReceiptLogEntry"/> states their order. A file without its end was cut off. A
/// reader skips fields that it does not know; a change that it could not skip raises the version.
/// </remarks>
public static class ReceiptLogFormat
{
    /// <summary>What the first line names.</summary>
    public const string Name = "seedermesh-receipt-log";

    /// <summary>The version that is written and read.</summary>
    public const int Version = 1;

    /// <summary>The longest line: a settlement of 4,096 receipts, each of 40 characters at most, is shorter.</summary>
    public const int LineBytesMax = 256 << 10;

    /// <summary>How the file starts, and a database does not.</summary>
    internal static ReadOnlySpan<byte> Start => "{"u8;

    /// <summary>Whether a file is a receipt log, right or wrong, and no database.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static bool IsLog(string path)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> first = stackalloc byte[Start.Length];
        return file.ReadAtLeast(first, first.Length, throwOnEndOfStream: false) == first.Length && first.SequenceEqual(Start);
    }
}
