using System.Runtime.InteropServices;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]

namespace SeederMesh.Torrents.Native;

/// <summary>The C ABI of <c>libseedermesh_torrents.so</c>; see native/api.h.</summary>
internal static unsafe partial class NativeMethods
{
    private const string Library = "seedermesh_torrents";

    [LibraryImport(Library)]
    internal static partial byte* sm_buffer_data(nint buffer);

    [LibraryImport(Library)]
    internal static partial long sm_buffer_size(nint buffer);

    [LibraryImport(Library)]
    internal static partial void sm_buffer_free(nint buffer);

    [LibraryImport(Library)]
    internal static partial byte* sm_libtorrent_version();

    [LibraryImport(Library)]
    internal static partial int sm_metainfo_inspect(byte* data, long size, int infoOnly, out nint result);

    [LibraryImport(Library)]
    internal static partial int sm_build_open(byte* options, long size, out nint build, out nint result);

    [LibraryImport(Library)]
    internal static partial int sm_build_run(BuildHandle build, out nint result);

    [LibraryImport(Library)]
    internal static partial void sm_build_progress(BuildHandle build, out long bytesDone, out long bytesTotal);

    [LibraryImport(Library)]
    internal static partial void sm_build_cancel(BuildHandle build);

    [LibraryImport(Library)]
    internal static partial void sm_build_close(nint build);

    [LibraryImport(Library)]
    internal static partial int sm_session_open(byte* options, long size, out nint session, out nint result);

    [LibraryImport(Library)]
    internal static partial void sm_session_close(nint session);

    [LibraryImport(Library)]
    internal static partial int sm_session_apply(SessionHandle session, byte* options, long size, out nint result);

    [LibraryImport(Library)]
    internal static partial int sm_session_next(SessionHandle session, int timeoutMs, out nint result);

    [LibraryImport(Library)]
    internal static partial void sm_session_wake(SessionHandle session);

    [LibraryImport(Library)]
    internal static partial int sm_session_totals(SessionHandle session, out nint result);

    [LibraryImport(Library)]
    internal static partial int sm_session_state(SessionHandle session, out nint result);

    [LibraryImport(Library)]
    internal static partial int sm_torrent_add(SessionHandle session, byte* options, long size, out nint result);

    [LibraryImport(Library)]
    internal static partial int sm_torrent_remove(SessionHandle session, uint torrent, int withData, out nint result);

    [LibraryImport(Library)]
    internal static partial int sm_torrent_command(
        SessionHandle session, uint torrent, int command, byte* arguments, long size, out nint result);

    [LibraryImport(Library)]
    internal static partial int sm_torrent_query(SessionHandle session, uint torrent, int query, out nint result);

    [LibraryImport(Library)]
    internal static partial int sm_torrents_status(SessionHandle session, out nint result);

    [LibraryImport(Library)]
    internal static partial int sm_torrent_extension(
        SessionHandle session, uint torrent, byte* dictionary, long size, long defaultCredit, out nint result);

    [LibraryImport(Library)]
    internal static partial int sm_peer_send(
        SessionHandle session, ulong peer, byte* payload, long size, out nint result);

    [LibraryImport(Library)]
    internal static partial int sm_peer_credit(SessionHandle session, ulong peer, long credit, out nint result);

    [LibraryImport(Library)]
    internal static partial int sm_peer_disconnect(SessionHandle session, ulong peer, out nint result);
}
