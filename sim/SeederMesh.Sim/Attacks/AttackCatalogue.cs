using System.Collections.Frozen;
using System.Collections.Immutable;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Attacks;

/// <summary>One attack that a scenario can name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Explanation">What the attacker does, the defence, and the bound.</param>
/// <param name="Play">Plays it on an economy whose honest trades are done, undefended or defended.</param>
/// <param name="UsesIdentities">Whether it lives of many identities, so that U(k)/U(1) says something.</param>
internal sealed record Attack(string Name, string Explanation, Action<Economy, bool> Play, bool UsesIdentities = false);

/// <summary>Every attack by name. Parameters stand under <c>attack:</c> of a scenario.</summary>
internal static class AttackCatalogue
{
    private static readonly ImmutableArray<Attack> attacks =
    [
        new("seeder-split",
            "One seeder is k identities. Off: a bonus for each identity. On: paid by the byte: gains nothing (Sybil-neutral).",
            IdentityAttacks.SeederSplit, UsesIdentities: true),
        new("whitewashing",
            "A debtor comes back under new names. Off: each newcomer gets the full window. "
            + "On: the first window; loss at most k x window x price.",
            IdentityAttacks.Whitewashing, UsesIdentities: true),
        new("reputation-sybils",
            "A chain of k Sybils multiplies random-walk reputation. On: decay for each hop, as in MeritRank.",
            IdentityAttacks.ReputationSybils, UsesIdentities: true),
        new("eclipse", "The attacker holds a share f of the addresses. Off: one link. On: d links; succeeds with f^d.",
            IdentityAttacks.Eclipse),
        new("collusion-ring",
            "A pair deals with itself on its own money, through a real channel: loses exactly the shares of creator, hub and registry.",
            PoolAttacks.CollusionRing),
        new("ring-match", "The same with a match m for each msat. Off: m above the fee. On: m capped by the fee.",
            PoolAttacks.RingWithMatch),
        new("wash-trade",
            "Claims bytes on a pro-rata pool. Off: cost f below P/H: (sqrt P - sqrt(f H))^2. On: f at least P/H: nothing.",
            PoolAttacks.WashTrade),
        new("quadratic-sybils", "Quadratic matching. On: bounded by pair; bounds a pair, not Sybils: both are measured.",
            PoolAttacks.QuadraticSybils, UsesIdentities: true),
        new("withholding", "Downloads and signs nothing. Off: served on trust. On: at most k x window x price.",
            ReceiptAttacks.Withholding),
        new("corrupt-pieces", "Uploads rubbish. Off: paid on arrival. On: paid after the hash check: nothing.",
            ReceiptAttacks.CorruptPieces),
        new("replay", "Reports everything ten times, shuffled. Off: a hub without memory. On: exactly nothing.",
            ReceiptAttacks.Replay),
        new("tiny-pieces", "A torrent of tiny pieces. Off: paid by the piece. On: paid by the byte: nothing.",
            ReceiptAttacks.TinyPieces),
        new("over-claim",
            "Claims n times what it did not do. Off: no audits. On: audits at rate q, bond at least (1-q)v/q: nothing on average.",
            AuditAttacks.OverClaim),
        new("under-reporting",
            "A pair settles beside the channel to keep the creator's share. Off: unseen. On: decoy downloads at rate q, and the bond.",
            AuditAttacks.UnderReporting),
        new("price-shading",
            "Grants below the manifest's price. Off: prices are talked over. On: refused; at most the first window.",
            AuditAttacks.PriceShading),
        new("budget-griefing",
            "Reserves seeders' slots and uses none. On: a deposit for each reservation; griefing factor at most loss / deposit.",
            AuditAttacks.BudgetGriefing),
        new("registry-spam", "Registers rubbish. On: a deposit for each registration, which pays for its storage.",
            AuditAttacks.RegistrySpam),
    ];

    private static readonly FrozenDictionary<string, Attack> byName =
        attacks.ToFrozenDictionary(attack => attack.Name, StringComparer.Ordinal);

    public static IEnumerable<Attack> All => attacks;

    /// <summary>What attacks take, under <c>attack:</c> of a scenario.</summary>
    public static ImmutableArray<ScenarioParameter> Parameters { get; } =
    [
        new("identities", 8, "names of one attacker: seeder-split, whitewashing, reputation-sybils, quadratic-sybils", 0, 10_000,
            IsWhole: true),
        new("bonus", 5000, "msat for each head: seeder-split, undefended"),
        new("stop", 0.15, "probability that a walk stops: reputation-sybils", ScenarioParameter.AboveZero, 1),
        new("gain-max", 2, "what Sybils may multiply a reputation by at most: the bound of reputation-sybils", 1),
        new("pool", 100_000, "msat in a pool: reputation-sybils, wash-trade", ScenarioParameter.AboveZero),
        new("share", 0.3, "the attacker's share f of the addresses: eclipse", 0, 1),
        new("links", 8, "the d of the bound f^d: eclipse", 1, 64, IsWhole: true),
        new("rounds", 3, "downloads from itself: collusion-ring", 0, 1000, IsWhole: true),
        new("amount", 100_000, "msat that go round: ring-match, quadratic-sybils"),
        new("match", 1, "match m for each msat: ring-match"),
        new("honest", 1000, "honest units H: wash-trade", ScenarioParameter.AboveZero),
        new("cost", 10, "msat that a claimed unit costs, undefended: wash-trade", ScenarioParameter.AboveZero),
        new("seeders", 5, "seeders that are defrauded: withholding", 0, 5, IsWhole: true),
        new("pieces", 12, "rubbish pieces: corrupt-pieces", 0, Economy.Pieces, IsWhole: true),
        new("copies", 10, "reports of everything: replay", 1, 100, IsWhole: true),
        new("piece-bytes", 16_384, "bytes of a tiny piece: tiny-pieces", 1024, 1 << 20, IsWhole: true),
        new("claims", 200, "false claims: over-claim, under-reporting", 0, 1_000_000, IsWhole: true),
        new("shade", 0.5, "share of the price that is signed for: price-shading", 0, 0.99),
        new("reservations", 20, "slots reserved and not used: budget-griefing", 0, 1_000_000, IsWhole: true),
        new("idle-loss", 800, "msat that an idle slot costs its seeder: budget-griefing"),
        new("entries", 100, "rubbish registrations: registry-spam", 0, 1_000_000, IsWhole: true),
        new("storage-cost", 500, "msat to keep one for ever: registry-spam"),
    ];

    /// <summary>The names, in the order of the table.</summary>
    public static ImmutableArray<string> Names { get; } = [.. attacks.Select(attack => attack.Name)];

    public static Attack Find(string name) => byName[name];
}
