using SeederMesh.Core.Identity;

namespace SeederMesh.Core.Manifests;

/// <summary>A magnet link: which torrent, where to ask for it, and who vouches for it.</summary>
/// <remarks>
/// Sources: BEP 9 (<c>xt=urn:btih:</c>, <c>dn</c>, <c>tr</c>, <c>x.pe</c>), BEP 52 (<c>xt=urn:btmh:1220</c>), BEP 53
/// (<c>so</c>). Our own are
/// <c>x.prov</c>, the registry's address, and <c>x.prcpt</c>, the digest of its receipt. Read and written by <see
/// cref="MagnetText"/>.
/// </remarks>
public sealed record MagnetLink
{
    /// <summary>The full v2 infohash; at least one of the two infohashes is there.</summary>
    public Digest? InfohashV2 { get; init; }

    /// <summary>The v1 infohash.</summary>
    public InfohashV1? InfohashV1 { get; init; }

    /// <summary>What to call it until the metadata is there, or null. At most 255 characters.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Addresses of trackers (<c>tr</c>), at most 64.</summary>
    public IReadOnlyList<string> Trackers { get; init; } = [];

    /// <summary>Peers to ask first (<c>x.pe</c>) as <c>host:port</c> or <c>[IPv6]:port</c>, at most 64.</summary>
    public IReadOnlyList<string> Peers { get; init; } = [];

    /// <summary>
    /// Which files to load (<c>so</c>), as ranges in order without overlap; empty means all. At most 4,096.
    /// </summary>
    public IReadOnlyList<FileRange> SelectOnly { get; init; } = [];

    /// <summary>The address of the registry that has the manifest (<c>x.prov</c>), or null.</summary>
    public string? Registry { get; init; }

    /// <summary>The digest of the registry's receipt (<c>x.prcpt</c>), or null.</summary>
    public Digest? RegistryReceipt { get; init; }

    /// <summary>The link.</summary>
    public override string ToString() => MagnetText.Format(this);
}

/// <summary>
/// Files <paramref name="First"/> to <paramref name="Last"/>, both included, counted from 0 (BEP 53).
/// </summary>
public readonly record struct FileRange(int First, int Last)
{
    /// <summary>How BEP 53 writes it: <c>3</c> or <c>3-7</c>.</summary>
    public override string ToString() => First == Last ? $"{First}" : $"{First}-{Last}";
}

/// <summary>How reading a magnet link ended, in the order of the checks.</summary>
public enum MagnetResult
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>More than <see cref="MagnetText.LengthMax"/> characters.</summary>
    TooLong,

    /// <summary>It does not begin with <c>magnet:?</c>.</summary>
    NotMagnet,

    /// <summary>A part is not <c>name=value</c> in percent-encoded UTF-8, or there are too many.</summary>
    Malformed,

    /// <summary>An <c>xt</c> is not an infohash, or there are two different ones of a kind.</summary>
    InfohashInvalid,

    /// <summary>Another parameter that is known here has a bad value.</summary>
    ParameterInvalid,

    /// <summary>There is no BitTorrent infohash in it.</summary>
    InfohashMissing,

    /// <summary>It was read.</summary>
    Read,
}

/// <summary>What came of reading a magnet link.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Link">The link, when it was read.</param>
/// <param name="Message">What was wrong and what to do, for a person; empty when it was read.</param>
public readonly record struct MagnetReading(MagnetResult Result, MagnetLink? Link, string Message);
