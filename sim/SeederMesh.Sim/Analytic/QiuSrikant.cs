using System.Collections.Immutable;
using SeederMesh.Sim.Randomness;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Analytic;

/// <summary>Leechers and seeds as a Markov chain, and its fluid limit (Qiu and Srikant, SIGCOMM 2004).</summary>
/// <remarks>
/// Arrivals L, giving up theta a leecher, completing min(c x, mu (eta x + y)), leaving gamma a seed.
/// </remarks>
internal static class QiuSrikant
{
    /// <summary>Steps of the fluid limit, at the most.</summary>
    private const int StepsMax = 100_000_000;

    public static ImmutableArray<ScenarioParameter> Parameters { get; } =
    [
        new("L", double.NaN, "peers that come, a second", ScenarioParameter.AboveZero, 1e9),
        new("theta", 0, "rate of giving up while downloading, a second"),
        new("mu", double.NaN, "upload capacity, contents a second", ScenarioParameter.AboveZero, 1e9),
        new("c", double.PositiveInfinity, "download capacity, contents a second", ScenarioParameter.AboveZero),
        new("gamma", double.NaN, "rate at which seeds leave, a second", ScenarioParameter.AboveZero, 1e9),
        new("eta", 1, "effectiveness of sharing; at piece level it is what comes out, and only 1 can be asked for",
            ScenarioParameter.AboveZero, 1),
        new("events", 2_000_000, "of the Markov chain", 1000, 1e10, IsWhole: true),
    ];

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
        long events = (long)scenario.Parameters["events"];
        (long x, long y) = (0, 0);
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
        double fastest = Math.Max(double.IsFinite(rates.C) ? rates.C : 0, Math.Max(rates.Mu, Math.Max(rates.Gamma, rates.Theta)));
        double step = 0.01 / fastest;
        (double x, double y) = (0, 0);
        for (int index = 0; index < StepsMax; index++)
        {
            double completing = rates.Completing(x, y);
            double dx = step * (rates.L - (rates.Theta * x) - completing);
            double dy = step * (completing - (rates.Gamma * y));
            (x, y) = (Math.Max(0, x + dx), Math.Max(0, y + dy));
            if (Math.Abs(dx) + Math.Abs(dy) < 1e-12 * (x + y) && index > 1000)
            {
                break;
            }
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

        public double Theta { get; } = parameters["theta"];

        public double Mu { get; } = Need(parameters, "mu");

        public double C { get; } = parameters["c"];

        public double Gamma { get; } = Need(parameters, "gamma");

        public double Eta { get; } = parameters["eta"];

        public double Completing(double x, double y) =>
            Math.Min(x > 0 ? C * x : 0, x > 0 ? Mu * ((Eta * x) + y) : 0);

        private static double Need(IReadOnlyDictionary<string, double> parameters, string name) =>
            parameters.TryGetValue(name, out double value)
                ? value
                : throw new ScenarioException($"parameters.{name}: must be given in this mode");
    }
}
