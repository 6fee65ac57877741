using System.Collections.Immutable;
using SeederMesh.Core;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Core.Splits;
using SeederMesh.Sim.Accounting;
using SeederMesh.Sim.Randomness;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Attacks;

/// <summary>A small market whose money moves through real payment channels with real signatures.</summary>
/// <remarks>
/// Everybody's balance is kept by name; names that start with <c>attacker</c> are the attacker's, whatever identities
/// it invents. The content that a downloader receives is worth its price to it. Honest trades depend on the seed and
/// the replicate only: with and without an attack they are the same (common random numbers).
/// </remarks>
internal sealed class Economy
{
    public const int PieceLength = 1 << 20;
    public const int Pieces = 24;
    public const string Attacker = "attacker";
    private const int HonestSeeders = 5;
    private const int Downloaders = 6;
    private const long NowUnixMs = 1_700_000_000_000;
    private const long LifetimeMs = 3_600_000;

    private readonly Dictionary<string, double> balances = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> poolBytes = new(StringComparer.Ordinal);
    private readonly SplitPolicy split;
    private readonly UniformLayout layout = new(Pieces, PieceLength);
    private readonly uint run;
    private CounterRandom random;

    public Economy(Scenario scenario, uint run)
    {
        (Scenario, this.run) = (scenario, run);
        split = ChannelBooks.SplitOf(scenario.Mechanism);
        random = new CounterRandom(scenario.Seed, run, 1, RandomStream.Attack);
    }

    public Scenario Scenario { get; }

    /// <summary>Randomness of the attacks; honest trades have their own.</summary>
    public ref CounterRandom Random => ref random;

    public DefenceModel Defences => Scenario.Mechanism.Defences;

    public PricePerMebibyte Price => Scenario.Mechanism.Price;

    /// <summary>Price of one piece, msat.</summary>
    public double PieceMsat => Price.Of(PieceLength).Value;

    /// <summary>A parameter of an attack.</summary>
    public double Parameter(string name) => Scenario.AttackParameters[name];

    /// <summary>A parameter that counts something.</summary>
    public int Count(string name) => (int)Parameter(name);

    /// <summary>Share of a settled amount that leaves a pair that deals with itself.</summary>
    public double FeeShare => (10_000 - Scenario.Mechanism.Split.Seeders) / 10_000.0;

    /// <summary>The most that the attack may gain; set by the attack, NaN where there is no bound.</summary>
    public double Bound { get; set; } = double.NaN;

    /// <summary>The most that others may lose by an attack that is made to harm; set by the attack.</summary>
    public double LossBound { get; set; } = double.NaN;

    /// <summary>What attacks have laid out, msat.</summary>
    public double Cost { get; private set; }

    /// <summary>What chance and rounding may add to the bounds.</summary>
    public double Slack { get; set; }

    public double BalanceOf(Func<string, bool> who) => balances.Where(entry => who(entry.Key)).Sum(entry => entry.Value);

    public static bool IsAttacker(string name) => name.StartsWith(Attacker, StringComparison.Ordinal);

    public static bool IsHonestSeeder(string name) => name.StartsWith("seeder", StringComparison.Ordinal);

    public void Credit(string name, double msat) => balances[name] = balances.GetValueOrDefault(name) + msat;

    /// <summary>The attacker pays somebody: what it lays out for the attack.</summary>
    public void Spend(string payee, double msat)
    {
        Credit(Attacker, -msat);
        Credit(payee, msat);
        Cost += msat;
    }

    /// <summary>Counts what the attacker has paid already, through its own channels.</summary>
    public void CountCost(double msat) => Cost += msat;

    /// <summary>Bytes that a name claims from the pool of the scenario.</summary>
    public void ClaimFromPool(string name, double bytes) => poolBytes[name] = poolBytes.GetValueOrDefault(name) + bytes;

    public double PoolClaims => poolBytes.Values.Sum();

    /// <summary>Honest downloads: each takes its pieces from random seeders, one of whom is the attacker behaving
    /// well.</summary>
    /// <param name="attackerSeeds">How many pieces' identities the attacker's share is spread over; 1 when
    /// honest.</param>
    public void TradeHonestly(int attackerSeeds = 1)
    {
        for (int downloader = 0; downloader < Downloaders; downloader++)
        {
            var luck = new CounterRandom(Scenario.Seed, run, (ulong)downloader + 100, RandomStream.Behaviour);
            var sources = new string[Pieces];
            for (int piece = 0; piece < Pieces; piece++)
            {
                int seeder = luck.Below(HonestSeeders + 1);
                sources[piece] = seeder == HonestSeeders ? $"{Attacker}-{piece % attackerSeeds}" : $"seeder-{seeder}";
            }

            Trade($"downloader-{downloader}", sources);
        }
    }

