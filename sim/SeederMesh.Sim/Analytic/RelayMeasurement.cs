namespace SeederMesh.Sim.Analytic;

/// <summary>How FlashFlow measures a relay (Traudt et al., ICDCS 2021), and what a lying relay can make of it.</summary>
/// <remarks>
/// Each second the relay echoes x bytes of the measurers' traffic, spot-checked, and reports y bytes of its clients'
/// traffic, which nobody can check. A measurer counts at most y = x r/(1-r): a share r of the sum. The estimate is the
/// median over the seconds. A relay carries at most its capacity of 1 a second, in echoes and client traffic together.
/// </remarks>
internal sealed class RelayMeasurement(double unaudited, int seconds)
{
    private const int Steps = 200;

    /// <summary>An honest relay that is full of client traffic: it reports what it carries.</summary>
    public double Honest() => Measure(_ => (1 - (unaudited / 2), unaudited / 2));

    /// <summary>The best of all strategies: any share of the capacity on echoes, any report, and saving capacity for
    /// some seconds only.</summary>
    public double BestLie()
    {
        double best = 0;
        for (int echo = 0; echo <= Steps; echo++)
        {
            for (int claim = 0; claim <= Steps; claim++)
            {
                (double echoed, double claimed) = ((double)echo / Steps, 4.0 / (1 - unaudited) * claim / Steps);
                best = Math.Max(best, Measure(_ => (echoed, claimed)));
                best = Math.Max(best, Measure(second => second % 2 == 0 ? (echoed, claimed) : (1 - echoed, claimed)));
            }
        }

        return best;
    }

    private double Measure(Func<int, (double Echoed, double Reported)> relay)
    {
        Span<double> estimates = stackalloc double[Math.Min(seconds, 1000)];
        for (int second = 0; second < estimates.Length; second++)
        {
            (double echoed, double reported) = relay(second);
            double counted = Math.Min(reported, echoed * unaudited / (1 - unaudited));
            estimates[second] = echoed + counted;
        }

        estimates.Sort();
        int half = estimates.Length / 2;
        return estimates.Length % 2 == 1 ? estimates[half] : (estimates[half - 1] + estimates[half]) / 2;
    }
}
