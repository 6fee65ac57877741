using SeederMesh.Core.Money;

namespace SeederMesh.Core.Payouts;

/// <summary>How one payee wants to be paid.</summary>
/// <param name="Threshold">Paid as soon as this much is owed; at least 1 msat.</param>
/// <param name="Schedule">When.</param>
/// <param name="Bearer">Who pays for routing.</param>
public sealed record PayoutTerms(Msat Threshold, PayoutSchedule Schedule, FeeBearer Bearer)
{
    /// <summary>From 1 sat on, as it is earned, the hub bears routing.</summary>
    public static PayoutTerms Default { get; } = new(Msat.FromSatoshi(1), PayoutSchedule.Stream, FeeBearer.Hub);

    /// <summary>The longest that money waits because somebody else than the payee chose so, milliseconds: a
    /// week.</summary>
    /// <remarks>A creator may gather small payments of those that its manifests name, and not keep their money from
    /// them.</remarks>
    public const long OthersChoiceMsMax = 7L * 24 * 3_600_000;
}

/// <summary>What an operator lets payees choose: the terms of whoever chose nothing, and bounds.</summary>
/// <param name="Default">The terms of whoever chose nothing. Nobody may choose a bearer that costs the hub more.</param>
/// <param name="ThresholdMin">The lowest threshold that may be chosen; at least 1 msat.</param>
/// <param name="ThresholdMax">The highest.</param>
public sealed record PayoutBounds(PayoutTerms Default, Msat ThresholdMin, Msat ThresholdMax)
{
    /// <summary>Why terms may not be chosen, as a sentence for the payee; null when they may.</summary>
    public string? Defect(PayoutTerms terms) => terms switch
    {
        _ when terms.Threshold < ThresholdMin || terms.Threshold > ThresholdMax =>
            $"The threshold is {ThresholdMin.Value} to {ThresholdMax.Value} msat at this hub.",
        _ when terms.Bearer is not (FeeBearer.Hub or FeeBearer.Split or FeeBearer.Payee) =>
            "Routing is borne by hub, split or payee.",
        _ when terms.Bearer < Default.Bearer =>
            $"This hub does not bear routing: choose {(Default.Bearer == FeeBearer.Split ? "split or payee" : "payee")}.",
        _ => null,
    };
}
