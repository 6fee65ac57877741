using System.Data.Common;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SeederMesh.Ledger.Sql;
using SQLitePCL;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>A ledger's file that refuses a chosen commit, or makes it durable and then loses the answer.</summary>
/// <remarks>By SQLite's own hooks: a commit hook turns COMMIT into ROLLBACK; an error of the write-ahead log's hook is reported by a
/// COMMIT that has happened.</remarks>
internal sealed partial class FaultyDatabase : SqliteDialect, IDisposable
{
    private const int IoError = 10;

    private readonly WalHook afterCommit;
    private volatile sqlite3? writer;
    private volatile bool isFull;
    private int refuseIn = -1;
    private int loseIn = -1;

    public FaultyDatabase(string path)
        : base(path, lockTimeoutSeconds: 5) => afterCommit = (_, _, _, _) => Counts(ref loseIn) ? IoError : 0;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int WalHook(IntPtr context, IntPtr database, IntPtr name, int pages);

    /// <summary>Whether the file cannot grow by a page, as on a disk that is full.</summary>
    public bool IsFull
    {
        get => isFull;
        set
        {
            isFull = value;
            LimitPages();
        }
    }

    /// <summary>The next commit but so many is refused.</summary>
    public void RefuseAfter(int commits) => Interlocked.Exchange(ref refuseIn, commits);

    /// <summary>The next commit but so many is durable, and nobody is told.</summary>
    public void LoseAnswerAfter(int commits) => Interlocked.Exchange(ref loseIn, commits);

    /// <summary>Somebody else's commits, which no fault meets.</summary>
    public async Task UndisturbedAsync(Func<Task> commits)
    {
        (int Refuse, int Lose) armed = (Interlocked.Exchange(ref refuseIn, -1), Interlocked.Exchange(ref loseIn, -1));
        await commits();
        RefuseAfter(armed.Refuse);
        LoseAnswerAfter(armed.Lose);
    }

    public override DbConnection OpenWriter()
    {
        DbConnection connection = base.OpenWriter();
        sqlite3 handle = ((SqliteConnection)connection).Handle!;
        raw.sqlite3_commit_hook(handle, _ => Counts(ref refuseIn) ? 1 : 0, null!);
        Hook(handle.DangerousGetHandle(), Marshal.GetFunctionPointerForDelegate(afterCommit), IntPtr.Zero);
        writer = handle;
        LimitPages();
        return connection;
    }

    public void Dispose() => GC.KeepAlive(afterCommit);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_wal_hook")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial IntPtr Hook(IntPtr database, IntPtr hook, IntPtr context);

    // Less than there are means as many as there are.
    private void LimitPages()
    {
        if (writer is { IsClosed: false } handle)
        {
            Assert.Equal(raw.SQLITE_OK, raw.sqlite3_exec(handle, $"PRAGMA max_page_count = {(isFull ? 1 : int.MaxValue - 1)}"));
        }
    }

    // Down to zero: then it happens, once.
    private static bool Counts(ref int left) => Volatile.Read(ref left) >= 0 && Interlocked.Decrement(ref left) == -1;
}
