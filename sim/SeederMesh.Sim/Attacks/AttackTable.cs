using SeederMesh.Sim.Analysis;

namespace SeederMesh.Sim.Attacks;

/// <summary>What an attack came to, in msat, measured against the same economy with everybody honest.</summary>
/// <param name="Gain">The attacker's profit and loss minus what the same peers have when they are honest.</param>
/// <param name="VictimsLoss">What everybody else has less.</param>
/// <param name="HonestDilution">The share of their income that honest seeders lose.</param>
/// <param name="Bound">The most the attacker can gain, by theory or by the mechanism; NaN where there is none.</param>
/// <param name="LossBound">The most that others can lose, for attacks that are made to harm; NaN where there is none.</param>
/// <param name="Slack">What rounding and chance may add to the bounds.</param>
/// <param name="Cost">What the attacker lays out: fees, deposits, forfeited bonds.</param>
/// <param name="SybilGain">What it has with the attack over what it has without; NaN where identities do not matter.</param>
internal readonly record struct AttackOutcome(
    double Gain, double VictimsLoss, double HonestDilution, double Bound, double LossBound, double Slack, double Cost, double SybilGain)
{
    /// <summary>Whether there is anything to hold.</summary>
    public bool HasBound => !double.IsNaN(Bound) || !double.IsNaN(LossBound);

    /// <summary>Whether gain and losses stay inside their bounds.</summary>
    public bool BoundHolds =>
        (double.IsNaN(Bound) || Gain <= Bound + Slack) && (double.IsNaN(LossBound) || VictimsLoss <= LossBound + Slack);
}

/// <summary>One attack with its defence off and on.</summary>
internal sealed record AttackRow(string Attack, AttackOutcome Off, AttackOutcome On);

/// <summary>The attacks of one replicate.</summary>
internal sealed record AttackTable(IReadOnlyList<AttackRow> Rows)
{
    /// <summary>Stable names: <c>ATTACK.off.gain_msat</c> and so on.</summary>
    public SortedDictionary<string, double> ToMetrics()
    {
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (AttackRow row in Rows)
        {
            Add(row.Attack + ".off", row.Off);
            Add(row.Attack + ".on", row.On);
        }

        return metrics;

        void Add(string prefix, AttackOutcome outcome)
        {
            metrics[prefix + ".gain_msat"] = outcome.Gain;
            metrics[prefix + ".victims_loss_msat"] = outcome.VictimsLoss;
            metrics[prefix + ".honest_dilution"] = outcome.HonestDilution;
            metrics[prefix + ".bound_msat"] = outcome.Bound;
            metrics[prefix + ".loss_bound_msat"] = outcome.LossBound;
            metrics[prefix + ".bound_holds"] = outcome.HasBound ? outcome.BoundHolds ? 1 : 0 : double.NaN;
            metrics[prefix + ".cost_msat"] = outcome.Cost;
            metrics[prefix + ".griefing_factor"] = Fairness.GriefingFactor(outcome.VictimsLoss, outcome.Cost);
            metrics[prefix + ".sybil_gain"] = outcome.SybilGain;
        }
    }
}
