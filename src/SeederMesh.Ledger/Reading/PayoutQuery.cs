using SeederMesh.Core.Identity;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Ledger.Reading;

/// <summary>Which payouts and refunds of the hub's, or payments of downloaders, to list. Without any condition:
/// all.</summary>
public sealed record PayoutQuery
{
    /// <summary>Most payees in one question.</summary>
    public const int PayeesMax = 64;

    /// <summary>Payouts to one of these; empty for any.</summary>
    public IReadOnlyList<Id128> Payees { get; init; } = [];

    /// <summary>Refunds of this channel, or payments of its downloader; none for any.</summary>
    public Id128 Channel { get; init; }

    /// <summary>Payouts of this status; None for any.</summary>
    public PayoutStatus Status { get; init; }

    /// <summary>Made at or after this, unix milliseconds.</summary>
    public long FromUnixMs { get; init; }

    /// <summary>Made before this, unix milliseconds.</summary>
    public long BeforeUnixMs { get; init; } = long.MaxValue;

    /// <summary>The last one of the page before, by when it was made and its id; null for the first page.</summary>
    public (long CreatedUnixMs, Id128 Id)? After { get; init; }
}
