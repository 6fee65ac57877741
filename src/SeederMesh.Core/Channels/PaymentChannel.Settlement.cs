using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Core.Splits;

namespace SeederMesh.Core.Channels;

/// <content>Receipts: cheap checks, then signatures, then one settlement for each grant.</content>
public sealed partial class PaymentChannel
{
    /// <summary>Whether a run lies so far back that judging it takes the hash of an older receipt.</summary>
    /// <returns>The sequence to look up, or null.</returns>
    public long? HistoryNeededFor(ReceiptRun run) =>
        grants.TryGetValue(run.GrantId, out GrantAccount? account) && run.LastSequence < account.Chain.Sequence
            ? run.LastSequence
            : null;

    /// <summary>Makes the cheap checks on a report. Changes nothing.</summary>
    /// <param name="runs">The runs of this channel's grants.</param>
    /// <param name="reporter">Whose signed call brought them.</param>
    /// <param name="nowUnixMs">The hub's clock.</param>
    /// <param name="history">Answers for the sequences of <see cref="HistoryNeededFor"/>.</param>
    public ExaminedReport Examine(
        IReadOnlyList<ReceiptRun> runs, PublicKey reporter, long nowUnixMs, ReceiptHashLookup history)
    {
        var verdicts = new ReceiptVerdict[runs.Count];
        var chains = new Dictionary<Id128, ExaminedChain>();
        var claimed = new Dictionary<int, int>(Math.Min(runs.Sum(run => run.Entries.Length), ReceiptRun.EntriesMax));
        for (int index = 0; index < runs.Count; index++)
        {
            verdicts[index] = Examine(runs[index], index, reporter, nowUnixMs, history, chains, claimed);
        }

        return new ExaminedReport(verdicts, [.. chains.Values]);
    }

    /// <summary>Decides on a report whose signatures are verified. Changes nothing.</summary>
    /// <remarks>
    /// Nothing may have been applied to this channel since
    /// <see cref="Examine(IReadOnlyList{ReceiptRun}, PublicKey, long, ReceiptHashLookup)"/>.
    /// </remarks>
    public ReportDecision DecideSettlement(ExaminedReport report)
    {
        ImmutableArray<ReceiptVerdict> verdicts = report.Conclude();
        var settlements = ImmutableArray.CreateBuilder<Settlement>();
        Msat channelBefore = Settled;
        var seederBefore = new Dictionary<PublicKey, Msat>();
        foreach (ExaminedChain chain in report.AcceptedChains)
        {
            UploadReceipt tail = chain.AcceptedTail;
            Invariant.Require(chain.Account == grants[tail.GrantId], "a report is decided on the state it was examined on");
            PublicKey seeder = chain.Account.Grant.Seeder;
            Msat before = seederBefore.GetValueOrDefault(seeder, SettledBy(seeder));
            Msat amount = tail.CumulativeMsat.Less(chain.Account.Settled);
            settlements.Add(new Settlement(
                seeder,
                new ReceiptRun(tail.GrantId, chain.Account.Chain, chain.AcceptedEntries(), chain.AcceptedSignature),
                ReceiptChain.After(tail),
                tail.CumulativeBytes - chain.Account.Chain.CumulativeBytes,
                amount,
                split.Divide(channelBefore, before, amount)));
            channelBefore += amount;
            seederBefore[seeder] = before + amount;
        }

        return new ReportDecision(verdicts, settlements.ToImmutable());
    }

    /// <summary>Applies a settlement that is stored.</summary>
    public void Apply(Settlement settlement)
    {
        GrantAccount before = grants[settlement.GrantId];
        Invariant.Require(settlement.Receipts.Anchor == before.Chain, "a settlement continues its grant's chain");
        foreach (ref readonly ReceiptEntry entry in settlement.Receipts.Entries.AsSpan())
        {
            Invariant.Require(layout.TryGetPiece(entry.PieceIndex, out PieceGeometry piece), "a settled piece exists");
            pieces.Add(entry.PieceIndex, piece.Length, entry.PieceBytes);
        }

        Replace(before, before with { Chain = settlement.ChainAfter, Settled = before.Settled + settlement.Amount });
        Settled += settlement.Amount;
        ref Msat bySeeder = ref CollectionsMarshal.GetValueRefOrAddDefault(settledBySeeder, settlement.Seeder, out bool known);
        bySeeder += settlement.Amount;
        if (!known)
        {
            seeders.Add(settlement.Seeder);
        }
    }

