using SeederMesh.Sim.Analytic;

namespace SeederMesh.Sim.Attacks;

/// <summary>Attacks that live of cheap identities.</summary>
internal static class IdentityAttacks
{
    /// <summary>The attacker's pieces were already spread over k identities when the honest trades ran.</summary>
    public static void SeederSplit(Economy economy, bool defended)
    {
        int identities = economy.Count("identities");
        if (!(defended && economy.Defences.PerByte))
        {
            // A bonus for being there: what an operator may offer to attract seeders, handed out by the head.
            double bonus = economy.Parameter("bonus");
            economy.Credit(Economy.Attacker, bonus * (identities - 1));
            economy.Credit("hub", -bonus * (identities - 1));
        }

        // Rounding: each identity is at most 1 msat from its exact share, in each of six channels.
        economy.Bound = 0;
        economy.Slack = 6.0 * (identities + 1);
    }

    public static void Whitewashing(Economy economy, bool defended)
    {
        int names = economy.Count("identities");
        Core.Exchange.ExposurePolicy exposure = economy.Scenario.Mechanism.Exposure;
        double pieces = (double)names * (ReceiptAttacks.ServedUnsigned(economy, defended) / Economy.PieceLength);
        economy.Credit(Economy.Attacker, pieces * economy.PieceMsat);
        economy.Credit("seeder-0", -pieces * economy.PieceMsat);
        economy.Bound = names * (double)economy.Price.Of(exposure.WindowAfter(0, 0)).Value;
    }

    /// <summary>A pool is handed out by random-walk reputation; the attacker's node stands for one honest peer of
    /// ten.</summary>
    public static void ReputationSybils(Economy economy, bool defended)
    {
        const double honestPeers = 9;
        int sybils = economy.Count("identities");
        double stop = economy.Parameter("stop");
        double decay = defended ? economy.Defences.Decay : 0;
        double connectivity = defended ? economy.Defences.ConnectivityDecay : 0;
        double pool = economy.Parameter("pool");
        double gain = Reputation.SybilChainGain(sybils, stop, decay, connectivity);
        double profit = (pool * gain / (gain + honestPeers)) - (pool / (1 + honestPeers));
        economy.Credit(Economy.Attacker, profit);
        economy.Credit("seeder-0", -profit);
        // What the defence promises: any number of Sybils multiplies a reputation by no more than this.
        double ceiling = economy.Parameter("gain-max");
        economy.Bound = (pool * ceiling / (ceiling + honestPeers)) - (pool / (1 + honestPeers));
    }

    /// <summary>Victims choose their links at random; one whose links are all the attacker's is told that nobody has
    /// the content.</summary>
    public static void Eclipse(Economy economy, bool defended)
    {
        const int victims = 20_000;
        double share = economy.Parameter("share");
        int links = defended ? economy.Defences.Links : 1;
        int eclipsed = 0;
        for (int victim = 0; victim < victims; victim++)
        {
            bool all = true;
            for (int link = 0; link < links; link++)
            {
                all &= economy.Random.Uniform() < share;
            }

            eclipsed += all ? 1 : 0;
        }

        // What an eclipsed downloader would have paid the honest seeders is what the attacker denies them, and takes
        // itself.
        double value = Economy.Pieces * economy.PieceMsat;
        double taken = value * eclipsed / victims;
        economy.Credit(Economy.Attacker, taken);
        economy.Credit("downloader-0", -taken);
        double chance = Math.Pow(share, economy.Parameter("links"));
        economy.Bound = value * chance;
        economy.Slack = value * ((4 * Math.Sqrt(chance * (1 - chance) / victims)) + (3.0 / victims));
    }
}
