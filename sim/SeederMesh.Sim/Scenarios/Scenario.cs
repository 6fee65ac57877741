using SeederMesh.Core.Exchange;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Core.Splits;

namespace SeederMesh.Sim.Scenarios;

/// <summary>A checked scenario: what is simulated. Its text form and defaults are those of
/// <see cref="ScenarioSchema"/>.</summary>
internal sealed record Scenario
{
    public string Name { get; init; } = "";

    public ScenarioMode Mode { get; init; }

    public ulong Seed { get; init; }

    public int Replicates { get; init; }

    /// <summary>Milliseconds of one tick.</summary>
    public double TickMs { get; init; }

    /// <summary>End of a run, ticks.</summary>
    public int EndTicks { get; init; }

    /// <summary>Where averages begin, ticks.</summary>
    public int WarmUpTicks { get; init; }

    /// <summary>Between two rows of the time series, ticks.</summary>
    public int SampleTicks { get; init; }

    /// <summary>Whether a run ends once every downloader has the content.</summary>
    public bool StopWhenComplete { get; init; }

    public NetworkModel Network { get; init; } = new();

    public ContentModel Content { get; init; } = new();

    public IReadOnlyList<Population> Populations { get; init; } = [];

    public MechanismModel Mechanism { get; init; } = new();

    public IReadOnlyDictionary<string, double> Parameters { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>The published result that it is held against; "none" otherwise.</summary>
    public string PublishedCase { get; init; } = "none";

    public double PublishedTolerance { get; init; }

    public IReadOnlyList<string> Attacks { get; init; } = [];

    public IReadOnlyDictionary<string, double> AttackParameters { get; init; } = new Dictionary<string,
        double>(StringComparer.Ordinal);

    /// <summary>Keys and the values that <c>sweep</c> gives them.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Sweep { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    /// <summary>Every value that was given or taken by default, a line each, sorted: what is hashed and
    /// repeated.</summary>
    public IReadOnlyList<string> Resolved { get; init; } = [];

    public string ToCanonicalText() => string.Join('\n', Resolved) + "\n";

    /// <summary>Whether every channel's receipts are kept, to be played to a hub.</summary>
    public bool KeepsChannels { get; init; }

    public double TicksPerSecond => 1000.0 / TickMs;

    /// <summary>A duration in whole ticks, rounded up, at least <paramref name="least"/>.</summary>
    public int Ticks(double seconds, int least = 0) =>
        (int)Math.Clamp(Math.Ceiling(seconds * TicksPerSecond), least, int.MaxValue - 1);
}

/// <summary>What computes the scenario.</summary>
internal enum ScenarioMode
{
    /// <summary>Peers, pieces and events.</summary>
    Pieces,

    /// <summary>The Markov chain of leechers and seeds (Qiu and Srikant).</summary>
    Markov,

    /// <summary>The fluid limit of the same.</summary>
    Fluid,

    /// <summary>Every piece set of a small swarm, random contact (Hajek and Zhu).</summary>
    Exact,

    /// <summary>Money only: one honest economy, and the same one under attack.</summary>
    Attack,

    /// <summary>A published result that has its own small computation.</summary>
    Published,
}

/// <summary>Links between peers.</summary>
internal sealed record NetworkModel
{
    /// <summary>Before an idle slot's first byte arrives, seconds.</summary>
    public double LatencySeconds { get; init; }

    /// <summary>Most neighbours of a peer, 2 to 64.</summary>
    public int Neighbours { get; init; } = 16;

    /// <summary>Most pieces that a peer fetches at once, 1 to 64.</summary>
    public int DownloadsMax { get; init; } = 8;

    /// <summary>Candidates looked at when the rarest is chosen; 0 is all of them.</summary>
    public int RarestSample { get; init; } = 8;

    /// <summary>Between two decisions of a choker, seconds.</summary>
    public double RechokeSeconds { get; init; } = 10;

    /// <summary>How many decisions an optimistic unchoke lasts.</summary>
    public int OptimisticRounds { get; init; } = 3;

    public PieceSelection Selection { get; init; }

    /// <summary>Whether the time of each transfer is exponential around what its rate makes it; else fixed.</summary>
    public bool TransferIsExponential { get; init; }
}

/// <summary>Which piece a peer asks for.</summary>
internal enum PieceSelection
{
    RarestFirst,
    Random,
}

/// <summary>What is distributed.</summary>
internal sealed record ContentModel
{
    public int Torrents { get; init; } = 1;

    /// <summary>Exponent of the torrents' popularity; 0 is equal.</summary>
    public double Zipf { get; init; }

    public int Pieces { get; init; } = 1;

    /// <summary>Bytes.</summary>
    public int PieceLength { get; init; } = 1;
}

/// <summary>Peers of one kind.</summary>
internal sealed record Population
{
    public string Name { get; init; } = "";

    /// <summary>Whether they have the content when they come; then the count is for each torrent.</summary>
    public bool IsSeed { get; init; }

    public int Count { get; init; }

    public ArrivalModel Arrival { get; init; } = new();

    /// <summary>Upload capacity, bytes a second.</summary>
    public Distribution Up { get; init; } = new();

    /// <summary>Download capacity, bytes a second.</summary>
    public Distribution Down { get; init; } = new();

    /// <summary>Parallel uploads, 1 to 64.</summary>
    public int Slots { get; init; } = 4;

    /// <summary>Mean seconds in the swarm after completing, infinite to stay.</summary>
    public double StaySeconds { get; init; }

    /// <summary>Whether the stay is exponential; else fixed.</summary>
    public bool StayIsExponential { get; init; } = true;

    /// <summary>Rate of giving up while downloading, per second.</summary>
    public double AbortRate { get; init; }

