using System.Collections.Immutable;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Core.Splits;

/// <summary>How a donation to a creator is divided: among the payees that the manifest names, in proportion to their
/// shares.</summary>
/// <remarks>Nobody uploaded anything for it, so seeders, registry and hub have no part. Nothing is lost: what rounding
/// leaves goes by largest remainder, at most 1 msat each, ties to whom the manifest names first.</remarks>
public static class DonationSplit
{
    /// <summary>Divides an amount.</summary>
    /// <param name="shares">The named payees' shares, at least one; together at most 10,000 basis points.</param>
    /// <param name="amount">What was given.</param>
    /// <returns>Each payee's part, in the same order; together the amount.</returns>
    /// <exception cref="ArgumentException">There is no share.</exception>
    public static ImmutableArray<(Id128 Payee, Msat Part)> Divide(IReadOnlyList<PayeeShare> shares, Msat amount)
    {
        int total = shares.Sum(share => share.Share.Value);
        if (total == 0)
        {
            throw new ArgumentException("A donation is divided among at least one payee.", nameof(shares));
        }

        long[] parts = [.. shares.Select(share => (long)((Int128)amount.Value * share.Share.Value / total))];
        long rest = amount.Value - parts.Sum();
        foreach (int index in Enumerable.Range(0, shares.Count)
            .OrderByDescending(index => (int)((Int128)amount.Value * shares[index].Share.Value % total))
            .ThenBy(index => index)
            .Take((int)rest))
        {
            parts[index]++;
        }

        return [.. shares.Select((share, index) => (share.Payee, Msat.From(parts[index])))];
    }
}
