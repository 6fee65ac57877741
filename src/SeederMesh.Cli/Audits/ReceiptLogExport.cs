using SeederMesh.Cli.Terminal;
using SeederMesh.Ledger;
using SeederMesh.Ledger.ReceiptLogs;

namespace SeederMesh.Cli.Audits;

/// <summary>Exports a hub's receipts, from its database alone, to a file that is there whole or not at all.</summary>
internal static class ReceiptLogExport
{
    private const int BufferBytes = 1 << 20;

    /// <summary>Writes beside <paramref name="file"/>, flushes to the disk, and renames. The hub may be running; the
    /// owner alone may read the file.</summary>
    /// <exception cref="Refusal">There is no such database, it is none of a hub, or the file exists.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing is left of it.</exception>
    public static ReceiptLogTotals Run(
        string database, string file, bool pseudonyms, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (Path.Exists(file))
        {
            throw new Refusal($"{file} exists; name another file, or move it away.");
        }

        string draft = file + ".new";
        try
        {
            ReceiptLogTotals totals;
            using (var stream = new FileStream(draft, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                Share = FileShare.None,
                BufferSize = BufferBytes,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                totals = Write(database, stream, pseudonyms, clock, cancellationToken);
            }

            File.Move(draft, file, overwrite: false);
            return totals;
        }
        catch (LedgerDatabaseException exception)
        {
            File.Delete(draft);
            throw new Refusal(exception.Message);
        }
        catch
        {
            File.Delete(draft);
            throw;
        }
    }

    private static ReceiptLogTotals Write(
        string database, FileStream stream, bool pseudonyms, TimeProvider clock, CancellationToken cancellationToken)
    {
        using Pseudonyms? names = pseudonyms ? new Pseudonyms() : null;
        using var writer = new ReceiptLogWriter(stream, pseudonyms, clock.GetUtcNow().ToUnixTimeMilliseconds());
        LedgerReceiptLog.Read(database, entry => writer.Write(names?.Replace(entry) ?? entry), cancellationToken);
        writer.WriteEnd();
        stream.Flush(flushToDisk: true);
        return writer.Totals;
    }
}
