using System.Runtime.InteropServices;

namespace SeederMesh.Torrents.Native;

/// <summary>A blob that the native side allocated.</summary>
internal sealed class NativeBuffer : SafeHandle
{
    private NativeBuffer(nint buffer)
        : base(0, ownsHandle: true) => SetHandle(buffer);

    public override bool IsInvalid => handle == 0;

    /// <summary>Its bytes, valid until it is disposed.</summary>
    public unsafe ReadOnlySpan<byte> Bytes => IsInvalid
        ? []
        : new ReadOnlySpan<byte>(
            NativeMethods.sm_buffer_data(handle), checked((int)NativeMethods.sm_buffer_size(handle)));

    /// <summary>Takes the result of a call, or throws what it says.</summary>
    /// <exception cref="TorrentException">The call failed.</exception>
    public static NativeBuffer Take(int status, nint buffer)
    {
        NativeBuffer result = new(buffer);
        if (status == 0)
        {
            return result;
        }

        using (result)
        {
            throw new TorrentException(ReadError(status, result));
        }
    }

    /// <summary>What a failed call says.</summary>
    public static TorrentError ReadError(int status, NativeBuffer buffer)
    {
        if (buffer.IsInvalid)
        {
            return new TorrentError((TorrentErrorKind)status, "out_of_memory", "out of memory");
        }

        BlobReader reader = new(buffer.Bytes);
        return new TorrentError((TorrentErrorKind)reader.ReadInt32(), reader.ReadString(), reader.ReadString());
    }

    /// <summary>Takes the result of a call whose failure is an expected outcome.</summary>
    public static NativeBuffer? TryTake(int status, nint buffer, out TorrentError error)
    {
        NativeBuffer result = new(buffer);
        error = default;
        if (status == 0)
        {
            return result;
        }

        using (result)
        {
            error = ReadError(status, result);
        }

        return null;
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.sm_buffer_free(handle);
        return true;
    }
}

/// <summary>A libtorrent session; closing it stops its network thread and waits for it.</summary>
internal sealed class SessionHandle : SafeHandle
{
    public SessionHandle(nint session)
        : base(0, ownsHandle: true) => SetHandle(session);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        NativeMethods.sm_session_close(handle);
        return true;
    }
}

/// <summary>A torrent being made.</summary>
internal sealed class BuildHandle : SafeHandle
{
    public BuildHandle(nint build)
        : base(0, ownsHandle: true) => SetHandle(build);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        NativeMethods.sm_build_close(handle);
        return true;
    }
}
