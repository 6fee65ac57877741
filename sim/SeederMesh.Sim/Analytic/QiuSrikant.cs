using SeederMesh.Sim.Randomness;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Analytic;

/// <summary>Leechers and seeds as a Markov chain, and its fluid limit (Qiu and Srikant, SIGCOMM 2004).</summary>
/// <remarks>
/// Arrivals L, giving up theta a leecher, completing min(c x, mu (eta x + y)), leaving gamma a seed. Parameters of the
/// scenario: L, theta, mu, c, gamma, eta, and optionally events (of the chain, 2,000,000).
/// </remarks>
internal static class QiuSrikant
{
    private const double DefaultEvents = 2_000_000;

    /// <summary>What the paper says of the steady state.</summary>
    public static (double Leechers, double Seeds, double Seconds) Expected(IReadOnlyDictionary<string, double> parameters)
    {
        var rates = new Rates(parameters);
        double b = 1 / Math.Max(1 / rates.C, 1 / rates.Eta * ((1 / rates.Mu) - (1 / rates.Gamma)));
        double leechers = rates.L / (b + rates.Theta);
        return (leechers, rates.L * b / (rates.Gamma * (b + rates.Theta)), 1 / (rates.Theta + b));
    }

    public static SortedDictionary<string, double> SimulateMarkov(Scenario scenario, uint run)
    {
        var rates = new Rates(scenario.Parameters);
        var random = new CounterRandom(scenario.Seed, run, 0, RandomStream.Markov);
        long events = (long)scenario.Parameters.GetValueOrDefault("events", DefaultEvents);
        (double leechers, double seeds, _) = Expected(scenario.Parameters);
        (long x, long y) = ((long)leechers, (long)seeds);
        (double time, double leecherTime, double seedTime) = (0, 0, 0);
        for (long step = 0; step < events; step++)
        {
            double abort = rates.Theta * x;
            double complete = rates.Completing(x, y);
            double leave = rates.Gamma * y;
            double total = rates.L + abort + complete + leave;
            double wait = random.Exponential(1 / total);
            if (step > events / 10)
            {
                time += wait;
                leecherTime += wait * x;
                seedTime += wait * y;
            }

            double draw = random.Uniform() * total;
            (int dx, int dy) = draw < rates.L ? (1, 0)
                : draw < rates.L + abort ? (-1, 0)
                : draw < rates.L + abort + complete ? (-1, 1)
                : (0, -1);
            x = Math.Max(0, x + dx);
            y = Math.Max(0, y + dy);
        }

        return Metrics(leecherTime / time, seedTime / time, rates.L);
    }

    /// <summary>Euler's method to the steady state, in steps of a hundredth of the fastest rate.</summary>
    public static SortedDictionary<string, double> IntegrateFluid(Scenario scenario)
    {
        var rates = new Rates(scenario.Parameters);
        double step = 0.01 / Math.Max(Math.Max(rates.C, rates.Mu), Math.Max(rates.Gamma, rates.Theta));
        (double x, double y) = (0, 0);
        for (int index = 0; index < 2_000_000; index++)
        {
            double completing = rates.Completing(x, y);
            x += step * (rates.L - (rates.Theta * x) - completing);
            y += step * (completing - (rates.Gamma * y));
        }

        return Metrics(x, y, rates.L);
    }

    /// <summary>The time in the system of a leecher follows from Little's law.</summary>
    private static SortedDictionary<string, double> Metrics(double leechers, double seeds, double arrivals) =>
        new(StringComparer.Ordinal)
        {
            ["leechers.mean"] = leechers,
            ["seeds.mean"] = seeds,
            ["download_s.mean"] = leechers / arrivals,
        };

    private readonly struct Rates(IReadOnlyDictionary<string, double> parameters)
    {
        public double L { get; } = Need(parameters, "L");

        public double Theta { get; } = parameters.GetValueOrDefault("theta", 0);

        public double Mu { get; } = Need(parameters, "mu");

        public double C { get; } = parameters.GetValueOrDefault("c", double.PositiveInfinity);

        public double Gamma { get; } = Need(parameters, "gamma");

        public double Eta { get; } = parameters.GetValueOrDefault("eta", 1);

        public double Completing(double x, double y) =>
            Math.Min(x > 0 ? C * x : 0, x > 0 ? Mu * ((Eta * x) + y) : 0);

        private static double Need(IReadOnlyDictionary<string, double> parameters, string name) =>
            parameters.TryGetValue(name, out double value)
                ? value
                : throw new ScenarioException($"parameters.{name}: must be given in this mode");
    }
}