    private ReceiptVerdict Examine(
        ReceiptRun run,
        int index,
        PublicKey reporter,
        long nowUnixMs,
        ReceiptHashLookup history,
        Dictionary<Id128, ExaminedChain> chains,
        Dictionary<int, int> claimed)
    {
        if (!grants.TryGetValue(run.GrantId, out GrantAccount? account))
        {
            return ReceiptVerdict.UnknownGrant;
        }

        if (account.Grant.Seeder != reporter)
        {
            return ReceiptVerdict.NotTheSeeder;
        }

        ReceiptChain chain = chains.TryGetValue(run.GrantId, out ExaminedChain? examined)
            ? examined.Provisional
            : account.Chain;
        if (run.LastSequence < account.Chain.Sequence)
        {
            return Walk(run, account.Grant, run.Entries.Length) is { } old && history(run.GrantId, run.LastSequence) == old.Hash
                ? ReceiptVerdict.Duplicate
                : ReceiptVerdict.Conflict;
        }

        if (run.LastSequence == account.Chain.Sequence)
        {
            return Walk(run, account.Grant, run.Entries.Length) == account.Chain
                ? ReceiptVerdict.Duplicate
                : ReceiptVerdict.Conflict;
        }

        if (examined is not null && run.LastSequence <= chain.Sequence)
        {
            examined.AddRepeat(index, run.LastSequence);
            return ReceiptVerdict.None;
        }

        if (run.Anchor.Sequence > chain.Sequence)
        {
            return IsOver(account, nowUnixMs) ?? ReceiptVerdict.SequenceGap;
        }

        int settledEntries = (int)(chain.Sequence - run.Anchor.Sequence);
        if (Walk(run, account.Grant, settledEntries) != chain)
        {
            return ReceiptVerdict.Conflict;
        }

        if (IsOver(account, nowUnixMs) is { } over)
        {
            return over;
        }

        ReadOnlySpan<ReceiptEntry> fresh = run.Entries.AsSpan()[settledEntries..];
        ReceiptVerdict refused = Check(fresh, account.Grant, chain, nowUnixMs, claimed, out UploadReceipt tail);
        if (refused == ReceiptVerdict.None)
        {
            examined ??= chains[run.GrantId] = new ExaminedChain(account);
            examined.Add(index, tail, run.TailSignature, fresh);
        }

        return refused;
    }

    /// <summary>Whether the time to report on a grant is over, and why.</summary>
    private ReceiptVerdict? IsOver(GrantAccount account, long nowUnixMs) => account switch
    {
        { IsClosed: true } => ReceiptVerdict.GrantClosed,
        _ when nowUnixMs > Terms.ExpiresUnixMs + limits.ReportGraceMs => ReceiptVerdict.GrantExpired,
        _ => null,
    };

    /// <summary>
    /// The chain after the first <paramref name="count"/> entries of a run; null when it names a piece that is not
    /// there.
    /// </summary>
    private ReceiptChain? Walk(ReceiptRun run, Grant grant, int count)
    {
        ReceiptChain chain = run.Anchor;
        foreach (ReceiptEntry entry in run.Entries.AsSpan()[..count])
        {
            if (!layout.TryGetPiece(entry.PieceIndex, out PieceGeometry piece) || !CanPrice(grant, chain, entry))
            {
                return null;
            }

            chain = ReceiptChain.After(chain.Next(grant.GrantId, grant.Price, entry, piece.Root));
        }

        return chain;
    }

    /// <summary>Checks receipts that would be settled, and notes what they claim of each piece only if all of them
    /// pass.</summary>
    private ReceiptVerdict Check(
        ReadOnlySpan<ReceiptEntry> fresh,
        Grant grant,
        ReceiptChain chain,
        long nowUnixMs,
        Dictionary<int, int> claimed,
        out UploadReceipt tail)
    {
        tail = default;
        ReceiptVerdict refused = ReceiptVerdict.None;
        int count = 0;
        foreach (ref readonly ReceiptEntry entry in fresh)
        {
            // One look-up for each piece: what is claimed of it so far is read here and raised below.
            ref int claim = ref CollectionsMarshal.GetValueRefOrAddDefault(claimed, entry.PieceIndex, out _);
            refused = CheckOne(entry, grant, chain, nowUnixMs, claim, out PieceGeometry piece);
            if (refused != ReceiptVerdict.None)
            {
                break;
            }

            claim += entry.PieceBytes;
            tail = chain.Next(grant.GrantId, grant.Price, entry, piece.Root);
            chain = ReceiptChain.After(tail);
            count++;
        }

        if (refused != ReceiptVerdict.None)
        {
            foreach (ReceiptEntry entry in fresh[..count])
            {
                claimed[entry.PieceIndex] -= entry.PieceBytes;
            }
        }

        return refused;
    }

    private ReceiptVerdict CheckOne(
        in ReceiptEntry entry,
        Grant grant,
        in ReceiptChain chain,
        long nowUnixMs,
        int claimed,
        out PieceGeometry piece)
    {
        bool exists = layout.TryGetPiece(entry.PieceIndex, out piece);
        return entry switch
        {
            _ when entry.UnixMs > grant.ExpiresUnixMs => ReceiptVerdict.GrantExpired,
            _ when entry.UnixMs > nowUnixMs + limits.ClockSkewMs => ReceiptVerdict.TimeInFuture,
            _ when !exists => ReceiptVerdict.UnknownPiece,
            _ when entry.PieceBytes > (long)piece.Length - pieces.PaidBytes(entry.PieceIndex, piece.Length) - claimed
                => ReceiptVerdict.PieceOverclaimed,
            _ when !CanPrice(grant, chain, entry)
                || grant.Price.Of(chain.CumulativeBytes + entry.PieceBytes) > grant.Limit => ReceiptVerdict.ExceedsGrant,
            _ => ReceiptVerdict.None,
        };
    }

    /// <summary>Whether the totals after an entry stay inside their range, whatever the report claims.</summary>
    private static bool CanPrice(Grant grant, in ReceiptChain chain, in ReceiptEntry entry) =>
        chain.CumulativeBytes <= long.MaxValue - entry.PieceBytes
        && grant.Price.TryOf(chain.CumulativeBytes + entry.PieceBytes, out _);
}
