using System.Collections.Immutable;
using SeederMesh.Core.Receipts;

namespace SeederMesh.Client;

/// <summary>Runs as they are reported.</summary>
/// <remarks>Consecutive ones of a grant go under the newest signature, so that the hub verifies one instead of
/// many.</remarks>
internal static class ReportPlan
{
    /// <summary>More than this go into the next report: about 2 MiB.</summary>
    private const int EntriesMax = 200_000;

    /// <summary>Joins what can be joined.</summary>
    /// <param name="runs">Oldest first within each grant, the runs of a grant together.</param>
    /// <param name="single">Grants whose runs are to stay apart, because the hub refused a joined one.</param>
    public static List<ReceiptRun> Join(IReadOnlyList<ReceiptRun> runs, IReadOnlySet<Core.Identity.Id128> single)
    {
        var joined = new List<ReceiptRun>();
        int entries = 0;
        for (int first = 0; first < runs.Count && entries < EntriesMax;)
        {
            int end = first + 1;
            int count = runs[first].Entries.Length;
            while (end < runs.Count
                && !single.Contains(runs[first].GrantId)
                && runs[end].GrantId == runs[first].GrantId
                && runs[end].Anchor.Sequence == runs[end - 1].LastSequence
                && count + runs[end].Entries.Length <= ReceiptRun.EntriesMax)
            {
                count += runs[end++].Entries.Length;
            }

            var all = ImmutableArray.CreateBuilder<ReceiptEntry>(count);
            for (int index = first; index < end; index++)
            {
                all.AddRange(runs[index].Entries);
            }

            joined.Add(runs[first] with { Entries = all.MoveToImmutable(), TailSignature = runs[end - 1].TailSignature });
            entries += count;
            first = end;
        }

        return joined;
    }
}
