using System.Collections.Immutable;
using System.Text;
using SeederMesh.Sim.Attacks;
using SeederMesh.Sim.Published;

namespace SeederMesh.Sim.Scenarios;

/// <summary>What a value of a key looks like.</summary>
internal enum ValueKind
{
    Text,
    Integer,
    Number,
    Flag,
    Choice,
    Duration,
    Size,
    Money,
    Price,
    Rate,
    Capacity,
    Arrival,
    Numbers,
    Attacks,
}

/// <summary>One key of a scenario.</summary>
/// <param name="Path">Where it stands; <c>[]</c> is any item of a list, <c>*</c> any name.</param>
/// <param name="Kind">What its value looks like.</param>
/// <param name="Default">Used when it is left out; null when it must be given.</param>
/// <param name="Explanation">What it does.</param>
/// <param name="Minimum">The least allowed, in base units.</param>
/// <param name="Maximum">The most allowed, in base units.</param>
/// <param name="Allowed">The values of a choice.</param>
internal sealed record SchemaKey(
    string Path,
    ValueKind Kind,
    string? Default,
    string Explanation,
    double Minimum = 0,
    double Maximum = double.PositiveInfinity,
    ImmutableArray<string> Allowed = default);

/// <summary>Every key that a scenario may have: what is read, checked, documented and printed by <c>mesh-sim
/// schema</c>.</summary>
internal static class ScenarioSchema
{
    public static ImmutableArray<SchemaKey> Keys { get; } =
    [
        new("name", ValueKind.Text, null, "What the results are called"),
        new("mode", ValueKind.Choice, "pieces", "What computes it", Allowed: ["pieces", "markov", "fluid", "exact",
            "attack", "published"]),
        new("seed", ValueKind.Integer, "1", "Of all randomness", 0, 9_007_199_254_740_992),
        new("replicates", ValueKind.Integer, "1", "Runs that differ only in their random numbers", 1, 100_000),
        new("time.tick", ValueKind.Duration, "1ms", "The smallest step", 0.00001, 3600),
        new("time.end", ValueKind.Duration, "1h", "When a run ends at the latest", 0.001),
        new("time.warm-up", ValueKind.Duration, "0s", "Averages over time start here"),
        new("time.sample", ValueKind.Duration, "10s", "Between two rows of the time series", 0.001),
        new("time.stop", ValueKind.Choice, "complete", "Whether a run ends when everybody has the content",
            Allowed: ["complete", "end"]),
        new("network.latency", ValueKind.Duration, "50ms", "Before an idle slot's first byte arrives"),
        new("network.neighbours", ValueKind.Integer, "16", "Most links of a peer", 2, 64),
        new("network.downloads", ValueKind.Integer, "8", "Most pieces that a peer fetches at once", 1, 64),
        new("network.selection", ValueKind.Choice, "rarest-first", "Which piece is asked for", Allowed: ["rarest-first",
            "random"]),
        new("network.rarest-sample", ValueKind.Integer, "8", "Candidates that the rarest is chosen from; 0 is all", 0, 65_535),
        new("network.transfer", ValueKind.Choice, "fixed", "How the time of a transfer varies around what its rate makes it",
            Allowed: ["fixed", "exponential"]),
        new("network.rechoke", ValueKind.Duration, "10s", "Between two decisions of a choker", 0.01),
        new("network.optimistic-rounds", ValueKind.Integer, "3", "Decisions that an optimistic unchoke lasts", 1, 1000),
        new("content.torrents", ValueKind.Integer, "1", "Swarms that share nothing; they run in parallel", 1, 1_000_000),
        new("content.zipf", ValueKind.Number, "0", "Popularity of the k-th torrent is k^-zipf", 0, 10),
        new("content.size", ValueKind.Size, "256MiB", "Bytes of a torrent, whole pieces", 1),
        new("content.piece", ValueKind.Size, "1MiB", "Bytes of a piece", 1, 1 << 30),
        new("populations[].name", ValueKind.Text, null, "Names it in results and in --set"),
        new("populations[].role", ValueKind.Choice, "leecher", "Seeds have the content; their count is for each torrent",
            Allowed: ["seed", "leecher"]),
        new("populations[].count", ValueKind.Integer, "1", "How many come (poisson: at most)", 0, 100_000_000),
        new("populations[].arrival", ValueKind.Arrival, "start", "start, poisson(0.4/s), flash(60s) or trace(0s, 1s, ...)"),
        new("populations[].up", ValueKind.Capacity, "1Mbit/s",
            "Upload capacity: 1Mbit/s, uniform(a, b), exponential(mean), lognormal(median, sigma), choice(1Mbit/s: 0.7, 8Mbit/s: 0.3)"),
        new("populations[].down", ValueKind.Capacity, "unlimited", "Download capacity, as up; or unlimited"),
        new("populations[].slots", ValueKind.Integer, "4", "Parallel uploads, of equal rate", 1, 64),
        new("populations[].stay", ValueKind.Duration, "0s", "Mean time in the swarm as a seed; or forever"),
        new("populations[].stay-kind", ValueKind.Choice, "exponential", "How stays vary", Allowed: ["exponential", "fixed"]),
        new("populations[].abort-rate", ValueKind.Rate, "0/s", "Rate of giving up while downloading"),
        new("populations[].nat", ValueKind.Number, "0", "Share that cannot be connected to by others like it", 0, 1),
        new("populations[].uploads", ValueKind.Flag, "yes", "Free-riders do not"),
        new("populations[].super-seeds", ValueKind.Flag, "no", "Offers each piece as rarely as possible"),
        new("populations[].choke", ValueKind.Choice, "tit-for-tat", "Whom it serves", Allowed: ["tit-for-tat", "rotate",
            "paid-first", "bittyrant"]),
        new("populations[].neighbours", ValueKind.Integer, "64", "Most links of its peers, at most network.neighbours", 1, 64),
        new("populations[].large-view", ValueKind.Flag, "no", "Asks for all the links that it may have, not for half"),
        new("populations[].attacker", ValueKind.Flag, "no",
            "Measured as an attacker: against the same swarm with it honest, and with nobody defended"),
        new("populations[].pays", ValueKind.Flag, "yes", "Opens a channel and signs receipts"),
        new("populations[].signs", ValueKind.Integer, "2147483647", "Receipts for one seeder after which it stops signing", 0,
            int.MaxValue),
        new("mechanism.price", ValueKind.Price, "1000msat/MiB", "What a MiB costs", 0, 1e9),
        new("mechanism.split.creator", ValueKind.Integer, "7000", "Basis points; the four add up to 10,000", 0, 10_000),
        new("mechanism.split.seeders", ValueKind.Integer, "2500", "Basis points of the seeder who uploaded", 0, 10_000),
        new("mechanism.split.registry", ValueKind.Integer, "200", "Basis points", 0, 10_000),
        new("mechanism.split.hub", ValueKind.Integer, "300", "Basis points", 0, 10_000),
        new("mechanism.exposure.initial", ValueKind.Size, "4MiB", "Window before the first receipt", 1),
        new("mechanism.exposure.cap", ValueKind.Size, "64MiB", "Window that doubling stops at", 1),
        new("mechanism.verify-share", ValueKind.Number, "0.001", "Share of channels really signed and verified", 0, 1),
        new("mechanism.payout.fee-limit", ValueKind.Integer, "100", "Most that routing may cost, basis points of a payment", 1, 10_000),
        new("mechanism.payout.fee-bearer", ValueKind.Choice, "hub", "Who pays for routing", Allowed: ["hub", "split", "payee"]),
        new("mechanism.payout.threshold", ValueKind.Money, "1000msat", "Least that is paid out"),
        new("mechanism.payout.fee-base", ValueKind.Money, "0msat", "Routing fee of a payout, fixed part"),
        new("mechanism.payout.fee-ppm", ValueKind.Integer, "0", "Routing fee, parts per million", 0, 1_000_000),
        new("mechanism.defences.window", ValueKind.Flag, "yes", "Bounded exposure"),
        new("mechanism.defences.ramp", ValueKind.Flag, "yes", "The window starts small and grows with each receipt"),
        new("mechanism.defences.pay-after-hash", ValueKind.Flag, "yes", "Receipts only for pieces that passed"),
        new("mechanism.defences.deduplicate", ValueKind.Flag, "yes", "What was settled is not settled again"),
        new("mechanism.defences.per-byte", ValueKind.Flag, "yes", "Paid per byte, not per piece or per head"),
        new("mechanism.defences.audit-rate", ValueKind.Number, "0.05", "Share of claims that are audited", 0, 1),
        new("mechanism.defences.bond", ValueKind.Money, "0msat", "What a caught cheater loses; 0 takes the least that deters"),
        new("mechanism.defences.decay", ValueKind.Number, "0.3", "Decay of reputation for each hop (MeritRank: transitivity)", 0, 1),
        new("mechanism.defences.connectivity-decay", ValueKind.Number, "0.5",
            "Decay of reputation reached through one identity only (MeritRank: connectivity)", 0, 1),
        new("mechanism.defences.links", ValueKind.Integer, "8", "Independent sources that a peer asks who has the content", 1, 64),
        new("mechanism.defences.fees", ValueKind.Flag, "yes", "Creator, registry and hub keep their shares of self-dealing too"),
        new("mechanism.defences.match-cap", ValueKind.Flag, "yes", "A match is at most the share that leaves the pair"),
        new("mechanism.defences.match-rule", ValueKind.Choice, "quadratic-pairwise", "How a quadratic match is shared out",
            Allowed: ["quadratic", "quadratic-pairwise"]),
        new("mechanism.defences.pool-fee", ValueKind.Money, "120msat", "What a unit claimed from a pool costs at least"),
        new("mechanism.defences.price-check", ValueKind.Flag, "yes", "Receipts are worked out again at the manifest's price"),
        new("mechanism.defences.deposit", ValueKind.Money, "1000msat", "For a registration or a reserved budget"),
        new("parameters.*", ValueKind.Number, null,
            "Of markov, fluid and exact mode and of published cases: see below", double.NegativeInfinity),
        new("published.case", ValueKind.Choice, "none", "Which published result mesh-sim validate holds it against",
            Allowed: [.. PublishedCases.Names, "none"]),
        new("published.tolerance", ValueKind.Number, "0.03",
            "How far off it may be: relative, or absolute where the case says so", 0, 10),
        new("attacks", ValueKind.Attacks, "", "Attacks, by name"),
        new("attack.*", ValueKind.Number, null, "What attacks take: see below", double.NegativeInfinity),
        new("sweep.*", ValueKind.Text, null, "A key and the list of its values, for mesh-sim sweep"),
    ];

