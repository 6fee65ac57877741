namespace SeederMesh.Torrents;

/// <summary>What kind of thing went wrong.</summary>
public enum TorrentErrorKind
{
    /// <summary>Nothing; never returned as an error.</summary>
    None = 0,

    /// <summary>The bytes are not a torrent, an info dictionary or a magnet link.</summary>
    Metainfo = 1,

    /// <summary>A file or directory cannot be read, or changed while it was being read.</summary>
    File = 2,

    /// <summary>An argument is out of its range, or names something that is not there.</summary>
    Argument = 3,

    /// <summary>The caller canceled.</summary>
    Canceled = 4,

    /// <summary>The BitTorrent engine refused.</summary>
    Engine = 5,
}

/// <summary>An error of the BitTorrent engine or of our checks around it.</summary>
/// <param name="Kind">What kind of thing went wrong.</param>
/// <param name="Name">libtorrent's name of the error, such as <c>torrent_missing_name</c>, or ours.</param>
/// <param name="Message">A sentence for a person.</param>
public readonly record struct TorrentError(TorrentErrorKind Kind, string Name, string Message)
{
    /// <summary>The sentence and the name.</summary>
    public override string ToString() => $"{Message} ({Name})";
}

/// <summary>The engine refused; <see cref="Error"/> says why.</summary>
public sealed class TorrentException(TorrentError error) : Exception(error.ToString())
{
    /// <summary>Why.</summary>
    public TorrentError Error { get; } = error;
}
