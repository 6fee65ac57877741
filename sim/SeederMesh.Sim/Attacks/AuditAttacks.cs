namespace SeederMesh.Sim.Attacks;

/// <summary>Attacks that audits, bonds, deposits and signed terms answer.</summary>
internal static class AuditAttacks
{
    /// <summary>n false claims of value v each; an audited one costs the bond instead.</summary>
    public static void OverClaim(Economy economy, bool defended) => PlayAudited(economy, defended, "hub");

    /// <summary>The value of a false claim is the share of creator, registry and hub that the pair keeps to
    /// itself.</summary>
    public static void UnderReporting(Economy economy, bool defended) => PlayAudited(economy, defended, "creator");

    private static void PlayAudited(Economy economy, bool defended, string victim)
    {
        int claims = economy.Count("claims");
        double value = victim == "hub" ? economy.PieceMsat : economy.PieceMsat * economy.FeeShare;
        double rate = defended ? economy.Defences.AuditRate : 0;
        double bond = BondFor(economy, value);
        (double gain, double forfeited) = (0, 0);
        for (int claim = 0; claim < claims; claim++)
        {
            if (economy.Random.Uniform() < rate)
            {
                forfeited += bond;
            }
            else
            {
                gain += value;
            }
        }

        economy.Credit(Economy.Attacker, gain);
        economy.Credit(victim, -gain);
        economy.Spend(victim, forfeited);
        // What B >= (1-q) v / q promises: on average nothing; by luck, four standard deviations of a binomial.
        double audits = economy.Defences.AuditRate;
        economy.Bound = 0;
        economy.Slack = 4 * (value + bond) * Math.Sqrt(claims * audits * (1 - audits));
    }

    /// <summary>The scenario's bond; or the least that deters, B = (1-q) v / q.</summary>
    public static double BondFor(Economy economy, double value) =>
        economy.Defences.Bond > 0 ? economy.Defences.Bond : LeastBond(economy.Defences.AuditRate, value);

    public static double LeastBond(double auditRate, double value) => auditRate > 0 ? (1 - auditRate) * value / auditRate : 0;

    /// <summary>A downloader signs for a fraction of the manifest's price.</summary>
    /// <remarks>
    /// The channel's price is the manifest's, and hub and seeder work the receipts out again at that price: the
    /// signature is over something else. The seeder stops at its window, as with somebody who signs nothing.
    /// </remarks>
    public static void PriceShading(Economy economy, bool defended)
    {
        double share = economy.Parameter("shade");
        Core.Exchange.ExposurePolicy exposure = economy.Scenario.Mechanism.Exposure;
        double saved = economy.Price.Of((long)Economy.Pieces * Economy.PieceLength).Value * (1 - share);
        if (defended && economy.Defences.PriceCheck)
        {
            Core.Invariant.Require(
                economy.ShadedVerdict(share) == Core.Channels.ReceiptVerdict.BadSignature,
                    "receipts below the price are refused");
            saved = economy.Price.Of(ReceiptAttacks.ServedUnsigned(economy, defended)).Value;
        }

        economy.Credit(Economy.Attacker, saved);
        economy.Credit("creator", -saved * economy.Scenario.Mechanism.Split.Creator / 10_000);
        economy.Credit("seeder-0", -saved * economy.Scenario.Mechanism.Split.Seeders / 10_000);
        economy.Credit(
            "hub", -saved * (economy.Scenario.Mechanism.Split.Hub + economy.Scenario.Mechanism.Split.Registry) / 10_000);
        economy.Bound = economy.Price.Of(exposure.WindowAfter(0, 0)).Value;
    }

    /// <summary>A reserved slot earns nothing for a while. The griefer gains nothing: what counts is what the seeder
    /// loses, which a deposit that goes to it makes good.</summary>
    public static void BudgetGriefing(Economy economy, bool defended)
    {
        int reservations = economy.Count("reservations");
        double idleLoss = economy.Parameter("idle-loss");
        double deposit = defended ? economy.Defences.Deposit : 0;
        economy.Credit("seeder-0", -reservations * idleLoss);
        economy.Spend("seeder-0", reservations * deposit);
        (economy.Bound, economy.LossBound) = (0, 0);
    }

    /// <summary>Rubbish that has to be stored for ever; a deposit for each registration pays for it.</summary>
    public static void RegistrySpam(Economy economy, bool defended)
    {
        int entries = economy.Count("entries");
        double storage = economy.Parameter("storage-cost");
        double deposit = defended ? economy.Defences.Deposit : 0;
        economy.Credit("registry", -entries * storage);
        economy.Spend("registry", entries * deposit);
        (economy.Bound, economy.LossBound) = (0, 0);
    }
}
