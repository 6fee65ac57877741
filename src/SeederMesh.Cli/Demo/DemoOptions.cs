using SeederMesh.Core.Money;

namespace SeederMesh.Cli.Demo;

/// <summary>How the demo runs.</summary>
internal sealed record DemoOptions
{
    /// <summary>The most seedboxes that one machine is asked to run.</summary>
    public const int SeedersMax = 16;

    /// <summary>What is published; null for the album that the program makes itself.</summary>
    public string? Source { get; init; }

    /// <summary>How many seedboxes, 1 to <see cref="SeedersMax"/>.</summary>
    public int Seeders { get; init; } = 3;

    /// <summary>Size of the album in bytes.</summary>
    public long AlbumBytes { get; init; } = Album.AlbumGenerator.DefaultBytes;

    /// <summary>The most that the downloader pays; null for 50 sat, or a fifth more than the whole costs when that is
    /// more.</summary>
    public Msat? Budget { get; init; }

    /// <summary>The least that the hub sends in one payment: routing would cost more than 1% of anything
    /// smaller.</summary>
    public static Msat SmallestPayout { get; } = Msat.From(200);

    /// <summary>The price of a MiB.</summary>
    public Msat Price { get; init; } = Msat.FromSatoshi(2);

    /// <summary>About how long the transfer is made to take, so that a person can watch it; seconds, 0 for as fast as
    /// it goes.</summary>
    public int Seconds { get; init; } = 8;

    /// <summary>Whether one seedbox is killed in the middle and comes back.</summary>
    public bool KillSeeder { get; init; }

    /// <summary>How often the hub is killed while the download runs; 0 for never.</summary>
    public int HubKills { get; init; }

    /// <summary>What the moments of the kills are drawn from.</summary>
    public int Seed { get; init; }

    /// <summary>Where the data is kept afterwards; null to delete it.</summary>
    public string? Keep { get; init; }

    /// <summary>Whether the offer is accepted without asking.</summary>
    public bool Yes { get; init; }
}
