using System.Numerics;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Swarms;

/// <content>BitTyrant (Piatek et al., NSDI 2007): uploads to each neighbour what makes it reciprocate, and no
/// more.</content>
internal sealed partial class Swarm
{
    /// <summary>Rounds of reciprocation after which less is tried.</summary>
    private const int StrategicPatience = 3;

    private bool IsStrategic(int peer) => strategic is not null && PopulationOf(peer).Choke == ChokePolicy.Bittyrant && !IsComplete(peer);

    /// <summary>What a new neighbour is thought to give, and to want for it.</summary>
    /// <remarks>
    /// d_p starts as the neighbour's equal split, which BitTyrant estimates from how fast the neighbour announces
    /// pieces. u_p starts at the swarm's median equal split, just above the step of the reciprocation probability.
    /// </remarks>
    private void BelieveInitially(int link, int neighbour, int ownCapacity)
    {
        strategic!.Expected[link] = EqualSplit(neighbour);
        strategic.Needed[link] = Math.Min(medianSplit, ownCapacity);
        strategic.Rounds[link] = 0;
        strategic.Pieces[link] = 0;
    }

    /// <summary>A piece a round: less than that no neighbour notices.</summary>
    private int LeastNoticed(int peer) =>
        (int)Math.Clamp(state.PieceLength * scenario.TicksPerSecond / rechokeTicks, 1, state.Up(peer));

    private int EqualSplit(int peer) =>
        PopulationOf(peer).Uploads ? Math.Max(1, state.Up(peer) / PopulationOf(peer).Slots) : 1;

    private int MedianSplit()
    {
        int[] splits = [.. Enumerable.Range(0, state.Peers).Where(peer => !PopulationOf(peer).IsSeed
            && PopulationOf(peer).Uploads && PopulationOf(peer).Choke != ChokePolicy.Bittyrant).Select(EqualSplit).Order()];
        return splits.Length > 0 ? splits[splits.Length / 2] : Math.Max(1, state.Up(0) / 4);
    }

    /// <summary>One round: learns from the last one, then unchokes by d_p / u_p until the capacity is spoken for.</summary>
    private ulong ChokeStrategically(int peer)
    {
        int first = peer * state.DegreeMax;
        int degree = state.Degree(peer);
        Learn(peer, first, degree);
        ulong chosen = 0;
        ulong open = 0;
        for (int edge = 0; edge < degree; edge++)
        {
            open |= Wants(state.Neighbour(first + edge), peer) ? 1UL << edge : 0;
        }

        for (long left = state.Up(peer); open != 0 && BitOperations.PopCount(chosen) < PopulationOf(peer).Slots;)
        {
            int best = BestRatio(first, open);
            open &= ~(1UL << best);
            if (strategic!.Needed[first + best] <= left)
            {
                left -= strategic.Needed[first + best];
                chosen |= 1UL << best;
            }
        }

        return chosen;
    }

    private int BestRatio(int first, ulong open)
    {
        int best = -1;
        for (ulong rest = open; rest != 0; rest &= rest - 1)
        {
            int edge = BitOperations.TrailingZeroCount(rest);
            if (best < 0 || (long)strategic!.Expected[first + edge] * strategic.Needed[first + best]
                > (long)strategic.Expected[first + best] * strategic.Needed[first + edge])
            {
                best = edge;
            }
        }

        return best;
    }

    /// <summary>Who was served and does not reciprocate is offered a fifth more; who has for three rounds, a tenth
    /// less.</summary>
    private void Learn(int peer, int first, int degree)
    {
        for (int edge = 0; edge < degree; edge++)
        {
            int link = first + edge;
            int neighbour = state.Neighbour(link);
            bool reciprocates = (state.Unchoked(neighbour) >> state.Back(link) & 1) != 0;
            bool served = (state.Unchoked(peer) >> edge & 1) != 0;
            if (reciprocates)
            {
                if (strategic!.Pieces[link] > 0)
                {
                    double rate = strategic.Pieces[link] * (double)state.PieceLength * scenario.TicksPerSecond / rechokeTicks;
                    strategic.Expected[link] = (int)Math.Clamp(rate, 1, 1 << 30);
                }

                strategic.Rounds[link] = (byte)Math.Min(strategic.Rounds[link] + 1, StrategicPatience);
                if (served && strategic.Rounds[link] == StrategicPatience)
                {
                    strategic.Needed[link] = Math.Max(LeastNoticed(peer), (int)(strategic.Needed[link] * 0.9));
                }
            }
            else
            {
                strategic!.Rounds[link] = 0;
                if (served)
                {
                    // More than all that there is cannot be offered.
                    strategic.Needed[link] = (int)Math.Min(strategic.Needed[link] * 1.2, state.Up(peer));
                }
            }

            strategic.Pieces[link] = 0;
        }
    }

    /// <summary>What a strategic peer's uplink has left, and the links that it serves already: each has one slot, at a
    /// rate of its own.</summary>
    private (int Left, ulong Busy) StrategicUse(int peer)
    {
        int slots = peer * state.SlotsMax;
        (int left, ulong served) = (state.Up(peer), 0);
        for (int slot = 0; slot < state.SlotsMax; slot++)
        {
            byte edge = state.SlotEdge(slots + slot);
            if (edge != SwarmState.NoEdge)
            {
                left -= state.SlotRate(slots + slot);
                served |= 1UL << edge;
            }
        }

        return (left, served);
    }
}
