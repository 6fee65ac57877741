namespace SeederMesh.Core.Manifests;

/// <summary>May a machine be trained on the work?</summary>
public enum TrainingRight
{
    /// <summary>Not said; never in a valid manifest.</summary>
    None = 0,

    /// <summary>Yes, within the licence.</summary>
    Allowed,

    /// <summary>No.</summary>
    NotAllowed,

    /// <summary>For a price, under the contract named.</summary>
    Paid,

    /// <summary>For a share of the revenue, under the contract named.</summary>
    PaidPercent,
}

/// <summary>What may be done with the work; the one object from which each rights vocabulary is projected.</summary>
/// <param name="Training">Whether machines may be trained on it.</param>
/// <param name="Terms">Where the terms are, https or http, or null.</param>
/// <param name="Contract">Where a contract is made: an address or a sentence of 1 to 512 characters. There exactly when
/// training is paid.</param>
/// <param name="RevenueShareBps">The share of the revenue in basis points, 1 to 10,000. There exactly with <see
/// cref="TrainingRight.PaidPercent"/>.</param>
public sealed record Rights(TrainingRight Training, string? Terms = null, string? Contract = null, int? RevenueShareBps = null);
