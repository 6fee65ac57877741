using System.Collections.Immutable;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Core.Splits;

/// <summary>One named receiver of a split and its share.</summary>
/// <param name="Payee">Whom the ledger owes.</param>
/// <param name="Share">How much of every settlement.</param>
public readonly record struct PayeeShare(Id128 Payee, BasisPoints Share);

/// <summary>How each settlement is divided: the split of a signed manifest, with its roles.</summary>
/// <remarks>
/// <para>
/// Shares are cumulative: after a channel has settled T in all, a payee has been allocated floor(T x share), whatever
/// the
/// steps were; a seeder floor(S x share) of the S that its own receipts settled. What rounding leaves is the carry. So
/// nothing is lost
/// (allocated + carry = T), nobody is more than 1 msat from the exact share, and allocations never go backwards
/// (DESIGN section 6, rule 5).
/// </para>
/// <para>Thread safe: immutable.</para>
/// </remarks>
public sealed class SplitPolicy
{
    /// <summary>At most so many named payees in one split.</summary>
    public const int PayeesMax = 64;

    /// <summary>Makes a split. The shares must add up to 10,000 basis points.</summary>
    /// <param name="payees">Creators and whoever else the manifest names; none twice.</param>
    /// <param name="seeders">Share of the seeder whose receipts are settled.</param>
    /// <param name="registry">Share of the registry that keeps the manifest.</param>
    /// <param name="hub">Share of the hub that settles.</param>
    /// <exception cref="ArgumentException">The shares do not add up, a payee stands twice, or there are too
    /// many.</exception>
    public SplitPolicy(ImmutableArray<PayeeShare> payees, BasisPoints seeders, BasisPoints registry, BasisPoints hub)
    {
        int sum = payees.Sum(payee => payee.Share.Value) + seeders.Value + registry.Value + hub.Value;
        if (sum != BasisPoints.Whole)
        {
            throw new ArgumentException($"The shares add up to {sum} basis points, not {BasisPoints.Whole}.", nameof(payees));
        }

        if (payees.Length > PayeesMax || payees.DistinctBy(payee => payee.Payee).Count() != payees.Length)
        {
            throw new ArgumentException($"A split names at most {PayeesMax} payees, each once.", nameof(payees));
        }

        (Payees, Seeders, Registry, Hub) = (payees, seeders, registry, hub);
    }

    /// <summary>The named payees, in the manifest's order.</summary>
    public ImmutableArray<PayeeShare> Payees { get; }

    /// <summary>Share of the seeder whose receipts are settled.</summary>
    public BasisPoints Seeders { get; }

    /// <summary>Share of the registry.</summary>
    public BasisPoints Registry { get; }

    /// <summary>Share of the hub.</summary>
    public BasisPoints Hub { get; }

    /// <summary>Divides one more settled amount.</summary>
    /// <param name="channelBefore">What the channel had settled before, over all its seeders.</param>
    /// <param name="seederBefore">What this seeder's receipts had settled before, in this channel.</param>
    /// <param name="amount">What is settled now.</param>
    /// <returns>What each receiver is allocated now. The legs may exceed the amount: then they draw on the
    /// carry.</returns>
    /// <exception cref="OverflowException">A total leaves the range of money.</exception>
    public SplitLegs Divide(Msat channelBefore, Msat seederBefore, Msat amount)
    {
        Msat channelAfter = channelBefore + amount;
        var payees = ImmutableArray.CreateBuilder<Msat>(Payees.Length);
        foreach (PayeeShare payee in Payees)
        {
            payees.Add(Step(payee.Share, channelBefore, channelAfter));
        }

        return new SplitLegs(
            payees.MoveToImmutable(),
            Step(Seeders, seederBefore, seederBefore + amount),
            Step(Registry, channelBefore, channelAfter),
            Step(Hub, channelBefore, channelAfter));
    }

