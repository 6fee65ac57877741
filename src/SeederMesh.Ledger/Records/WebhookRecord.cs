using System.Data.Common;
using SeederMesh.Core.Identity;

namespace SeederMesh.Ledger.Records;

/// <summary>Somebody who is told of every payout that ended, in order, from a place in the order of all transfers
/// on.</summary>
/// <remarks>An event is the transfer that resolves a payout, so none is lost and each has one id, however often it is
/// told.</remarks>
public sealed record WebhookRecord : RevisedRecord, IStoredRecord<WebhookRecord>
{
    private static readonly RecordTable Definition = new(
        21,
        "webhook",
        1,
        IsRevised: true,
        [
            "id", "owners", "address", "generation", "status", "told_sequence", "failures", "next_attempt_unix_ms",
            "reason", "signed_unix_seconds", "revision",
        ]);

    /// <summary>Whose it is: <see cref="IdOf"/> a key, or <see cref="OperatorId"/>.</summary>
    public required Id128 Id { get; init; }

    /// <summary>Owners of the payees whose payouts it is told of, one a line; empty for all payouts and
    /// refunds.</summary>
    public required string Owners { get; init; }

    /// <summary>Where it is told.</summary>
    public required string Address { get; init; }

    /// <summary>Which of its secrets signs, from 1.</summary>
    public required long Generation { get; init; }

    /// <summary>Whether it is told.</summary>
    public required WebhookStatus Status { get; init; }

    /// <summary>The last transfer that it was told of.</summary>
    public required long ToldSequence { get; init; }

    /// <summary>Attempts that failed in a row.</summary>
    public long Failures { get; init; }

    /// <summary>Not to be tried before this, unix milliseconds.</summary>
    public long NextAttemptUnixMs { get; init; }

    /// <summary>Why the last attempt failed.</summary>
    public string? Reason { get; init; }

    /// <summary>When its owner signed the address in force, unix seconds; 0 for the operator's.</summary>
    public required long SignedUnixSeconds { get; init; }

    /// <summary>The operator's own.</summary>
    public static Id128 OperatorId { get; } = Id128.Derive("webhook-operator");

    /// <summary>A key's own.</summary>
    public static Id128 IdOf(PublicKey owner) => Id128.Derive("webhook", owner.Span);

    static RecordTable IStoredRecord<WebhookRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static WebhookRecord IStoredRecord<WebhookRecord>.Read(DbDataReader row) => new()
    {
        Id = row.Id(0),
        Owners = row.Text(1),
        Address = row.Text(2),
        Generation = row.Number(3),
        Status = (WebhookStatus)row.Number(4),
        ToldSequence = row.Number(5),
        Failures = row.Number(6),
        NextAttemptUnixMs = row.Number(7),
        Reason = row.OptionalText(8),
        SignedUnixSeconds = row.Number(9),
        Revision = row.Number(10),
    };

    internal override object?[] ToFields() =>
    [
        Id.ToArray(),
        Owners,
        Address,
        Generation,
        (long)Status,
        ToldSequence,
        Failures,
        NextAttemptUnixMs,
        Reason,
        SignedUnixSeconds,
        Revision,
    ];
}

/// <summary>Whether a webhook is told. The number is stored.</summary>
public enum WebhookStatus
{
    /// <summary>No webhook has this.</summary>
    None = 0,

    /// <summary>It is told.</summary>
    Active = 1,

    /// <summary>It failed too often; its place is kept until its owner names an address again.</summary>
    Suspended = 2,

    /// <summary>Its owner took it away.</summary>
    Removed = 3,
}
