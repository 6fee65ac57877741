using System.Collections.Immutable;
using SeederMesh.Core.Money;

namespace SeederMesh.Core.Payouts;

/// <summary>What a direct channel owes one payee.</summary>
/// <param name="Due">Due, and under no invoice yet.</param>
/// <param name="Least">Less than this is not worth the route there, as whoever pays has found.</param>
/// <param name="Pressing">From here on the payee itself trusts no further; <see cref="Msat.Max"/> where only the channel's
/// window counts.</param>
public readonly record struct DueAmount(Msat Due, Msat Least, Msat Pressing);

/// <summary>Which dues of a direct channel are worth payments of its downloader's now.</summary>
/// <remarks>
/// Each payment costs a route, so a due waits until it is a 32nd of what is trusted, and so much that its route costs at
/// most a hundredth of it. But nothing waits while it keeps the downloader from being trusted further: from a quarter of
/// the window on, the largest are paid until a sixteenth is left. Payments so grow with trust, and their number with the
/// logarithm of what is downloaded, then with it by the 32nd of the largest window.
/// </remarks>
public static class DueChoice
{
    private const int WorthDivisor = 32;
    private const int PressureDivisor = 4;
    private const int LeftDivisor = 16;

    /// <summary>Chooses.</summary>
    /// <param name="dues">What is due to each payee.</param>
    /// <param name="unpaid">What is due to all together and not proved, under invoices or not.</param>
    /// <param name="window">What may be due or granted without proof.</param>
    /// <param name="threshold">Less than this is not worth a payment.</param>
    /// <param name="isEnding">Whether nothing more will be earned: then everything is paid.</param>
    /// <returns>Indexes of <paramref name="dues"/>, the largest due first.</returns>
    public static ImmutableArray<int> Choose(
        IReadOnlyList<DueAmount> dues, Msat unpaid, Msat window, Msat threshold, bool isEnding)
    {
        int[] largestFirst =
            [.. Enumerable.Range(0, dues.Count).Where(index => !dues[index].Due.IsZero).OrderByDescending(index => dues[index].Due)];
        long left = largestFirst.Sum(index => dues[index].Due.Value);
        bool isPressed = unpaid.Value >= window.Value / PressureDivisor;
        var chosen = ImmutableArray.CreateBuilder<int>();
        foreach (int index in largestFirst)
        {
            DueAmount due = dues[index];
            bool isWorth = due.Due >= threshold && due.Due >= due.Least && due.Due.Value >= window.Value / WorthDivisor;
            if (isEnding || isWorth || due.Due >= due.Pressing || (isPressed && left > window.Value / LeftDivisor))
            {
                chosen.Add(index);
                left -= due.Due.Value;
            }
        }

        return chosen.ToImmutable();
    }
}
