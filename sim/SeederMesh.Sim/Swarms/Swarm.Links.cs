using System.Numerics;
using SeederMesh.Sim.Randomness;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Swarms;

/// <content>Coming, linking, choking, completing and leaving.</content>
internal sealed partial class Swarm
{
    private void Arrive(int peer)
    {
        Population population = PopulationOf(peer);
        state.AliveAt[peer] = aliveCount;
        state.Alive[aliveCount++] = peer;
        state.ParkedSlots(peer) = population.Uploads ? ulong.MaxValue >> (64 - population.Slots) : 0;
        if (population.IsSeed)
        {
            Span<ulong> have = state.Have.AsSpan(peer * state.Words, state.Words);
            have.Fill(ulong.MaxValue);
            have[^1] = ulong.MaxValue >> ((64 - (state.Pieces & 63)) & 63);
            state.HaveCount(peer) = state.Pieces;
            state.Completed(peer) = now;
            AddToRarity(peer, 1);
            ScheduleDeparture(peer, population);
        }
        else
        {
            leechersToCome--;
            leechersPresent++;
            books.OpenChannel(peer);
            if (population.AbortRate > 0)
            {
                CounterRandom life = Life(peer);
                wheel.Schedule(abortTimers + peer, Later(life.Exponential(1 / population.AbortRate)));
            }
        }

        LinkToSome(peer, WantedLinks(population));
        OnRechoke(peer);
    }

    private CounterRandom Life(int peer) =>
        new(scenario.Seed, run, (ulong)plan.Peers[peer], RandomStream.Life, state.HaveCount(peer) == state.Pieces ? 1UL : 0);

    private int Later(double seconds) =>
        (int)Math.Min((long)now + scenario.Ticks(seconds, 1), int.MaxValue - 1);

    private void ScheduleDeparture(int peer, Population population)
    {
        if (double.IsPositiveInfinity(population.StaySeconds))
        {
            return;
        }

        double stay = population.StayIsExponential && population.StaySeconds > 0
            ? Life(peer).Exponential(population.StaySeconds)
            : population.StaySeconds;
        wheel.Schedule(lifeTimers + peer, Later(stay));
    }

    private void Complete(int peer)
    {
        state.Completed(peer) = now;
        leechersPresent--;
        books.CloseChannel(peer);
        ScheduleDeparture(peer, PopulationOf(peer));
        DropCompleteNeighbours(peer);
        int wanted = WantedLinks(PopulationOf(peer));
        if (state.Degree(peer) < wanted && PopulationOf(peer).StaySeconds > 0)
        {
            LinkToSome(peer, wanted);
        }

        if (!ServesEverybody(peer, PopulationOf(peer)))
        {
            return;
        }

        // A seed has nobody to repay: whoever is there may be served, in turn.
        state.Unchoked(peer) = AllLinks(peer);
    }

    /// <summary>Seeds have nothing for each other: their links make room for those who come.</summary>
    private void DropCompleteNeighbours(int peer)
    {
        for (int edge = state.Degree(peer) - 1; edge >= 0; edge--)
        {
            if (IsComplete(state.Neighbour((peer * state.DegreeMax) + edge)))
            {
                Unlink(peer, (byte)edge);
            }
        }
    }

    /// <summary>The tracker's answer: random peers that are present, both ends having room.</summary>
    private void LinkToSome(int peer, int wanted)
    {
        var links = new CounterRandom(
            scenario.Seed, run, (ulong)plan.Peers[peer], RandomStream.Links, (ulong)(uint)now << 16);
        // A small swarm is told of everybody, a large one of random peers.
        bool everybody = aliveCount <= 2 * state.DegreeMax;
        int start = links.Below(aliveCount);
        int attempts = everybody ? aliveCount : 4 * wanted;
        for (int attempt = 0; attempt < attempts && state.Degree(peer) < wanted; attempt++)
        {
            int other = state.Alive[everybody ? (start + attempt) % aliveCount : links.Below(aliveCount)];
            if (other != peer && state.Degree(other) < PopulationOf(other).Neighbours && !(state.IsNat[peer] && state.IsNat[other])
                && !(IsComplete(peer) && IsComplete(other)) && !state.AreLinked(peer, other))
            {
                Link(peer, other);
            }
        }
    }

    /// <summary>Half of what it may have, so that there is room for those who come later; all of it with a large
    /// view.</summary>
    private static int WantedLinks(Population population) =>
        Math.Max(1, population.LargeView ? population.Neighbours : population.Neighbours / 2);

