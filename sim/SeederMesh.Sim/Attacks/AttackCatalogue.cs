using System.Collections.Frozen;
using System.Collections.Immutable;

namespace SeederMesh.Sim.Attacks;

/// <summary>One attack that a scenario can name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Explanation">What the attacker does, the defence, and the bound.</param>
/// <param name="Play">Plays it on an economy whose honest trades are done, undefended or defended.</param>
internal sealed record Attack(string Name, string Explanation, Action<Economy, bool> Play);

/// <summary>Every attack by name. Parameters stand under <c>attack:</c> of a scenario.</summary>
internal static class AttackCatalogue
{
    private static readonly ImmutableArray<Attack> attacks =
    [
        new("seeder-split",
            "One seeder is k identities. Off: a bonus for each identity. On: paid by the byte: gains nothing (Sybil-neutral).",
            IdentityAttacks.SeederSplit),
        new("whitewashing",
            "A debtor comes back under new names. Off: each newcomer gets the full window. "
            + "On: the first window; loss at most k x window x price.",
            IdentityAttacks.Whitewashing),
        new("reputation-sybils",
            "A chain of k Sybils multiplies random-walk reputation. On: decay for each hop, as in MeritRank.",
            IdentityAttacks.ReputationSybils),
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
            PoolAttacks.QuadraticSybils),
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

    /// <summary>The names, in the order of the table.</summary>
    public static ImmutableArray<string> Names { get; } = [.. attacks.Select(attack => attack.Name)];

    public static Attack Find(string name) => byName[name];
}
