using SeederMesh.Core;
using SeederMesh.Torrents.Native;

namespace SeederMesh.Torrents.Metainfos;

/// <summary>Makes torrents from files.</summary>
/// <remarks>
/// Files are read once, in parallel, and never held. Symbolic links are followed where they stay inside the directory;
/// whatever is left out is in <see cref="MetainfoBuildResult.Skipped"/>. At most 1,000,000 files, 64 levels.
/// </remarks>
public static class MetainfoBuilder
{
    private const int ProgressMilliseconds = 100;

    /// <summary>Makes a torrent of a file or of a directory and everything in it.</summary>
    /// <param name="path">The file or directory.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told about ten times a second, on a thread of the pool.</param>
    /// <param name="cancellation">Stops it within a few milliseconds.</param>
    /// <exception cref="TorrentException">
    /// Something cannot be read or changed meanwhile, there is nothing to publish, or an option is out of range.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static async Task<MetainfoBuildResult> BuildAsync(
        string path,
        MetainfoBuildOptions options,
        IProgress<MetainfoBuildProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        using BuildHandle build = Open(path, options);
        Task<MetainfoBuildResult> run = Task.Factory.StartNew(
            () => Run(build), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await using (cancellation.Register(() => NativeMethods.sm_build_cancel(build)))
        {
            await ReportAsync(build, run, progress);
        }

        try
        {
            return await run;
        }
        catch (TorrentException exception) when (exception.Error.Kind == TorrentErrorKind.Canceled)
        {
            throw new OperationCanceledException("Making the torrent was canceled.", exception, cancellation);
        }
    }

    private static async Task ReportAsync(BuildHandle build, Task run, IProgress<MetainfoBuildProgress>? progress)
    {
        while (progress is not null && !run.IsCompleted)
        {
            NativeMethods.sm_build_progress(build, out long done, out long total);
            progress.Report(new MetainfoBuildProgress(done, total));
            await Task.WhenAny(run, Task.Delay(ProgressMilliseconds, CancellationToken.None));
        }

        await Task.WhenAny(run);
        NativeMethods.sm_build_progress(build, out long lastDone, out long lastTotal);
        progress?.Report(new MetainfoBuildProgress(lastDone, lastTotal));
    }

    private static unsafe BuildHandle Open(string path, MetainfoBuildOptions options)
    {
        BlobWriter writer = new();
        writer.Write(Path.GetFullPath(path)).Write(options.PieceLength).Write(options.V2Only).Write(options.IsPrivate)
            .Write(options.Comment).Write(options.Creator).Write(options.Created?.ToUnixTimeSeconds() ?? 0)
            .Write(options.Threads);
        writer.Write(options.Trackers.Count);
        foreach (Tracker tracker in options.Trackers)
        {
            writer.Write(tracker.Url).Write(tracker.Tier);
        }

        writer.Write(options.WebSeeds.Count);
        foreach (string seed in options.WebSeeds)
        {
            writer.Write(seed);
        }

        fixed (byte* data = writer.Written)
        {
            int status = NativeMethods.sm_build_open(data, writer.Written.Length, out nint build, out nint buffer);
            NativeBuffer.Take(status, buffer).Dispose();
            return new BuildHandle(build);
        }
    }

    private static MetainfoBuildResult Run(BuildHandle build)
    {
        int status = NativeMethods.sm_build_run(build, out nint buffer);
        using NativeBuffer result = NativeBuffer.Take(status, buffer);
        BlobReader reader = new(result.Bytes);
        byte[] torrent = reader.ReadBytes().ToArray();
        SkippedPath[] skipped = new SkippedPath[reader.ReadCount()];
        for (int i = 0; i < skipped.Length; i++)
        {
            skipped[i] = new SkippedPath(reader.ReadString(), (SkipReason)reader.ReadByte());
        }

        bool valid = Metainfo.TryParse(torrent, out Metainfo? metainfo, out _);
        Invariant.Require(valid, "a torrent that was just made can be read");
        return new MetainfoBuildResult(torrent, metainfo!, skipped);
    }
}
