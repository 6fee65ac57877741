using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning;

/// <summary>An outgoing payment as far as its fate is known.</summary>
public sealed record Payment
{
    /// <summary>The hash that it is paid under and looked up by.</summary>
    public required Digest PaymentHash { get; init; }

    /// <summary>How far it is.</summary>
    public required PaymentStatus Status { get; init; }

    /// <summary>What the payee receives; zero where the node does not say.</summary>
    public Msat Amount { get; init; }

    /// <summary>What routing cost on top; zero until it succeeded.</summary>
    public Msat Fee { get; init; }

    /// <summary>The proof of payment, once it succeeded.</summary>
    public Preimage? Preimage { get; init; }

    /// <summary>Why it failed; <see cref="PaymentFailure.None"/> unless <see cref="Status"/> is
    /// <see cref="PaymentStatus.Failed"/>.</summary>
    public PaymentFailure Failure { get; init; }

    /// <summary>A sentence for a person: why it failed, or why its fate is unknown. Empty when there is nothing to
    /// say.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The payee's node, where the node says it.</summary>
    public NodeId? Destination { get; init; }

    /// <summary>When it was first tried, where the node says it.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When it succeeded or failed, where the node says it.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>A payment that did not happen and will not under this attempt.</summary>
    public static Payment Failed(Digest paymentHash, PaymentFailure failure, string reason) =>
        new() { PaymentHash = paymentHash, Status = PaymentStatus.Failed, Failure = failure, Reason = reason };

    /// <summary>A payment whose fate cannot be told now.</summary>
    public static Payment Unknown(Digest paymentHash, string reason) =>
        new() { PaymentHash = paymentHash, Status = PaymentStatus.Unknown, Reason = reason };
}

/// <summary>How far an outgoing payment is. Only <see cref="NotFound"/> and <see cref="Failed"/> allow another
/// attempt.</summary>
public enum PaymentStatus
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>The node answered, and has never heard of the hash.</summary>
    NotFound = 1,

    /// <summary>The node could not be asked, or its answer was lost: the payment may or may not have
    /// happened.</summary>
    Unknown = 2,

    /// <summary>In flight: it may still succeed or fail.</summary>
    Pending = 3,

    /// <summary>It failed for good; nothing was paid, and the same hash may be tried again.</summary>
    Failed = 4,

    /// <summary>The payee has the money, and the preimage proves it.</summary>
    Succeeded = 5,
}

/// <summary>Why a payment failed.</summary>
public enum PaymentFailure
{
    /// <summary>It did not fail.</summary>
    None = 0,

    /// <summary>The invoice cannot be read, or its signature is wrong.</summary>
    InvalidInvoice = 1,

    /// <summary>The invoice is of another network than the node.</summary>
    WrongNetwork = 2,

    /// <summary>The invoice asks for no amount and none was given, or one was given that it does not allow.</summary>
    WrongAmount = 3,

    /// <summary>The invoice expired.</summary>
    Expired = 4,

    /// <summary>The node does not offer this kind of payment.</summary>
    NotSupported = 5,

    /// <summary>The node has not enough to send.</summary>
    InsufficientBalance = 6,

    /// <summary>There is no path with enough liquidity to the payee.</summary>
    NoRoute = 7,

    /// <summary>The cheapest path costs more than the fee limit.</summary>
    FeeTooHigh = 8,

    /// <summary>The payee refused: unknown, already paid or wrong amount.</summary>
    RefusedByPayee = 9,

    /// <summary>The time limit passed, and the node has given up every attempt.</summary>
    TimedOut = 10,

    /// <summary>The node refused for a reason of its own; <see cref="Payment.Reason"/> has its words.</summary>
    RefusedByNode = 11,

    /// <summary>The node could not be reached, refused the credentials, or has lost its peers, before anything was sent: the
    /// same payment may work in a while.</summary>
    NodeUnavailable = 12,

    /// <summary>The node has given the payment up, holds no HTLC of it, and refuses to send its hash again: nothing was
    /// paid, and the payee has to be asked for another invoice.</summary>
    HashUsedUp = 13,
}