    /// <summary>One download through a real channel: who sent each piece is paid; the content is worth its
    /// price.</summary>
    /// <param name="downloader">Who pays.</param>
    /// <param name="sources">Who sent each piece; null for pieces that nobody is paid for.</param>
    /// <param name="repeatReports">Times that each report is made, in a shuffled order.</param>
    /// <param name="naiveHub">Whether the hub settles whatever it is shown, as one without memory does.</param>
    public void Trade(string downloader, string?[] sources, int repeatReports = 1, bool naiveHub = false)
    {
        SigningKey key = KeyOf(downloader);
        var terms = new ChannelTerms(
            KeyOf("hub").PublicKey, key.PublicKey, UniformLayout.Root, UniformLayout.Root, Price, NowUnixMs + LifetimeMs);
        var channel = new PaymentChannel(terms, split, layout, ChannelLimits.Default);
        channel.Apply(channel.DecideFunding(Price.Of((long)Pieces * PieceLength)));
        var seeders = new Dictionary<PublicKey, string>();
        foreach (IGrouping<string, int> group in Enumerable.Range(0, sources.Length)
            .Where(piece => sources[piece] is not null)
            .GroupBy(piece => sources[piece]!, StringComparer.Ordinal))
        {
            seeders.Add(KeyOf(group.Key).PublicKey, group.Key);
            SettleSeeder(channel, key, group.Key, [.. group], repeatReports, naiveHub);
            ClaimFromPool(group.Key, (double)group.Count() * PieceLength);
        }

        Close(channel, seeders);
        Credit(downloader, -channel.Settled.Value);
        Credit(downloader, sources.Count(source => source is not null) * PieceMsat);
        Invariant.Require(channel.Status == ChannelStatus.Closed, "a finished trade leaves nothing open");
    }

    /// <summary>What one seeder's upload of the whole content settles when it is cut into pieces of some
    /// length.</summary>
    public long SettleContent(int pieceLength)
    {
        int pieces = (int)((long)Pieces * PieceLength / pieceLength);
        SignedDelivery[] deliveries = [.. Enumerable.Range(0, pieces).Select(piece => new SignedDelivery(0, piece, 0))];
        return new SignedChannel(Scenario, 0, split, pieces, pieceLength)
            .Settle([new GrantTotal(0, pieces, pieces)], deliveries).Settled.Value;
    }

    /// <summary>What a hub says to receipts that are signed for less than the channel's price.</summary>
    public ReceiptVerdict ShadedVerdict(double share)
    {
        SigningKey buyer = KeyOf("shading-buyer");
        SigningKey seeder = KeyOf("seeder-0");
        var terms = new ChannelTerms(
            KeyOf("hub").PublicKey, buyer.PublicKey, UniformLayout.Root, UniformLayout.Root, Price, NowUnixMs + LifetimeMs);
        var channel = new PaymentChannel(terms, split, layout, ChannelLimits.Default);
        channel.Apply(channel.DecideFunding(Price.Of((long)Pieces * PieceLength)));
        channel.DecideGrant(seeder.PublicKey, Price.Of((long)Pieces * PieceLength), 0, NowUnixMs, out Grant? grant);
        channel.Apply(grant!);
        Grant shaded = grant! with { Price = new PricePerMebibyte((long)(Price.Msat * share)) };
        ReceiptRun report = SignedRuns(shaded, buyer, [0])[0] with { Anchor = ReceiptChain.Start(grant.Hash()) };
        ExaminedReport examined = channel.Examine([report], seeder.PublicKey, NowUnixMs, (_, _) => null);
        examined.VerifySignatures();
        return channel.DecideSettlement(examined).Verdicts[0];
    }

    /// <summary>Hands the pool out by the scenario's rule.</summary>
    public void DistributePool(double pool)
    {
        double claims = PoolClaims;
        foreach ((string name, double bytes) in poolBytes)
        {
            Credit(name, claims > 0 ? pool * bytes / claims : 0);
        }
    }

