using System.Runtime.InteropServices;
using SeederMesh.Core;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Splits;
using SeederMesh.Sim.Randomness;
using SeederMesh.Sim.Scenarios;
using SeederMesh.Sim.Swarms;

namespace SeederMesh.Sim.Accounting;

/// <summary>The money of one swarm: a channel for each paying downloader, a grant for each link, settled by
/// SeederMesh.Core.</summary>
/// <remarks>
/// Prices and splits are cumulative (<see cref="PricePerMebibyte.Of"/>, <see cref="SplitPolicy"/>): what a channel
/// comes to depends on each grant's bytes and on nothing else. So a delivery only counts a piece, and a channel is
/// settled when it closes. For the sampled share the same deliveries go through a real
/// <see cref="Core.Channels.PaymentChannel"/> with real signatures, and must come to the same msat for everybody
/// (<see cref="SignedChannel"/>).
/// </remarks>
internal sealed class ChannelBooks
{
    private const int None = -1;

    private readonly Scenario scenario;
    private readonly SwarmPlan plan;
    private readonly uint run;
    private readonly SwarmState state;
    private readonly SplitPolicy split;
    private readonly Dictionary<int, List<SignedDelivery>> sampled = [];
    private readonly List<(int Uploader, int Pieces, int Next)> ended = [];
    private readonly Dictionary<int, int> endedHeads = [];
    private readonly List<GrantTotal> grants = [];
    private readonly List<Msat> amounts = [];
    private readonly bool[] pays;
    private readonly bool[] withholds;

    public ChannelBooks(Scenario scenario, SwarmPlan plan, uint run, SwarmState state)
    {
        (this.scenario, this.plan, this.run, this.state) = (scenario, plan, run, state);
        split = SplitOf(scenario.Mechanism);
        pays = [.. scenario.Populations.Select(population => population.Pays && scenario.Mechanism.Price.Msat > 0)];
        withholds = [.. scenario.Populations.Select((population, index) => pays[index]
            && population.SignsPieces != int.MaxValue)];
    }

    public ChannelTotals Totals { get; } = new();

    /// <summary>Every closed channel, when the scenario keeps them.</summary>
    public List<ClosedChannel> Closed { get; } = [];

    public static Id128 Creator { get; } = Id128.Derive("simulated-creator", []);

    public static SplitPolicy SplitOf(MechanismModel mechanism) => new(
        [new PayeeShare(Creator, new BasisPoints(mechanism.Split.Creator))],
        new BasisPoints(mechanism.Split.Seeders),
        new BasisPoints(mechanism.Split.Registry),
        new BasisPoints(mechanism.Split.Hub));

    public bool Pays(int peer) => pays[state.PopulationOf(peer)];

    /// <summary>Whether a peer promised receipts and stops signing at some point.</summary>
    public bool Withholds(int peer) => withholds[state.PopulationOf(peer)];

    /// <summary>Whether a seeder's exposure allows one more piece.</summary>
    /// <param name="receiver">Who would get it.</param>
    /// <param name="outstanding">Pieces sent to it over this link, or on their way.</param>
    public bool MayServe(int receiver, int outstanding)
    {
        long signed = Math.Min(outstanding, SignsPieces(receiver));
        long unreceipted = (outstanding - signed) * state.PieceLength;
        DefenceModel defences = scenario.Mechanism.Defences;
        // Without the ramp a window is as wide at once as it ever gets.
        long steps = defences.Ramp ? signed : 64;
        return !defences.Window
            || unreceipted + state.PieceLength <= scenario.Mechanism.Exposure.WindowAfter(steps, signed * state.PieceLength);
    }

    public void OpenChannel(int peer)
    {
        if (Pays(peer) && (scenario.KeepsChannels || scenario.Mechanism.VerifyShare > 0)
            && new CounterRandom(scenario.Seed, run, (ulong)plan.Peers[peer], RandomStream.Sampling).Uniform()
                < (scenario.KeepsChannels ? 1 : scenario.Mechanism.VerifyShare))
        {
            sampled.Add(peer, []);
        }
    }

    public void OnDelivery(int receiver, int uploader, int piece, int tick)
    {
        if (sampled.Count > 0 && sampled.TryGetValue(receiver, out List<SignedDelivery>? deliveries))
        {
            deliveries.Add(new SignedDelivery(uploader, piece, tick));
        }
    }

    /// <summary>A link ends while its receiver's channel may be open: what it carried stays on the channel's
    /// account.</summary>
    public void EndLink(int uploader, int receiver, int sentPieces)
    {
        bool open = state.HaveCount(receiver) < state.Pieces && state.Departed(receiver) == SwarmState.Never;
        if (!open || sentPieces == 0 || !Pays(receiver))
        {
            return;
        }

        ref int head = ref CollectionsMarshal.GetValueRefOrAddDefault(endedHeads, receiver, out bool known);
        ended.Add((uploader, sentPieces, known ? head : None));
        head = ended.Count - 1;
    }

