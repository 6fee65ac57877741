using System.Text.Json;
using SeederMesh.Core.Manifests;
using SeederMesh.Torrents.Metainfos;
using SeederMesh.Torrents.Sessions;

namespace SeederMesh.Client;

/// <summary>A torrent that is seeded, and its folder among the service's data.</summary>
internal sealed class SeedingTorrent
{
    private const string MetainfoName = "metainfo.torrent";
    private const string ManifestName = "manifest.prov";
    private const string PlaceName = "torrent.json";
    private const string ResumeName = "resume.data";

    private SeedingTorrent(string folder, Place place, byte[] torrent, Metainfo metainfo, PaidTorrent? paid, string? remark)
    {
        (Folder, ContentFolder, WatchedPath) = (folder, place.ContentFolder, place.WatchedPath);
        (TorrentBytes, Metainfo, Paid, Remark) = (torrent, metainfo, paid, remark);
    }

    public string Folder { get; }

    public string ContentFolder { get; }

    /// <summary>The file of a watch folder that it is seeded for; null for one that was added by hand.</summary>
    public string? WatchedPath { get; }

    public byte[] TorrentBytes { get; }

    public Metainfo Metainfo { get; }

    /// <summary>What receipts need; null when nothing is asked for it.</summary>
    public PaidTorrent? Paid { get; }

    /// <summary>Why nothing is asked, or why it stopped.</summary>
    public string? Remark { get; set; }

    public TorrentHandleId Handle { get; set; }

    public bool IsChecked { get; set; }

    public bool HasFailed { get; set; }

    public string Id => IdOf(Metainfo);

    public string ResumePath => Path.Combine(Folder, ResumeName);

    /// <summary>Whether nothing would change by replacing it.</summary>
    public bool IsSameAs(SeedingTorrent other) =>
        string.Equals(ContentFolder, other.ContentFolder, StringComparison.Ordinal) && Paid?.Manifest.Digest == other.Paid?.Manifest.Digest;

    public static string IdOf(Metainfo metainfo) => metainfo.InfoHashes.V2?.ToString() ?? metainfo.InfoHashes.V1!.Value.ToString();

    /// <summary>Stores a torrent among the service's data, so that it is seeded again after a restart.</summary>
    /// <exception cref="ClientException">A file cannot be read or is not what it should be.</exception>
    public static SeedingTorrent Store(SeedSource source, string torrentsPath)
    {
        (byte[] torrent, Metainfo metainfo) = TorrentFiles.ReadTorrent(source.TorrentPath);
        string folder = Path.Combine(torrentsPath, IdOf(metainfo));
        Directory.CreateDirectory(folder);
        string? manifest = source.ManifestPath ?? TorrentFiles.FindManifest(source.TorrentPath, metainfo);
        if (manifest is not null)
        {
            ManifestVerification verification = TorrentFiles.ReadManifest(manifest);
            if (verification.Signed is { } signed)
            {
                DurableFile.Write(Path.Combine(folder, ManifestName), signed.Bytes.Span);
            }
            else if (source.ManifestPath is not null)
            {
                throw new ClientException($"{manifest}: {verification}");
            }
        }

        DurableFile.Write(Path.Combine(folder, MetainfoName), torrent);

        // Last, because it is what makes the folder count.
        DurableFile.Write(
            Path.Combine(folder, PlaceName),
            JsonSerializer.SerializeToUtf8Bytes(new Place(Path.GetFullPath(source.ContentFolder), source.WatchedPath), ClientJson.Files));
        return Load(folder);
    }

    /// <summary>Reads a stored torrent.</summary>
    /// <exception cref="ClientException">A file of it cannot be read.</exception>
    public static SeedingTorrent Load(string folder)
    {
        (byte[] torrent, Metainfo metainfo) = TorrentFiles.ReadTorrent(Path.Combine(folder, MetainfoName));
        Place place;
        try
        {
            place = JsonSerializer.Deserialize<Place>(File.ReadAllBytes(Path.Combine(folder, PlaceName)), ClientJson.Files)
                ?? throw new JsonException("It is empty.");
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            throw new ClientException($"{Path.Combine(folder, PlaceName)} cannot be read: {exception.Message}", exception);
        }

        (PaidTorrent? paid, string? remark) = Judge(Path.Combine(folder, ManifestName), metainfo);
        return new SeedingTorrent(folder, place, torrent, metainfo, paid, remark);
    }

    /// <summary>The stored torrents; one that cannot be read is told about.</summary>
    public static IEnumerable<string> FoldersIn(string torrentsPath) =>
        Directory.Exists(torrentsPath)
            ? Directory.EnumerateDirectories(torrentsPath)
                .Where(folder => File.Exists(Path.Combine(folder, PlaceName)))
                .Order(StringComparer.Ordinal)
            : [];

    private static (PaidTorrent? Paid, string? Remark) Judge(string manifestPath, Metainfo metainfo)
    {
        if (!File.Exists(manifestPath))
        {
            return (null, "it has no manifest, so nothing is asked for it");
        }

        ManifestVerification verification = TorrentFiles.ReadManifest(manifestPath);
        if (verification.Signed is not { } manifest)
        {
            return (null, $"its manifest does not verify: {verification}");
        }

        if (TorrentFiles.DifferenceOf(manifest, metainfo) is { } difference)
        {
            return (null, $"its manifest describes another torrent: {difference}");
        }

        return PaidTorrent.AsksMoney(manifest) ? (PaidTorrent.Of(manifest), null) : (null, "its creator asks nothing");
    }

    private sealed record Place(string ContentFolder, string? WatchedPath);
}
