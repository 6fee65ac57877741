using Orleans;

namespace SeederMesh.Grains.Torrents;

/// <summary>What each seeder has given to one torrent. Its key is the full v2 infohash, 64 hexadecimal
/// digits.</summary>
[Alias("seedermesh.torrent")]
public interface ITorrentGrain : IGrainWithStringKey
{
    /// <summary>The torrent as the books have it; null when no manifest of it is registered.</summary>
    [Alias("get")]
    Task<TorrentView?> GetAsync();
}

/// <summary>A torrent as the books have it.</summary>
[GenerateSerializer]
[Alias("seedermesh.torrent-view")]
public sealed record TorrentView
{
    /// <summary>64 hexadecimal digits.</summary>
    [Id(0)]
    public string Infohash { get; init; } = "";

    /// <summary>The newest manifest's digest.</summary>
    [Id(1)]
    public string ManifestDigest { get; init; } = "";

    /// <summary>The torrent's name.</summary>
    [Id(2)]
    public string Name { get; init; } = "";

    /// <summary>How many channels pay for it, under its newest manifest.</summary>
    [Id(3)]
    public long Channels { get; init; }

    /// <summary>What each seeder has given, most bytes first; at most 1,000.</summary>
    [Id(4)]
    public ContributionView[] Seeders { get; init; } = [];
}

/// <summary>What one seeder has given to one torrent.</summary>
[GenerateSerializer]
[Alias("seedermesh.contribution-view")]
public sealed record ContributionView
{
    /// <summary>64 hexadecimal digits.</summary>
    [Id(0)]
    public string SeederKey { get; init; } = "";

    /// <summary>What its operator calls it; empty before it registers.</summary>
    [Id(1)]
    public string Name { get; init; } = "";

    /// <summary>Settled bytes.</summary>
    [Id(2)]
    public long UploadedBytes { get; init; }

    /// <summary>Settled receipts.</summary>
    [Id(3)]
    public long Receipts { get; init; }

    /// <summary>The price of its bytes, before the split.</summary>
    [Id(4)]
    public long SettledMsat { get; init; }
}
