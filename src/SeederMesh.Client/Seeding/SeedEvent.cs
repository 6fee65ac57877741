using SeederMesh.Core.Channels;
using SeederMesh.Core.Exchange;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Client;

/// <summary>Something that happened while seeding.</summary>
public abstract record SeedEvent;

/// <summary>A torrent is seeded from now on, after its content is checked.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Infohash">Its v2 infohash; null for a v1 torrent.</param>
/// <param name="IsPaid">Whether receipts are taken for it.</param>
/// <param name="Remark">Why it is not paid, or null.</param>
public sealed record SeedingStarted(string Name, Digest? Infohash, bool IsPaid, string? Remark) : SeedEvent;

/// <summary>A torrent's content was checked.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Infohash">Its v2 infohash; null for a v1 torrent.</param>
/// <param name="IsComplete">Whether all of it is there.</param>
public sealed record SeedingChecked(string Name, Digest? Infohash, bool IsComplete) : SeedEvent;

/// <summary>A torrent is not seeded any more.</summary>
/// <param name="Name">Its name.</param>
public sealed record SeedingStopped(string Name) : SeedEvent;

/// <summary>A torrent in the watch folder cannot be seeded.</summary>
/// <param name="Path">The file.</param>
/// <param name="Reason">Why, and what to do.</param>
public sealed record SeedingRefused(string Path, string Reason) : SeedEvent;

/// <summary>A torrent stopped because of an error, such as a full disk or a missing file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Reason">Why.</param>
public sealed record SeedingFailed(string Name, string Reason) : SeedEvent;

/// <summary>A downloader showed a grant that was taken: it pays from now on.</summary>
/// <param name="Peer">Its address.</param>
/// <param name="Infohash">The torrent.</param>
/// <param name="Limit">The most that the grant can pay.</param>
public sealed record GrantTaken(string Peer, Digest Infohash, Msat Limit) : SeedEvent;

/// <summary>A downloader showed a grant, or receipts, that were refused.</summary>
/// <param name="Peer">Its address.</param>
/// <param name="Verdict">Why.</param>
public sealed record PeerRefused(string Peer, SeederVerdict Verdict) : SeedEvent;

/// <summary>Receipts came in and are on the disk.</summary>
/// <param name="Peer">The downloader's address.</param>
/// <param name="Infohash">The torrent.</param>
/// <param name="Receipts">How many.</param>
/// <param name="Bytes">For how many bytes.</param>
public sealed record ReceiptsStored(string Peer, Digest Infohash, int Receipts, long Bytes) : SeedEvent;

/// <summary>The hub has settled receipts.</summary>
/// <param name="Hub">Its address.</param>
/// <param name="Receipts">How many.</param>
/// <param name="Bytes">For how many bytes.</param>
public sealed record ReceiptsReported(string Hub, long Receipts, long Bytes) : SeedEvent;

/// <summary>The hub refused receipts for good.</summary>
/// <param name="Hub">Its address.</param>
/// <param name="Receipts">How many.</param>
/// <param name="Verdict">Why.</param>
public sealed record ReceiptsRefused(string Hub, long Receipts, ReceiptVerdict Verdict) : SeedEvent;

/// <summary>The hub cannot be reached or refuses; receipts are kept and reported when it is back.</summary>
/// <param name="Hub">Its address.</param>
/// <param name="Reason">Why.</param>
public sealed record HubAway(string Hub, string Reason) : SeedEvent;

/// <summary>The hub is reached again, or for the first time.</summary>
/// <param name="Hub">Its address.</param>
public sealed record HubReached(string Hub) : SeedEvent;

/// <summary>The receipt store was not whole when it was opened.</summary>
/// <param name="CutBytes">A torn tail that was cut: nothing that was acknowledged.</param>
/// <param name="Damage">Damaged places, each a sentence; the damaged file is kept.</param>
public sealed record ReceiptStoreRecovered(long CutBytes, IReadOnlyList<string> Damage) : SeedEvent;

/// <summary>Something failed that is nobody's fault here; seeding goes on as far as it can.</summary>
/// <param name="Message">What.</param>
public sealed record SeedFault(string Message) : SeedEvent;
