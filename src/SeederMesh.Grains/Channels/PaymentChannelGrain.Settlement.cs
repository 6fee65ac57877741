using System.Collections.Immutable;
using SeederMesh.Core;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Grains.Feed;
using SeederMesh.Grains.Manifests;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Grains.Channels;

/// <content>Reports: cheap checks, signatures on other threads, one posting, then the state.</content>
public sealed partial class PaymentChannelGrain
{
    /// <summary>Evidence that is kept for one grant: enough to prove a conflict, not enough to fill a disk.</summary>
    private const int EvidenceMax = 16;

    /// <inheritdoc/>
    public async Task<ReportReply> ReportAsync(ReportCommand command)
    {
        if (!ReceiptRunCodec.TryReadReport(command.Report, out ImmutableArray<ReceiptRun> runs, out string error))
        {
            throw new ArgumentException(error, nameof(command));
        }

        if (state is null)
        {
            return Refuse(runs.Length);
        }

        long now = NowUnixMs;
        Dictionary<(Id128 Grant, long Sequence), Digest> history = await LoadHistoryAsync(runs);
        ExaminedReport examined = state.Channel.Examine(
            runs,
            new PublicKey(command.Reporter),
            now,
            (grant, sequence) => history.TryGetValue((grant, sequence), out Digest hash) ? hash : null);

        // Verifying takes most of the time: other threads do it, so that no thread of the runtime is held. The turn
        // stays this one's.
        if (examined.PendingRuns > 0)
        {
            await Task.Run(examined.VerifySignatures);
        }

        ReportDecision decision = state.Channel.DecideSettlement(examined);
        await StoreSettlementsAsync(decision.Settlements, now);
        await KeepEvidenceAsync(runs, decision.Verdicts, now);
        return new ReportReply
        {
            Verdicts = [.. decision.Verdicts.Select(verdict => (byte)verdict)],
            SettledSequences = [.. runs.Select(run => state.Channel.FindGrant(run.GrantId)?.Chain.Sequence ?? 0)],
            SettledMsat = decision.Settlements.Sum(settlement => settlement.Amount.Value),
            SettledBytes = decision.Settlements.Sum(settlement => settlement.Bytes),
        };
    }

    private static ReportReply Refuse(int count)
    {
        byte[] verdicts = new byte[count];
        Array.Fill(verdicts, (byte)ReceiptVerdict.UnknownGrant);
        return new ReportReply { Verdicts = verdicts, SettledSequences = new long[count] };
    }

    private async Task StoreSettlementsAsync(ImmutableArray<Settlement> settlements, long now)
    {
        // One posting, unless a split with many payees meets a report on many grants: then as many as fit at a time.
        int size = Math.Max(1, (Posting.MaxParts / ChannelPostings.TransfersMaxFor(state!.Manifest.Split)) - 1);
        foreach (Settlement[] chunk in settlements.Chunk(size))
        {
            ChannelRecord record = state.Record with
            {
                Settled = chunk.Aggregate(state.Record.Settled, (sum, settlement) => sum + settlement.Amount),
                Revision = state.Record.Revision + 1,
            };
            GrantRecord[] grants = [.. chunk.Select(After)];
            await StoreAndNoteAsync(ChannelPostings.Settle(record, grants, chunk, state.Manifest, now), () => NoteEarnings(chunk));
            state.Record = record;
            for (int index = 0; index < chunk.Length; index++)
            {
                state.Channel.Apply(chunk[index]);
                state.Grants[grants[index].Id] = grants[index];
                Announce(chunk[index]);
            }

            RingIfDirect();
        }
    }

    private GrantRecord After(Settlement settlement)
    {
        GrantRecord before = state!.Grants[settlement.GrantId];
        return before with
        {
            LastSequence = settlement.ChainAfter.Sequence,
            SettledBytes = settlement.ChainAfter.CumulativeBytes,
            Settled = before.Settled + settlement.Amount,
            LastReceiptHash = settlement.ChainAfter.Hash,
            Revision = before.Revision + 1,
        };
    }