    private bool IsComplete(int peer) => state.HaveCount(peer) == state.Pieces;

    private void Link(int one, int other)
    {
        byte atOne = state.Degree(one)++;
        byte atOther = state.Degree(other)++;
        Set(one, atOne, other, atOther);
        Set(other, atOther, one, atOne);
        Welcome(one, atOne);
        Welcome(other, atOther);

        void Set(int peer, byte edge, int neighbour, byte back)
        {
            int link = (peer * state.DegreeMax) + edge;
            state.Neighbour(link) = neighbour;
            state.Back(link) = back;
            state.Sent(link) = 0;
            state.Received(link) = 0;
            if (strategic is not null)
            {
                BelieveInitially(link, neighbour, state.Up(peer));
            }
        }
    }

    /// <summary>A new neighbour is served at once while there are slots to spare.</summary>
    private void Welcome(int peer, byte edge)
    {
        Population population = PopulationOf(peer);
        if (ServesEverybody(peer, population) || BitOperations.PopCount(state.Unchoked(peer)) < population.Slots)
        {
            state.Unchoked(peer) |= 1UL << edge;
            Wake(peer);
        }
    }

    private bool ServesEverybody(int peer, Population population) =>
        population.Choke == ChokePolicy.Rotate
        || (population.Choke is ChokePolicy.TitForTat or ChokePolicy.Bittyrant && IsComplete(peer));

    private ulong AllLinks(int peer) =>
        state.Degree(peer) == 0 ? 0 : ulong.MaxValue >> (64 - state.Degree(peer));

    private void OnRechoke(int peer)
    {
        if (state.Departed(peer) != SwarmState.Never)
        {
            return;
        }

        Population population = PopulationOf(peer);
        int wanted = WantedLinks(population);
        if (state.Degree(peer) < wanted / 2 || ((population.LargeView || IsComplete(peer)) && state.Degree(peer) < wanted))
        {
            LinkToSome(peer, wanted);
        }

        state.Unchoked(peer) = ServesEverybody(peer, population)
            ? AllLinks(peer)
            : IsStrategic(peer) ? ChokeStrategically(peer) : Choke(peer, population);
        Wake(peer);
        wheel.Schedule(chokeTimers + peer, (int)Math.Min((long)now + rechokeTicks, int.MaxValue - 1));
    }

    /// <summary>
    /// The best of the interested by what they sent lately (or by whether they pay), and one more in turn; ties go to
    /// the position that the round reaches first, so that nobody is ahead for ever.
    /// </summary>
    private ulong Choke(int peer, Population population)
    {
        int degree = state.Degree(peer);
        if (degree == 0)
        {
            return 0;
        }

        int round = now / rechokeTicks;
        // Each peer starts its turns elsewhere: else all of them would reach the same newcomer at the same time.
        int offset = (int)(unchecked((uint)peer * 2_654_435_761U) >> 22);
        ulong wanting = 0;
        Span<int> rank = stackalloc int[64];
        for (int edge = 0; edge < degree; edge++)
        {
            int link = (peer * state.DegreeMax) + edge;
            int neighbour = state.Neighbour(link);
            bool interested = Wants(neighbour, peer);
            wanting |= interested ? 1UL << edge : 0;
            int merit = population.Choke == ChokePolicy.PaidFirst ? (books.Pays(neighbour) ? 1 : 0) : state.Received(link);
            state.Received(link) >>= 1;
            int turn = (edge + degree - (round % degree)) % degree;
            rank[edge] = interested ? (merit << 7) + 64 + (63 - turn) : -1;
        }

        ulong chosen = 0;
        for (int slot = 0; slot < population.Slots - 1 && slot < degree; slot++)
        {
            int best = -1;
            for (int edge = 0; edge < degree; edge++)
            {
                if (rank[edge] >= 0 && (best < 0 || rank[edge] > rank[best])
                    && (population.Choke == ChokePolicy.PaidFirst || rank[edge] >= 128))
                {
                    best = edge;
                }
            }

            if (best < 0)
            {
                break;
            }

            chosen |= 1UL << best;
            rank[best] = -1;
        }

        return chosen | NextInTurn(wanting, chosen, (round / scenario.Network.OptimisticRounds) + offset, population.Slots);
    }

