using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning;

/// <summary>What a payment request says.</summary>
public sealed record DecodedRequest
{
    /// <summary>"bolt11 invoice", "bolt12 offer" or "bolt12 invoice"; empty when it cannot be read.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Why it cannot be read; null when it can.</summary>
    public string? Error { get; init; }

    /// <summary>The network's name: "bitcoin", "testnet", "signet", "regtest".</summary>
    public string Network { get; init; } = "";

    /// <summary>The payee's node.</summary>
    public NodeId? Payee { get; init; }

    /// <summary>What it asks for; null for any amount.</summary>
    public Msat? Amount { get; init; }

    /// <summary>What it is for, where it has text.</summary>
    public string? Description { get; init; }

    /// <summary>SHA-256 of what it is for, where it has a hash.</summary>
    public Digest? DescriptionHash { get; init; }

    /// <summary>The hash that it is paid under; null for an offer.</summary>
    public Digest? PaymentHash { get; init; }

    /// <summary>When it stops being payable; null when never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}
