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
        int claims = (int)economy.Parameter("claims", 200);
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

        economy.Credit(Economy.Attacker, gain - forfeited);
        economy.Credit(victim, forfeited - gain);
        // On average nothing; by luck, four standard deviations of a binomial.
        double audits = economy.Defences.AuditRate;
        economy.Bound = Math.Max(0, claims * (((1 - audits) * value) - (audits * bond)));
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
        double share = economy.Parameter("shade", 0.5);
        Core.Exchange.ExposurePolicy exposure = economy.Scenario.Mechanism.Exposure;
        double saved = economy.Price.Of((long)Economy.Pieces * Economy.PieceLength).Value * (1 - share);
        if (defended)
        {
            Core.Invariant.Require(
                economy.ShadedVerdict(share) == Core.Channels.ReceiptVerdict.BadSignature,
                    "receipts below the price are refused");
            saved = economy.Price.Of(ReceiptAttacks.ServedUnsigned(exposure, bounded: true)).Value;
        }

        economy.Credit(Economy.Attacker, saved);
        economy.Credit("creator", -saved * economy.Scenario.Mechanism.Split.Creator / 10_000);
        economy.Credit("seeder-0", -saved * economy.Scenario.Mechanism.Split.Seeders / 10_000);
        economy.Credit(
            "hub", -saved * (economy.Scenario.Mechanism.Split.Hub + economy.Scenario.Mechanism.Split.Registry) / 10_000);
        economy.Bound = economy.Price.Of(exposure.WindowAfter(0, 0)).Value;
    }

    /// <summary>A reserved slot earns nothing for a while. The griefer gains nothing: what counts is loss for each
    /// msat it spends.</summary>
    public static void BudgetGriefing(Economy economy, bool defended)
    {
        int reservations = (int)economy.Parameter("reservations", 20);
        double idleLoss = economy.Parameter("idle-loss", 800);
        double deposit = defended ? economy.Defences.Deposit : 0;
        economy.Credit("seeder-0", reservations * (deposit - idleLoss));
        economy.Credit(Economy.Attacker, -reservations * deposit);
        economy.Bound = 0;
    }

    public static void RegistrySpam(Economy economy, bool defended)
    {
        int entries = (int)economy.Parameter("entries", 100);
        double storage = economy.Parameter("storage-cost", 500);
        double deposit = defended ? economy.Defences.Deposit : 0;
        economy.Credit("registry", entries * (deposit - storage));
        economy.Credit(Economy.Attacker, -entries * deposit);
        economy.Bound = 0;
    }
}
