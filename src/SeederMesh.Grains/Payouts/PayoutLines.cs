using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Grains.Payouts;

/// <summary>Says what a payment pays for: what was earned first is paid first, so every millisatoshi paid belongs to
/// one settlement.</summary>
/// <param name="reader">The ledger.</param>
/// <param name="account">The payee's account.</param>
/// <param name="paidBefore">What it was paid before: so much of its earnings is passed over.</param>
internal sealed class PayoutLines(LedgerReader reader, Id128 account, Msat paidBefore)
{
    /// <summary>Settlements that are named one by one; beyond, a payment is summed up by manifest.</summary>
    public const int LinesMax = 512;

    private long doneSequence;
    private Msat takenOfNext;
    private Msat toSkip = paidBefore;

    /// <summary>The lines of a payment that was made. Passes on to what is earned next.</summary>
    public async Task<IReadOnlyList<PayoutLineRecord>> TakeAsync(Id128 payoutId, Msat amount)
    {
        await SkipAsync(toSkip);
        toSkip = Msat.Zero;
        var lines = new List<(Id128 Settlement, Digest Manifest, Msat Amount)>();
        await WalkAsync(amount, (credit, taken) =>
        {
            if (credit.ManifestDigest is { } manifest)
            {
                Add(lines, credit.SettlementId, manifest, taken);
            }
        });
        return
        [
            .. lines.Select((line, index) => new PayoutLineRecord
            {
                PayoutId = payoutId,
                Line = index + 1,
                SettlementId = line.Settlement,
                ManifestDigest = line.Manifest,
                Amount = line.Amount,
            }),
        ];
    }

    /// <summary>Passes over earnings that went elsewhere: the routing fee that a payee bore.</summary>
    public Task SkipAsync(Msat amount) => WalkAsync(amount, static (_, _) => { });

    private static void Add(List<(Id128 Settlement, Digest Manifest, Msat Amount)> lines, Id128 settlement, Digest manifest, Msat amount)
    {
        int same = lines.FindIndex(line => line.Manifest == manifest && (line.Settlement == settlement || lines.Count >= LinesMax));
        if (same >= 0)
        {
            lines[same] = lines[same] with { Amount = lines[same].Amount + amount };
            return;
        }

        lines.Add((settlement, manifest, amount));
        if (lines.Count == LinesMax)
        {
            (Id128, Digest, Msat)[] summed =
            [
                .. lines.GroupBy(line => line.Manifest)
                    .Select(group => (default(Id128), group.Key, group.Aggregate(Msat.Zero, (sum, line) => sum + line.Amount))),
            ];
            lines.Clear();
            lines.AddRange(summed);
        }
    }

    private async Task WalkAsync(Msat amount, Action<EarnedCredit, Msat> take)
    {
        Msat rest = amount;
        while (!rest.IsZero)
        {
            IReadOnlyList<EarnedCredit> page = await reader.ListEarnedCreditsAsync(account, doneSequence);
            Core.Invariant.Require(page.Count > 0, "no more is paid than was earned");
            foreach (EarnedCredit credit in page)
            {
                Msat left = credit.Amount.Less(takenOfNext);
                Msat taken = Msat.Min(left, rest);
                rest = rest.Less(taken);
                if (!taken.IsZero)
                {
                    take(credit, taken);
                }

                if (taken != left)
                {
                    takenOfNext += taken;
                    return;
                }

                (doneSequence, takenOfNext) = (credit.Sequence, Msat.Zero);
                if (rest.IsZero)
                {
                    return;
                }
            }
        }
    }
}
