using System.Collections.Immutable;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Core.Splits;

namespace SeederMesh.Ledger.ReceiptLogs;

/// <summary>One entry of a receipt log: what a hub settled, and under which terms.</summary>
/// <remarks>Order: every manifest that a channel names; then each channel, followed by its grants in the order of their
/// first settlement (those without one last), each followed by its settlements in the order of their
/// receipts.</remarks>
public abstract record ReceiptLogEntry;

/// <summary>The terms that a manifest sets.</summary>
/// <param name="Digest">The manifest's digest.</param>
/// <param name="Torrent">The torrent's v2 infohash.</param>
/// <param name="Price">What it asks for 1 MiB.</param>
/// <param name="Split">How each settlement is divided.</param>
public sealed record ManifestEntry(Digest Digest, Digest Torrent, PricePerMebibyte Price, SplitPolicy Split) : ReceiptLogEntry;

/// <summary>A channel.</summary>
/// <param name="Id">The channel's id.</param>
/// <param name="Manifest">Digest of the manifest that sets its split; that entry came before.</param>
/// <param name="CreatedUnixMs">When it was created, unix milliseconds.</param>
/// <param name="IsDirect">Whether its downloader pays by itself; what it left unpaid is not in the log.</param>
public sealed record ChannelEntry(Id128 Id, Digest Manifest, long CreatedUnixMs, bool IsDirect) : ReceiptLogEntry;

/// <summary>A grant of the channel before it.</summary>
/// <param name="Id">The grant's id.</param>
/// <param name="Seeder">The seeder that it is for.</param>
/// <param name="Price">The price of 1 MiB that its receipts count.</param>
/// <param name="Limit">The most that may be settled under it.</param>
/// <param name="CreatedUnixMs">When it was signed, unix milliseconds.</param>
public sealed record GrantEntry(
    Id128 Id, PublicKey Seeder, PricePerMebibyte Price, Msat Limit, long CreatedUnixMs) : ReceiptLogEntry;

/// <summary>A run of receipts of the grant before it, settled at once.</summary>
/// <param name="Seeder">The grant's seeder.</param>
/// <param name="FirstSequence">Sequence of its first receipt, from 1.</param>
/// <param name="Bytes">Bytes that the run adds.</param>
/// <param name="Amount">Amount that the run adds.</param>
/// <param name="SettledUnixMs">When, unix milliseconds.</param>
/// <param name="Receipts">1 to <see cref="ReceiptRun.EntriesMax"/> receipts, each for (a part of) one piece, oldest
/// first.</param>
public sealed record SettlementEntry(
    PublicKey Seeder,
    long FirstSequence,
    long Bytes,
    Msat Amount,
    long SettledUnixMs,
    ImmutableArray<ReceiptEntry> Receipts) : ReceiptLogEntry;