    /// <summary>Those who have not been chosen, in turn, into the slots that are left.</summary>
    private static ulong NextInTurn(ulong wanting, ulong chosen, int turn, int slots)
    {
        int count = BitOperations.PopCount(wanting);
        if (count == 0)
        {
            return 0;
        }

        ulong first = wanting;
        for (int skip = turn % count; skip > 0; skip--)
        {
            first &= first - 1;
        }

        // From there to the end, then from the beginning.
        ulong optimistic = 0;
        int left = slots - BitOperations.PopCount(chosen);
        for (ulong upper = first & ~chosen, lower = wanting & ~first & ~chosen; left > 0 && (upper | lower) != 0; left--)
        {
            ulong part = upper != 0 ? upper : lower;
            optimistic |= part & (~part + 1);
            (upper, lower) = upper != 0 ? (upper & (upper - 1), lower) : (0, lower & (lower - 1));
        }

        return optimistic;
    }

    /// <summary>Whether <paramref name="uploader"/> has a piece that <paramref name="peer"/> lacks.</summary>
    private bool Wants(int peer, int uploader)
    {
        ReadOnlySpan<ulong> has = state.Have.AsSpan(uploader * state.Words, state.Words);
        ReadOnlySpan<ulong> lacks = state.Have.AsSpan(peer * state.Words, state.Words);
        for (int word = 0; word < has.Length; word++)
        {
            if ((has[word] & ~lacks[word]) != 0)
            {
                return true;
            }
        }

        return false;
    }

    private void Depart(int peer)
    {
        if (state.Departed(peer) != SwarmState.Never)
        {
            return;
        }

        if (!IsComplete(peer))
        {
            leechersPresent--;
            books.CloseChannel(peer);
        }

        state.Departed(peer) = now;
        AddToRarity(peer, -1);
        for (int slot = 0; slot < state.SlotsMax; slot++)
        {
            CancelUpload((peer * state.SlotsMax) + slot, peer);
        }

        while (state.Degree(peer) > 0)
        {
            Unlink(peer, (byte)(state.Degree(peer) - 1));
        }

        int last = state.Alive[--aliveCount];
        state.Alive[state.AliveAt[peer]] = last;
        state.AliveAt[last] = state.AliveAt[peer];
    }

    private void CancelUpload(int slotIndex, int peer)
    {
        byte edge = state.SlotEdge(slotIndex);
        if (edge != SwarmState.NoEdge)
        {
            EndDownload(state.Neighbour((peer * state.DegreeMax) + edge), state.SlotPiece(slotIndex), state.SlotRate(slotIndex));
            state.SlotEdge(slotIndex) = SwarmState.NoEdge;
        }
    }

    private void AddToRarity(int peer, int step)
    {
        for (int word = 0; word < state.Words; word++)
        {
            for (ulong bits = state.Have[(peer * state.Words) + word]; bits != 0; bits &= bits - 1)
            {
                state.Rarity[(word << 6) | BitOperations.TrailingZeroCount(bits)] += step;
            }
        }
    }

    private void Unlink(int peer, byte edge)
    {
        int other = state.Neighbour((peer * state.DegreeMax) + edge);
        byte back = state.Back((peer * state.DegreeMax) + edge);
        books.EndLink(peer, other, state.Sent((peer * state.DegreeMax) + edge));
        books.EndLink(other, peer, state.Sent((other * state.DegreeMax) + back));
        RemoveEntry(peer, edge);
        RemoveEntry(other, back);
        Wake(other);
    }

    /// <summary>Removes an entry; the last one takes its place, wherever it is named.</summary>
    private void RemoveEntry(int peer, byte edge)
    {
        int slots = peer * state.SlotsMax;
        byte last = --state.Degree(peer);
        for (int slot = 0; slot < state.SlotsMax; slot++)
        {
            // What was on its way over the link is lost; the slot's event finds it idle and looks for something else.
            if (state.SlotEdge(slots + slot) == edge)
            {
                CancelUpload(slots + slot, peer);
            }
        }

        ulong unchoked = state.Unchoked(peer) & ~(1UL << edge);
        if (edge != last)
        {
            int from = (peer * state.DegreeMax) + last;
            int to = (peer * state.DegreeMax) + edge;
            state.MoveLink(from, to);
            strategic?.Move(from, to);
            state.Back((state.Neighbour(to) * state.DegreeMax) + state.Back(to)) = edge;
            unchoked |= ((unchoked >> last) & 1) << edge;
            for (int slot = 0; slot < state.SlotsMax; slot++)
            {
                if (state.SlotEdge(slots + slot) == last)
                {
                    state.SlotEdge(slots + slot) = edge;
                }
            }
        }

        state.Unchoked(peer) = unchoked & ~(1UL << last);
    }
}