    /// <summary>Settles and closes the channel of a downloader that has finished or leaves.</summary>
    public void CloseChannel(int peer)
    {
        if (!Pays(peer))
        {
            return;
        }

        CollectGrants(peer);
        Msat settled = Msat.Zero;
        (long creator, long registry, long hub) = (0, 0, 0);
        amounts.Clear();
        foreach (GrantTotal grant in CollectionsMarshal.AsSpan(grants))
        {
            Msat amount = scenario.Mechanism.Price.Of((long)grant.SignedPieces * state.PieceLength);
            SplitLegs legs = split.Divide(settled, Msat.Zero, amount);
            settled += amount;
            amounts.Add(amount);
            creator += legs.Payees[0].Value;
            registry += legs.Registry.Value;
            hub += legs.Hub.Value;
            state.EarnedMsat[grant.Uploader] += legs.Seeder.Value;
            Totals.Seeders += legs.Seeder.Value;
            Totals.Receipts += grant.SignedPieces;
            Totals.WithheldPieces += grant.Pieces - grant.SignedPieces;
        }

        ClosingLegs closing = split.Close(settled, CollectionsMarshal.AsSpan(amounts));
        for (int index = 0; index < grants.Count; index++)
        {
            state.EarnedMsat[grants[index].Uploader] += closing.Seeders[index].Value;
            Totals.Seeders += closing.Seeders[index].Value;
        }

        Totals.Channels++;
        Totals.Grants += grants.Count;
        Totals.Settled += settled.Value;
        Totals.Creator += creator + closing.Payees[0].Value;
        Totals.Registry += registry + closing.Registry.Value;
        Totals.Hub += hub + closing.Hub.Value;
        state.PaidMsat[peer] = settled.Value;
        if (sampled.Remove(peer, out List<SignedDelivery>? deliveries))
        {
            if (scenario.KeepsChannels)
            {
                Closed.Add(new ClosedChannel(plan.Peers[peer], [.. grants], deliveries, settled));
            }

            VerifyForReal(peer, deliveries, settled, creator + closing.Payees[0].Value, hub + closing.Hub.Value);
        }
    }

    private void VerifyForReal(int peer, List<SignedDelivery> deliveries, Msat settled, long creator, long hub)
    {
        var signed = new SignedChannel(scenario, ulong.CreateChecked(plan.Peers[peer]), split, state.Pieces, state.PieceLength);
        SignedOutcome outcome = signed.Settle(grants, deliveries);
        Invariant.Require(
            outcome.Settled == settled && outcome.Creator == creator && outcome.Hub == hub,
            "signed receipts and counted pieces come to the same msat");
        Totals.VerifiedChannels++;
        Totals.VerifiedReceipts += outcome.Receipts;
    }

    private int SignsPieces(int peer) => scenario.Populations[state.PopulationOf(peer)].SignsPieces;

    /// <summary>The channel's grants in a stable order: ended links, newest first, then those that stand.</summary>
    private void CollectGrants(int peer)
    {
        grants.Clear();
        int limit = SignsPieces(peer);
        if (endedHeads.Remove(peer, out int head))
        {
            for (int entry = head; entry != None; entry = ended[entry].Next)
            {
                grants.Add(new GrantTotal(ended[entry].Uploader, ended[entry].Pieces, Math.Min(limit, ended[entry].Pieces)));
            }
        }

        for (int edge = 0; edge < state.Degree(peer); edge++)
        {
            int link = (peer * state.DegreeMax) + edge;
            int uploader = state.Neighbour(link);
            int pieces = state.Sent((uploader * state.DegreeMax) + state.Back(link));
            if (pieces > 0)
            {
                grants.Add(new GrantTotal(uploader, pieces, Math.Min(limit, pieces)));
            }
        }
    }
}

/// <summary>A channel as it was closed.</summary>
/// <param name="Peer">The downloader, by its number in the run.</param>
/// <param name="Grants">In the order in which they were settled.</param>
/// <param name="Deliveries">Every piece, oldest first.</param>
/// <param name="Settled">What it came to.</param>
internal sealed record ClosedChannel(
    int Peer, IReadOnlyList<GrantTotal> Grants, IReadOnlyList<SignedDelivery> Deliveries, Msat Settled);

/// <summary>What one seeder sent to one downloader.</summary>
/// <param name="Uploader">The seeder.</param>
/// <param name="Pieces">Pieces that it sent.</param>
/// <param name="SignedPieces">Pieces that the downloader signed for.</param>
internal readonly record struct GrantTotal(int Uploader, int Pieces, int SignedPieces);

/// <summary>One delivery of a sampled channel.</summary>
internal readonly record struct SignedDelivery(int Uploader, int Piece, int Tick);
