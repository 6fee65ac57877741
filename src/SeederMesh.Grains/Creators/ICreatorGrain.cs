using Orleans;
using SeederMesh.Grains.Direct;
using SeederMesh.Grains.Payouts;

namespace SeederMesh.Grains.Creators;

/// <summary>One creator's statement. Its key is the creator's DID.</summary>
[Alias("seedermesh.creator")]
public interface ICreatorGrain : IGrainWithStringKey
{
    /// <summary>What the creator's works earned and who was paid; null when nothing of the creator's is
    /// registered.</summary>
    [Alias("get")]
    Task<CreatorView?> GetAsync();
}

/// <summary>A creator's statement.</summary>
[GenerateSerializer]
[Alias("seedermesh.creator-view")]
public sealed record CreatorView
{
    /// <summary>The DID.</summary>
    [Id(0)]
    public string Did { get; init; } = "";

    /// <summary>The registered manifests; at most 1,000.</summary>
    [Id(1)]
    public CreatorManifestView[] Manifests { get; init; } = [];

    /// <summary>Everybody whom these manifests pay.</summary>
    [Id(2)]
    public CreatorPayeeView[] Payees { get; init; } = [];
}

/// <summary>One manifest of a creator.</summary>
[GenerateSerializer]
[Alias("seedermesh.creator-manifest-view")]
public sealed record CreatorManifestView
{
    /// <summary>64 hexadecimal digits.</summary>
    [Id(0)]
    public string ManifestDigest { get; init; } = "";

    /// <summary>64 hexadecimal digits.</summary>
    [Id(1)]
    public string Infohash { get; init; } = "";

    /// <summary>The torrent's name.</summary>
    [Id(2)]
    public string Name { get; init; } = "";

    /// <summary>The version.</summary>
    [Id(3)]
    public long Sequence { get; init; }

    /// <summary>When it was registered, unix ms.</summary>
    [Id(4)]
    public long RegisteredUnixMs { get; init; }

    /// <summary>How many channels pay under it.</summary>
    [Id(5)]
    public long Channels { get; init; }

    /// <summary>What downloaders paid under it, before the split, msat.</summary>
    [Id(6)]
    public long SettledMsat { get; init; }

    /// <summary>For so many bytes.</summary>
    [Id(7)]
    public long UploadedBytes { get; init; }
}

/// <summary>One payee of a creator's manifests. The balance is the payee's over all manifests that name it.</summary>
[GenerateSerializer]
[Alias("seedermesh.creator-payee-view")]
public sealed record CreatorPayeeView
{
    /// <summary>32 hexadecimal digits.</summary>
    [Id(0)]
    public string PayeeId { get; init; } = "";

    /// <summary>Who it is, for people.</summary>
    [Id(1)]
    public string? Name { get; init; }

    /// <summary>Where it is paid, the best first.</summary>
    [Id(2)]
    public string[] Endpoints { get; init; } = [];

    /// <summary>What it earned, and what became of it.</summary>
    [Id(3)]
    public PayeeBalance Balance { get; init; } = new();

    /// <summary>What downloaders that pay by themselves brought it, beside the balance.</summary>
    [Id(4)]
    public DirectBalance Direct { get; init; } = new();
}