    /// <summary>Hands out the carry when a channel closes: by largest remainder, at most 1 msat each.</summary>
    /// <param name="settled">What the channel settled in all.</param>
    /// <param name="seeders">What each seeder's receipts settled, in a stable order; together the same.</param>
    /// <returns>The last legs; the seeders' stand in the order given.</returns>
    public ClosingLegs Close(Msat settled, ReadOnlySpan<Msat> seeders)
    {
        var payees = new Msat[Payees.Length];
        var seederLegs = new Msat[seeders.Length];
        var remainders = new List<(int Remainder, int Receiver)>(Payees.Length + seeders.Length + 2);
        Msat allocated = Registry.Of(settled) + Hub.Of(settled);
        Msat seedersTotal = Msat.Zero;

        // Receivers are numbered: payees, seeders, registry, hub. Ties go to the lower number, so every replay agrees.
        for (int index = 0; index < Payees.Length; index++)
        {
            allocated += Payees[index].Share.Of(settled);
            remainders.Add((Payees[index].Share.RemainderOf(settled), index));
        }

        for (int index = 0; index < seeders.Length; index++)
        {
            allocated += Seeders.Of(seeders[index]);
            seedersTotal += seeders[index];
            remainders.Add((Seeders.RemainderOf(seeders[index]), Payees.Length + index));
        }

        Invariant.Require(seedersTotal == settled, "what the seeders' receipts settled is what the channel settled");
        int registryNumber = Payees.Length + seeders.Length;
        remainders.Add((Registry.RemainderOf(settled), registryNumber));
        remainders.Add((Hub.RemainderOf(settled), registryNumber + 1));

        long carry = settled.Less(allocated).Value;
        Msat registry = Msat.Zero;
        Msat hub = Msat.Zero;
        foreach ((int remainder, int receiver) in remainders
            .OrderByDescending(entry => entry.Remainder)
            .ThenBy(entry => entry.Receiver)
            .Take((int)carry))
        {
            Invariant.Require(remainder > 0, "the carry is made of remainders");
            Msat one = Msat.From(1);
            if (receiver < Payees.Length)
            {
                payees[receiver] = one;
            }
            else if (receiver < registryNumber)
            {
                seederLegs[receiver - Payees.Length] = one;
            }
            else if (receiver == registryNumber)
            {
                registry = one;
            }
            else
            {
                hub = one;
            }
        }

        return new ClosingLegs([.. payees], [.. seederLegs], registry, hub);
    }

    private static Msat Step(BasisPoints share, Msat before, Msat after) => share.Of(after).Less(share.Of(before));
}

/// <summary>What one settlement allocates to each receiver.</summary>
/// <param name="Payees">To the named payees, in the order of <see cref="SplitPolicy.Payees"/>.</param>
/// <param name="Seeder">To the seeder whose receipts are settled.</param>
/// <param name="Registry">To the registry.</param>
/// <param name="Hub">To the hub.</param>
public sealed record SplitLegs(ImmutableArray<Msat> Payees, Msat Seeder, Msat Registry, Msat Hub)
{
    /// <summary>All legs together.</summary>
    public Msat Sum() => Payees.Aggregate(Seeder + Registry + Hub, (sum, leg) => sum + leg);
}

/// <summary>The last legs of a channel: its carry, handed out.</summary>
/// <param name="Payees">To the named payees, in the order of <see cref="SplitPolicy.Payees"/>.</param>
/// <param name="Seeders">To the channel's seeders, in the order given.</param>
/// <param name="Registry">To the registry.</param>
/// <param name="Hub">To the hub.</param>
public sealed record ClosingLegs(ImmutableArray<Msat> Payees, ImmutableArray<Msat> Seeders, Msat Registry, Msat Hub)
{
    /// <summary>All legs together: the carry.</summary>
    public Msat Sum() => Payees.Concat(Seeders).Aggregate(Registry + Hub, (sum, leg) => sum + leg);
}
