using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;
using SeederMesh.Torrents;
using SeederMesh.Torrents.Metainfos;

namespace SeederMesh.Cli.Inspection;

/// <summary>Explains a torrent file, as the BitTorrent engine reads it.</summary>
internal static class TorrentInspector
{
    /// <summary>Checks all of the torrent and explains it.</summary>
    public static (Explanation? Explanation, Fault? Fault) Explain(ReadOnlySpan<byte> bytes)
    {
        if (!Metainfo.TryParse(bytes, out Metainfo? torrent, out TorrentError error))
        {
            return (null, new Fault("torrent", error.ToString()));
        }

        var files = new JsonArray();
        MetainfoFile[] content = [.. torrent.Files.Where(file => !file.IsPadding)];
        foreach (MetainfoFile file in content.Take(ManifestInspector.FilesShown))
        {
            files.Add(Describe(file));
        }

        InfoHashes hashes = torrent.InfoHashes;
        var fields = new JsonObject
        {
            ["name"] = torrent.Name,
            ["kindOfTorrent"] = hashes.IsHybrid ? "hybrid: v1 and v2" : hashes.V2 is null ? "v1 only: it cannot carry a manifest" : "v2",
            ["infohash"] = hashes.V2?.ToString(),
            ["infohashV1"] = hashes.V1?.ToString(),
            ["totalBytes"] = torrent.Length,
            ["size"] = Units.Bytes(torrent.Length),
            ["pieceLength"] = torrent.PieceLength,
            ["pieces"] = torrent.PieceCount,
            ["isPrivate"] = torrent.IsPrivate,
            ["comment"] = torrent.Comment.Length == 0 ? null : torrent.Comment,
            ["createdBy"] = torrent.Creator.Length == 0 ? null : torrent.Creator,
            ["createdAt"] = torrent.Created is { } created ? ReceiptInspector.Time(created.ToUnixTimeMilliseconds()) : null,
            ["trackers"] = new JsonArray([.. torrent.Trackers.Select(tracker => (JsonNode)tracker.Url)]),
            ["webSeeds"] = new JsonArray([.. torrent.WebSeeds.Select(url => (JsonNode)url)]),
            ["fileCount"] = content.Length,
            ["files"] = files,
        };
        foreach (string name in fields.Where(field => field.Value is null).Select(field => field.Key).ToArray())
        {
            fields.Remove(name);
        }

        return (new Explanation("torrent", fields), null);
    }

    private static JsonObject Describe(MetainfoFile file)
    {
        var fields = new JsonObject { ["path"] = file.Path, ["length"] = file.Length };
        if (file.PiecesRoot is { } root)
        {
            fields["piecesRoot"] = root.ToString();
        }

        if (file.SymlinkTarget is { } target)
        {
            fields["symlinkTo"] = target;
        }

        return fields;
    }
}
