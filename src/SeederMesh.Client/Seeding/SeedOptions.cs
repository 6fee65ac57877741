using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Client;

/// <summary>A torrent to seed.</summary>
/// <param name="TorrentPath">The .torrent file.</param>
/// <param name="ContentFolder">The folder that holds the torrent's file or root folder.</param>
/// <param name="ManifestPath">Its .prov file; null to look beside the .torrent file for <c>INFOHASH.prov</c> or
/// <c>NAME.prov</c>.</param>
public sealed record SeedSource(string TorrentPath, string ContentFolder, string? ManifestPath = null)
{
    /// <summary>The file of a watch folder that it is seeded for, as long as it is there.</summary>
    internal string? WatchedPath { get; init; }
}

/// <summary>What a seeding service needs.</summary>
public sealed record SeedOptions
{
    /// <summary>Its data folder, which the service does not dispose.</summary>
    public required DataFolder Data { get; init; }

    /// <summary>Its settings.</summary>
    public required ClientConfiguration Configuration { get; init; }

    /// <summary>The time. Default: the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>What a torrent is doing.</summary>
public enum SeedingState
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>Its content is being hashed.</summary>
    Checking = 1,

    /// <summary>It is seeded.</summary>
    Seeding = 2,

    /// <summary>Not all of its content is there; what is there is seeded.</summary>
    Incomplete = 3,

    /// <summary>It stopped; the reason says why.</summary>
    Failed = 4,
}

/// <summary>One torrent at one moment.</summary>
/// <param name="Id">Its v2 infohash, or the v1 infohash of a v1 torrent; hexadecimal.</param>
/// <param name="Name">Its name.</param>
/// <param name="Length">Its content, bytes.</param>
/// <param name="State">What it is doing.</param>
/// <param name="ProgressPpm">How far that is, millionths.</param>
/// <param name="Price">What it pays; null when nothing is asked.</param>
/// <param name="UploadedBytes">Content sent since the service started.</param>
/// <param name="Peers">Connected peers.</param>
/// <param name="Remark">Why it is not paid or stopped, or null.</param>
public sealed record SeedingTorrentStatus(
    string Id,
    string Name,
    long Length,
    SeedingState State,
    int ProgressPpm,
    PricePerMebibyte? Price,
    long UploadedBytes,
    int Peers,
    string? Remark);

/// <summary>One hub at one moment.</summary>
/// <param name="Url">Its address.</param>
/// <param name="Name">Its name.</param>
/// <param name="Key">Its key.</param>
/// <param name="Network">The network that it pays on: "play money", "bitcoin", "regtest" ...</param>
/// <param name="Trouble">Why it cannot be reached; null when it can.</param>
/// <param name="Receipts">Receipts stored for it, ever.</param>
/// <param name="ReceiptedBytes">Their bytes.</param>
/// <param name="Signed">Their price, of which the seeder has its share.</param>
/// <param name="Settled">What of that the hub has settled.</param>
/// <param name="UnreportedReceipts">Receipts that the hub has not confirmed yet.</param>
/// <param name="RefusedReceipts">Receipts that it refused for good.</param>
/// <param name="Standing">What the hub says it owes and paid; null until it was asked.</param>
public sealed record SeedingHubStatus(
    string Url,
    string Name,
    PublicKey Key,
    string Network,
    string? Trouble,
    long Receipts,
    long ReceiptedBytes,
    Msat Signed,
    Msat Settled,
    long UnreportedReceipts,
    long RefusedReceipts,
    SeederInfo? Standing);

/// <summary>Everything at one moment.</summary>
/// <param name="Key">The seeder's key.</param>
/// <param name="Port">The port that peers reach; 0 while there is none.</param>
/// <param name="Torrents">Its torrents, by name.</param>
/// <param name="Hubs">Its hubs.</param>
/// <param name="Peers">Connected peers.</param>
/// <param name="PayingPeers">Of those, with a grant that still pays.</param>
/// <param name="UploadedBytes">Content sent since the service started.</param>
/// <param name="UploadRate">Content sent, bytes a second.</param>
public sealed record SeedSnapshot(
    PublicKey Key,
    int Port,
    IReadOnlyList<SeedingTorrentStatus> Torrents,
    IReadOnlyList<SeedingHubStatus> Hubs,
    int Peers,
    int PayingPeers,
    long UploadedBytes,
    long UploadRate);