    private void Announce(Settlement settlement)
    {
        if (feed.IsWatched)
        {
            feed.Publish(new ReceiptsSettled(
                channelId.ToString(),
                state!.Record.Infohash.ToString(),
                settlement.Seeder.ToString(),
                settlement.Bytes,
                settlement.Receipts.Entries.Length,
                settlement.Amount.Value));
        }
    }

    private void NoteEarnings(Settlement[] settlements)
    {
        foreach (Settlement settlement in settlements)
        {
            NotePayees(PayeeRecord.IdOfSeeder(settlement.Seeder));
        }
    }

    private void NotePayees(Id128 seederPayee)
    {
        if (state!.Record.Mode == ChannelMode.Direct)
        {
            // Nothing of it is the hub's to pay out.
            return;
        }

        payouts.NotePayee(seederPayee);
        foreach (Core.Splits.PayeeShare payee in state.Manifest.Split.Payees)
        {
            payouts.NotePayee(payee.Payee);
        }
    }

    /// <summary>The hashes of older receipts that the report's runs are compared with: at most one settlement is read
    /// for each.</summary>
    private async Task<Dictionary<(Id128 Grant, long Sequence), Digest>> LoadHistoryAsync(ImmutableArray<ReceiptRun> runs)
    {
        var hashes = new Dictionary<(Id128 Grant, long Sequence), Digest>();
        foreach (ReceiptRun run in runs)
        {
            if (state!.Channel.HistoryNeededFor(run) is { } sequence && !hashes.ContainsKey((run.GrantId, sequence)))
            {
                ReceiptRun settled = await FindSettledRunAsync(run.GrantId, sequence);
                ReceiptChain chain = state.Walk(settled, sequence);
                hashes[(run.GrantId, sequence)] = chain.Hash;
            }
        }

        return hashes;
    }

    private async Task<ReceiptRun> FindSettledRunAsync(Id128 grantId, long sequence)
    {
        SettlementRecord? record = await Ledger.Reader.FindSettlementOfAsync(grantId, sequence);
        Invariant.Require(record is not null, "a settled receipt has a settlement");
        Invariant.Require(ReceiptRunCodec.TryRead(record.Receipts, default, out ReceiptRun? run, out _), "a stored run can be read");
        return run!;
    }

    /// <summary>Keeps what contradicts settled receipts, when the downloader signed it: two such signatures prove who
    /// lied.</summary>
    /// <remarks>A conflict with a run of the same report whose signature is bad contradicts nothing settled, and proves
    /// nothing.</remarks>
    private async Task KeepEvidenceAsync(ImmutableArray<ReceiptRun> runs, ImmutableArray<ReceiptVerdict> verdicts, long now)
    {
        for (int index = 0; index < runs.Length; index++)
        {
            ReceiptRun run = runs[index];
            if (verdicts[index] != ReceiptVerdict.Conflict || !state!.IsSigned(run))
            {
                continue;
            }

            long sequence = Math.Min(run.LastSequence, state.Channel.FindGrant(run.GrantId)!.Chain.Sequence);
            if (sequence == 0 || run.Anchor.Sequence > sequence)
            {
                continue;
            }

            ReceiptRun settled = await FindSettledRunAsync(run.GrantId, sequence);
            if (state.Walk(settled, sequence) == state.Walk(run, sequence))
            {
                continue;
            }

            IReadOnlyList<EvidenceRecord> kept = await Ledger.Reader.ListEvidenceAsync(run.GrantId);
            byte[] contradicting = ReceiptRunCodec.Write(run, anchored: true);
            Id128 id = Id128.Derive("evidence", Digest.Of(contradicting).Span);
            if (kept.Count < EvidenceMax && kept.All(evidence => evidence.Id != id))
            {
                await StoreAsync(new Posting
                {
                    Id = default,
                    Records =
                    [
                        new EvidenceRecord
                        {
                            Id = id,
                            GrantId = run.GrantId,
                            Reason = nameof(ReceiptVerdict.Conflict),
                            First = ReceiptRunCodec.Write(settled, anchored: true),
                            Second = contradicting,
                            ObservedUnixMs = now,
                        },
                    ],
                });
            }
        }
    }
}