    /// <summary>Share that accepts no incoming connection.</summary>
    public double Nat { get; init; }

    /// <summary>Whether it uploads at all.</summary>
    public bool Uploads { get; init; } = true;

    public bool SuperSeeds { get; init; }

    public ChokePolicy Choke { get; init; }

    /// <summary>Most links of a peer of this population.</summary>
    public int Neighbours { get; init; }

    /// <summary>Whether it asks for as many links as it may have, not for half as others do.</summary>
    public bool LargeView { get; init; }

    /// <summary>Whether it is measured as an attacker, against the same swarm with it honest.</summary>
    public bool IsAttacker { get; init; }

    /// <summary>Whether it opens a channel and signs receipts.</summary>
    public bool Pays { get; init; } = true;

    /// <summary>How many receipts it signs for a seeder before it stops; <see cref="int.MaxValue"/> when it is
    /// honest.</summary>
    public int SignsPieces { get; init; } = int.MaxValue;
}

/// <summary>Whom a peer uploads to.</summary>
internal enum ChokePolicy
{
    TitForTat,
    Rotate,
    PaidFirst,

    /// <summary>BitTyrant: the cheapest reciprocation first, each at the rate that it takes.</summary>
    Bittyrant,
}

/// <summary>When the peers of a population come.</summary>
internal sealed record ArrivalModel
{
    public ArrivalKind Kind { get; init; }

    /// <summary>Poisson rate, per second.</summary>
    public double Rate { get; init; }

    /// <summary>Length of a flash crowd, seconds.</summary>
    public double WithinSeconds { get; init; }

    /// <summary>Seconds of a trace.</summary>
    public IReadOnlyList<double> Times { get; init; } = [];
}

/// <summary>A pattern of arrivals.</summary>
internal enum ArrivalKind
{
    Start,
    Poisson,
    Flash,
    Trace,
}

/// <summary>A distribution of capacities.</summary>
internal sealed record Distribution
{
    public DistributionKind Kind { get; init; }

    /// <summary>Mean, or the lower bound of uniform, or the median of lognormal.</summary>
    public double A { get; init; } = double.PositiveInfinity;

    /// <summary>Upper bound of uniform, sigma of lognormal.</summary>
    public double B { get; init; }

    public IReadOnlyList<double> Values { get; init; } = [];

    public IReadOnlyList<double> Weights { get; init; } = [];
}

/// <summary>A family of distributions.</summary>
internal enum DistributionKind
{
    Fixed,
    Uniform,
    Exponential,
    LogNormal,
    Choice,
}

/// <summary>The product's own mechanism and its switches.</summary>
internal sealed record MechanismModel
{
    public PricePerMebibyte Price { get; init; }

    /// <summary>Basis points of the creator, the seeders, the registry and the hub.</summary>
    public (int Creator, int Seeders, int Registry, int Hub) Split { get; init; } = (7000, 2500, 200, 300);

    public ExposurePolicy Exposure { get; init; } = new(1 << 20, 64 << 20);

    /// <summary>Share of the channels whose receipts are really signed and verified.</summary>
    public double VerifyShare { get; init; }

    /// <summary>Payees are paid once they are owed so much, and what is below stays owed.</summary>
    public Msat PayoutThreshold { get; init; }

    /// <summary>Routing fee of a payout: fixed part, msat, and parts per million.</summary>
    public (long BaseMsat, int Ppm) RoutingFee { get; init; }

    /// <summary>Who pays for routing.</summary>
    public FeeBearer FeeBearer { get; init; }

    /// <summary>The most that routing may cost, as a share of a payment.</summary>
    public BasisPoints FeeLimit { get; init; }

    public DefenceModel Defences { get; init; } = new();
}

/// <summary>Defences that a scenario switches.</summary>
internal sealed record DefenceModel
{
    /// <summary>Exposure window and ramp: without, a seeder serves on trust.</summary>
    public bool Window { get; init; } = true;

    /// <summary>Payment after the hash check: without, per byte received.</summary>
    public bool PayAfterHash { get; init; } = true;

    /// <summary>The hub remembers what it has settled.</summary>
    public bool Deduplicate { get; init; } = true;

    /// <summary>Payment per byte: without, per piece.</summary>
    public bool PerByte { get; init; } = true;

    /// <summary>Share of claims that are audited.</summary>
    public double AuditRate { get; init; }

    /// <summary>Bond that a caught cheater loses, msat.</summary>
    public double Bond { get; init; }

    /// <summary>A window grows with each receipt: without, it is as wide at once as it ever gets.</summary>
    public bool Ramp { get; init; } = true;

    /// <summary>Receipts are worked out again at the manifest's price.</summary>
    public bool PriceCheck { get; init; } = true;

    /// <summary>Creator, registry and hub keep their shares of self-dealing too.</summary>
    public bool Fees { get; init; } = true;

    /// <summary>A match is at most the share that leaves the pair.</summary>
    public bool MatchCap { get; init; } = true;

    /// <summary>How a quadratic match is shared out.</summary>
    public MatchRule MatchRule { get; init; }

    /// <summary>What a unit claimed from a pool costs, msat.</summary>
    public double PoolFee { get; init; }

    /// <summary>Independent sources that a peer asks who has the content.</summary>
    public int Links { get; init; }

    /// <summary>Decay of reputation for each hop.</summary>
    public double Decay { get; init; }

    /// <summary>Decay of reputation that is reached through one identity only.</summary>
    public double ConnectivityDecay { get; init; }

    /// <summary>Deposit for each channel or registration, msat.</summary>
    public double Deposit { get; init; }
}

/// <summary>How public money is added to what downloaders pay.</summary>
internal enum MatchRule
{
    Quadratic,
    QuadraticPairwise,
}
