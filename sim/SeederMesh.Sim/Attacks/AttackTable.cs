namespace SeederMesh.Sim.Attacks;

/// <summary>What an attack came to, in msat, measured against the same economy with everybody honest.</summary>
/// <param name="Gain">The attacker's profit and loss minus what the same peers have when they are honest.</param>
/// <param name="VictimsLoss">What everybody else has less.</param>
/// <param name="HonestDilution">The share of their income that honest seeders lose.</param>
/// <param name="Bound">The most the attacker can gain, by theory or by the mechanism; NaN where there is none.</param>
/// <param name="Slack">What rounding and chance may add to the bound.</param>
internal readonly record struct AttackOutcome(
    double Gain, double VictimsLoss, double HonestDilution, double Bound, double Slack)
{
    /// <summary>Whether the gain stays inside its bound.</summary>
    public bool BoundHolds => double.IsNaN(Bound) || Gain <= Bound + Slack;
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
            metrics[prefix + ".bound_holds"] = outcome.BoundHolds ? 1 : 0;
        }
    }
}