    /// <summary>The key at a path whose list positions are written <c>[]</c>; null when there is none.</summary>
    public static SchemaKey? Find(string path) =>
        Keys.FirstOrDefault(key => key.Path == path)
        ?? Keys.FirstOrDefault(key => key.Path.EndsWith(".*", StringComparison.Ordinal)
            && path.StartsWith(key.Path[..^1], StringComparison.Ordinal));

    /// <summary>The names that may stand beside an unknown one.</summary>
    public static string AllowedBeside(string path)
    {
        int dot = path.LastIndexOf('.');
        string parent = dot < 0 ? "" : path[..(dot + 1)];
        IEnumerable<string> names = Keys.Where(key => key.Path.StartsWith(parent, StringComparison.Ordinal))
            .Select(key => key.Path[parent.Length..].Split('.')[0].Replace("[]", "", StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal);
        return string.Join(", ", names);
    }

    /// <summary>The schema as a person reads it.</summary>
    public static string Describe()
    {
        var text = new StringBuilder("# Every key of a scenario: default, allowed values, meaning.\n");
        foreach (SchemaKey key in Keys)
        {
            string allowed = key.Allowed.IsDefaultOrEmpty ? key.Kind.ToString().ToLowerInvariant() : string.Join("|",
                key.Allowed);
            text.Append($"{key.Path,-38} {(key.Default is null ? "(none)" : "= " + key.Default),-18} {allowed}: {key.Explanation}\n");
        }

        text.Append("\n# parameters: of published results (published.case), and of the modes markov, fluid and exact\n");
        foreach (PublishedCase published in PublishedCases.All)
        {
            text.Append($"{published.Name}: {published.Source}\n");
            foreach (ScenarioParameter parameter in published.Parameters)
            {
                text.Append($"  {parameter}\n");
            }
        }

        text.Append("\n# attack: what attacks take\n");
        foreach (ScenarioParameter parameter in AttackCatalogue.Parameters)
        {
            text.Append($"  {parameter}\n");
        }

        text.Append("\n# attacks: strategies by name, any of them together\n");
        foreach (Attack attack in AttackCatalogue.All)
        {
            text.Append($"{attack.Name,-20} {attack.Explanation}\n");
        }

        return text.ToString();
    }
}