    private void SettleSeeder(
        PaymentChannel channel, SigningKey downloader, string seeder, int[] pieces, int repeatReports, bool naiveHub)
    {
        SigningKey key = KeyOf(seeder);
        GrantResult given = channel.DecideGrant(
            key.PublicKey, Price.Of((long)pieces.Length * PieceLength), 0, NowUnixMs, out Grant? grant);
        if (given != GrantResult.Given)
        {
            return;
        }

        channel.Apply(grant!);
        List<ReceiptRun> reports = [.. Enumerable.Repeat(SignedRuns(grant!, downloader, pieces),
            repeatReports).SelectMany(runs => runs)];
        if (repeatReports > 1)
        {
            Shuffle(reports);
        }

        // Out of order, a run waits for those before it: what was refused for a gap is reported again.
        for (int round = 0; round < pieces.Length && reports.Count > 0; round++)
        {
            ExaminedReport examined = channel.Examine(reports, key.PublicKey, NowUnixMs, (_, _) => null);
            examined.VerifySignatures();
            ReportDecision decision = channel.DecideSettlement(examined);
            foreach (Settlement settlement in decision.Settlements)
            {
                channel.Apply(settlement);
                PayLegs(settlement.Legs, seeder);
                PayAgainNaively(naiveHub, repeatReports, settlement, seeder);
            }

            reports = [.. reports.Where((_, index) => decision.Verdicts[index] == ReceiptVerdict.SequenceGap)];
        }
    }

    /// <summary>A hub without memory pays each copy of a report; what its channel does not cover comes out of its own
    /// pocket.</summary>
    private void PayAgainNaively(bool naiveHub, int copies, Settlement settlement, string seeder)
    {
        for (int copy = 1; naiveHub && copy < copies; copy++)
        {
            PayLegs(settlement.Legs, seeder);
            Credit("hub", -settlement.Amount.Value);
        }
    }

    private static ImmutableArray<ReceiptRun> SignedRuns(Grant grant, SigningKey downloader, int[] pieces)
    {
        var runs = ImmutableArray.CreateBuilder<ReceiptRun>();
        ReceiptChain chain = ReceiptChain.Start(grant.Hash());
        foreach (int[] batch in pieces.Chunk(3))
        {
            ReceiptChain anchor = chain;
            UploadReceipt tail = default;
            ReceiptEntry[] entries = [.. batch.Select(piece => new ReceiptEntry(piece, PieceLength, NowUnixMs))];
            foreach (ReceiptEntry entry in entries)
            {
                tail = chain.Next(grant.GrantId, grant.Price, entry, UniformLayout.Root);
                chain = ReceiptChain.After(tail);
            }

            runs.Add(new ReceiptRun(grant.GrantId, anchor, [.. entries], tail.Sign(downloader)));
        }

        return runs.ToImmutable();
    }

    private void PayLegs(SplitLegs legs, string seeder)
    {
        Credit("creator", legs.Payees[0].Value);
        Credit("registry", legs.Registry.Value);
        Credit("hub", legs.Hub.Value);
        Credit(seeder, legs.Seeder.Value);
    }

    private void Close(PaymentChannel channel, Dictionary<PublicKey, string> seeders)
    {
        channel.ApplyClosing(channel.DecideClosing(NowUnixMs)!.Value);
        foreach (GrantAccount account in channel.Grants.ToArray())
        {
            channel.DecideCloseGrant(account.Grant.GrantId, account.Grant.Seeder, NowUnixMs, out CloseGrantEffect effect);
            channel.Apply(effect);
        }

        ChannelClosedEffect closed = channel.DecideClosed()!;
        channel.Apply(closed);
        Credit("creator", closed.Legs.Payees[0].Value);
        Credit("registry", closed.Legs.Registry.Value);
        Credit("hub", closed.Legs.Hub.Value);
        for (int index = 0; index < channel.Seeders.Count; index++)
        {
            Credit(seeders[channel.Seeders[index]], closed.Legs.Seeders[index].Value);
        }
    }

    private void Shuffle(List<ReceiptRun> reports)
    {
        for (int index = reports.Count - 1; index > 0; index--)
        {
            int other = random.Below(index + 1);
            (reports[index], reports[other]) = (reports[other], reports[index]);
        }
    }

    private SigningKey KeyOf(string name) => SimulatedKeys.Of(name, Scenario.Seed, run);
}
