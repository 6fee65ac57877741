using Orleans;
using SeederMesh.Grains.Direct;
using SeederMesh.Grains.Payouts;

namespace SeederMesh.Grains.Seeders;

/// <summary>One seeder: where it is paid, and what it earned. Its key is the seeder's public key, 64 hexadecimal
/// digits.</summary>
[Alias("seedermesh.seeder")]
public interface ISeederGrain : IGrainWithStringKey
{
    /// <summary>Notes where the seeder is paid; the same again changes nothing.</summary>
    /// <remarks>
    /// Only a command signed later than the one in force changes it: a captured call that is sent again cannot bring an
    /// older destination back.
    /// </remarks>
    /// <returns>The seeder; null when another registration, signed in the same second or later, is in force.</returns>
    [Alias("register")]
    Task<SeederView?> RegisterAsync(RegisterSeederCommand command);

    /// <summary>The seeder as the books have it; null when it neither registered nor was given a grant.</summary>
    [Alias("get")]
    Task<SeederView?> GetAsync();
}

/// <summary>Where a seeder is paid. The caller has checked the destinations.</summary>
[GenerateSerializer]
[Alias("seedermesh.register-seeder")]
public sealed record RegisterSeederCommand
{
    /// <summary>What the operator calls it.</summary>
    [Id(0)]
    public string Name { get; init; } = "";

    /// <summary>Where it is paid: one destination a line, the best first.</summary>
    [Id(1)]
    public string Destination { get; init; } = "";

    /// <summary>When the seeder signed it, unix seconds by the seeder's clock.</summary>
    [Id(2)]
    public long SignedUnixSeconds { get; init; }

    /// <summary>Whether it uploads to downloaders that pay by themselves.</summary>
    [Id(3)]
    public bool TakesDirect { get; init; } = true;
}

/// <summary>A seeder as the books have it.</summary>
[GenerateSerializer]
[Alias("seedermesh.seeder-view")]
public sealed record SeederView
{
    /// <summary>64 hexadecimal digits.</summary>
    [Id(0)]
    public string SeederKey { get; init; } = "";

    /// <summary>What the operator calls it; empty before it registers.</summary>
    [Id(1)]
    public string Name { get; init; } = "";

    /// <summary>Where it is paid; empty before it registers.</summary>
    [Id(2)]
    public string Destination { get; init; } = "";

    /// <summary>32 hexadecimal digits.</summary>
    [Id(3)]
    public string PayeeId { get; init; } = "";

    /// <summary>When it registered, unix ms; 0 before.</summary>
    [Id(4)]
    public long RegisteredUnixMs { get; init; }

    /// <summary>Settled bytes.</summary>
    [Id(5)]
    public long UploadedBytes { get; init; }

    /// <summary>Settled receipts.</summary>
    [Id(6)]
    public long Receipts { get; init; }

    /// <summary>The price of its bytes, before the split.</summary>
    [Id(7)]
    public long SettledMsat { get; init; }

    /// <summary>Its share, and what became of it.</summary>
    [Id(8)]
    public PayeeBalance Balance { get; init; } = new();

    /// <summary>Grants that it may still report on.</summary>
    [Id(9)]
    public SeederGrantView[] OpenGrants { get; init; } = [];

    /// <summary>What downloaders that pay by themselves brought it.</summary>
    [Id(10)]
    public DirectBalance Direct { get; init; } = new();

    /// <summary>Whether it uploads to downloaders that pay by themselves.</summary>
    [Id(11)]
    public bool TakesDirect { get; init; } = true;
}

/// <summary>A grant as its seeder sees it.</summary>
[GenerateSerializer]
[Alias("seedermesh.seeder-grant-view")]
public sealed record SeederGrantView
{
    /// <summary>32 hexadecimal digits.</summary>
    [Id(0)]
    public string GrantId { get; init; } = "";

    /// <summary>32 hexadecimal digits.</summary>
    [Id(1)]
    public string ChannelId { get; init; } = "";

    /// <summary>64 hexadecimal digits.</summary>
    [Id(2)]
    public string Infohash { get; init; } = "";

    /// <summary>The most that it pays, msat.</summary>
    [Id(3)]
    public long LimitMsat { get; init; }

    /// <summary>What is settled, msat.</summary>
    [Id(4)]
    public long SettledMsat { get; init; }

    /// <summary>The newest settled receipt.</summary>
    [Id(5)]
    public long Receipts { get; init; }

    /// <summary>When receipts stop counting, unix ms.</summary>
    [Id(6)]
    public long ExpiresUnixMs { get; init; }

    /// <summary>When it closes because the downloader asked, unix ms.</summary>
    [Id(7)]
    public long? ClosesAtUnixMs { get; init; }

    /// <summary>Whether the downloader pays by itself: the hub then holds no money for it.</summary>
    [Id(8)]
    public bool IsDirect { get; init; }
}
