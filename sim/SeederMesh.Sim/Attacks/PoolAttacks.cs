using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Attacks;

/// <summary>Attacks by pairs that deal with themselves, alone and on money that somebody adds.</summary>
internal static class PoolAttacks
{
    /// <summary>Real channels whose downloader and seeders are one person: it loses what leaves the pair, to the
    /// msat.</summary>
    public static void CollusionRing(Economy economy, bool defended)
    {
        int rounds = economy.Count("rounds");
        double before = economy.BalanceOf(Economy.IsAttacker);
        double others = economy.BalanceOf(name => !Economy.IsAttacker(name));
        for (int round = 0; round < rounds; round++)
        {
            economy.Trade($"{Economy.Attacker}-buyer-{round}", [.. Enumerable.Repeat<string?>($"{Economy.Attacker}-ring", Economy.Pieces)]);
        }

        // Its own bytes are worth nothing to it.
        economy.Credit(Economy.Attacker, -rounds * Economy.Pieces * economy.PieceMsat);
        double lost = before - economy.BalanceOf(Economy.IsAttacker);
        double fees = economy.BalanceOf(name => !Economy.IsAttacker(name)) - others;
        Core.Invariant.Require(Math.Abs(lost - fees) < 0.5, "a ring on its own money loses its fees, exactly");
        economy.CountCost(fees);
        // By the split alone: in each of its channels, rounding moves less than one msat.
        economy.Bound = -economy.FeeShare * rounds * economy.Price.Of((long)Economy.Pieces * Economy.PieceLength).Value;
        economy.Slack = rounds;
        if (!(defended && economy.Defences.Fees))
        {
            // Without fees the ring turns for nothing: what it lost comes back.
            economy.Credit(Economy.Attacker, fees);
            economy.Credit("creator", -fees);
        }
    }

    public static void RingWithMatch(Economy economy, bool defended)
    {
        double amount = economy.Parameter("amount");
        double fee = economy.FeeShare;
        double offered = economy.Parameter("match");
        double match = defended && economy.Defences.MatchCap ? Math.Min(offered, fee) : offered;
        economy.Credit(Economy.Attacker, amount * match);
        economy.Credit("creator", -amount * match);
        economy.Spend("creator", amount * fee);
        economy.Bound = 0;
    }

    /// <summary>The best claim on a pro-rata pool is searched for, not put in: A = sqrt(P H / f) - H.</summary>
    public static void WashTrade(Economy economy, bool defended)
    {
        double pool = economy.Parameter("pool");
        double honest = economy.Parameter("honest");
        double cost = defended ? Math.Max(economy.Defences.PoolFee, economy.Parameter("cost")) : economy.Parameter("cost");
        (double claim, double profit) = BestClaim(pool, honest, cost);
        // The pool is shared with seeder-0, who has all of it when nobody else claims; what claims cost goes to the creator.
        economy.Credit(Economy.Attacker, profit + (cost * claim));
        economy.Credit("seeder-0", -(profit + (cost * claim)));
        economy.Spend("creator", cost * claim);
        // What a fee of at least P/H for each claimed unit promises.
        economy.Bound = 0;
        economy.Slack = 1e-6 * pool;
    }

    /// <summary>The claim with the most profit P A/(A+H) - f A, by golden-section search.</summary>
    public static (double Claim, double Profit) BestClaim(double pool, double honest, double cost)
    {
        double ratio = (Math.Sqrt(5) - 1) / 2;
        (double low, double high) = (0, (pool / cost) + honest);
        for (int step = 0; step < 200; step++)
        {
            double left = high - (ratio * (high - low));
            double right = low + (ratio * (high - low));
            if (Profit(left) >= Profit(right))
            {
                high = right;
            }
            else
            {
                low = left;
            }
        }

        double claim = (low + high) / 2;
        return Profit(claim) > 1e-9 * pool ? (claim, Profit(claim)) : (0, 0);

        double Profit(double amount) => (pool * amount / (amount + honest)) - (cost * amount);
    }

    /// <summary>The closed form of the same profit: (sqrt P - sqrt(f H))^2, nothing from f = P/H on.</summary>
    public static double WashTradeProfit(double pool, double honest, double cost) =>
        cost >= pool / honest ? 0 : Math.Pow(Math.Sqrt(pool) - Math.Sqrt(cost * honest), 2);

    /// <summary>
    /// A ring of k identities gives one project k small sums. Plain quadratic matching pays (sum sqrt c)^2 - sum c;
    /// the pairwise-bounded rule discounts each pair by how alike its giving is, which stops one pair and not k
    /// strangers.
    /// </summary>
    public static void QuadraticSybils(Economy economy, bool defended)
    {
        int identities = economy.Count("identities");
        double budget = economy.Parameter("amount");
        double match = QuadraticMatch(defended ? economy.Defences.MatchRule : MatchRule.Quadratic, identities, budget);
        economy.Credit(Economy.Attacker, match);
        economy.Credit("creator", -match);
        economy.Spend("creator", budget * economy.FeeShare);
        // No bound: that the pairwise rule stops one pair and not k Sybils is what this shows.
    }

    /// <summary>The match of k equal gifts that come to <paramref name="budget"/>.</summary>
    /// <remarks>Pairwise-bounded (Buterin 2019): pair i, j gets 2 sqrt(c_i c_j) x M / (M + sqrt(c_i c_j)), M = budget
    /// / 10.</remarks>
    public static double QuadraticMatch(MatchRule rule, int identities, double budget)
    {
        double gift = budget / identities;
        double pairs = identities * (identities - 1) / 2.0;
        double bound = budget / 10;
        double discount = rule == MatchRule.QuadraticPairwise ? bound / (bound + gift) : 1;
        return pairs * 2 * gift * discount;
    }
}
