using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Orleans;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Receipts;
using SeederMesh.Grains.Channels;
using SeederMesh.Ledger;

namespace SeederMesh.Hub.Api;

/// <summary>What the hub says to one run of a report.</summary>
/// <remarks>The verdict "notJudged": the channel could not be asked now; report the run again.</remarks>
public sealed record RunVerdict(string GrantId, long FirstSequence, long LastSequence, string Verdict, long SettledSequence);

/// <summary>The answer to a report: one verdict a run, in the report's order.</summary>
public sealed record ReportAnswer(IReadOnlyList<RunVerdict> Verdicts, int Accepted, string SettledMsat, long SettledBytes);

/// <summary>Reports of receipts: divided by channel, settled by the channels side by side, answered in order.</summary>
internal sealed class ReceiptEndpoints(IGrainFactory grains, LedgerStore ledger, ILogger<ReceiptEndpoints> log)
{
    /// <summary>Grants whose channel is remembered; they are looked up again when forgotten.</summary>
    private const int RememberedMax = 200_000;

    private static readonly ImmutableArray<string> VerdictNames =
        [.. Enum.GetNames<ReceiptVerdict>().Select(System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName)];

    private readonly ConcurrentDictionary<Id128, Id128> channelByGrant = new();

    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/receipts", (Delegate)ReportAsync).WithTags("Receipts")
            .Accepts<byte[]>(ReceiptRunCodec.MediaType).Produces<ReportAnswer>()
            .WithSummary("Receipts of any channels; signed by the seeder. What is accepted is durable.");

    private async Task<IResult> ReportAsync(HttpContext http)
    {
        if (!string.Equals(http.Request.ContentType, ReceiptRunCodec.MediaType, StringComparison.OrdinalIgnoreCase))
        {
            throw new ProblemException(
                415, "unsupported-media-type", "Another media type is needed", $"Send {ReceiptRunCodec.MediaType}.");
        }

        SignedCall call = await SignedCall.ReadAsync(http, ReceiptRunCodec.ReportBytesMax);
        return ReceiptRunCodec.TryReadReport(call.Body, out ImmutableArray<ReceiptRun> runs, out string error)
            ? Results.Json(await SettleAsync(call, runs), SignedCall.Json)
            : throw ProblemException.Malformed(error);
    }

    private async Task<ReportAnswer> SettleAsync(SignedCall call, ImmutableArray<ReceiptRun> runs)
    {
        var byChannel = new Dictionary<Id128, List<int>>();
        for (int index = 0; index < runs.Length; index++)
        {
            if (await FindChannelAsync(runs[index].GrantId) is { } channel)
            {
                if (!byChannel.TryGetValue(channel, out List<int>? indices))
                {
                    byChannel.Add(channel, indices = []);
                }

                indices.Add(index);
            }
        }

        var verdicts = new RunVerdict[runs.Length];
        byte[] reporter = call.Caller.ToArray();
        var replies = new List<ReportReply>();
        var settling = byChannel.Select(entry => (Reply: ReportToAsync(entry.Key, entry.Value), Indices: entry.Value)).ToList();
        await WhenAnyCouldJudgeAsync([.. settling.Select(channel => channel.Reply)]);
        foreach ((Task<ReportReply> judging, List<int> indices) in settling)
        {
            if (!judging.IsCompletedSuccessfully)
            {
                // The other channels' receipts are settled: only these are to be reported again.
                log.LogWarning(judging.Exception, "A channel could not settle a report; the seeder is asked to repeat it");
                indices.ForEach(index => verdicts[index] = NotJudged(runs[index]));
                continue;
            }

            ReportReply reply = await judging;
            replies.Add(reply);
            for (int index = 0; index < indices.Count; index++)
            {
                verdicts[indices[index]] = ToVerdict(runs[indices[index]], reply.Verdicts[index], reply.SettledSequences[index]);
            }
        }

        for (int index = 0; index < runs.Length; index++)
        {
            verdicts[index] ??= ToVerdict(runs[index], (byte)ReceiptVerdict.UnknownGrant, 0);
        }

        return new ReportAnswer(
            verdicts,
            replies.Sum(reply => reply.Verdicts.Count(verdict => verdict == (byte)ReceiptVerdict.Accepted)),
            Fields.Text(replies.Sum(reply => reply.SettledMsat)),
            replies.Sum(reply => reply.SettledBytes));

        Task<ReportReply> ReportToAsync(Id128 channel, List<int> indices)
        {
            // A report on one channel is passed on as it came.
            byte[] report = byChannel.Count == 1 && indices.Count == runs.Length
                ? call.Body
                : ReceiptRunCodec.WriteReport([.. indices.Select(index => runs[index])]);
            return grains.GetGrain<IPaymentChannelGrain>(channel.ToString())
                .ReportAsync(new ReportCommand { Reporter = reporter, Report = report });
        }
    }

    /// <summary>Waits for all; one channel that fails does not void the others, but where every one fails the call
    /// does.</summary>
    private static async Task WhenAnyCouldJudgeAsync(IReadOnlyList<Task<ReportReply>> judging)
    {
        Task<ReportReply[]> all = Task.WhenAll(judging);
        try
        {
            await all;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException && judging.Any(one => one.IsCompletedSuccessfully))
        {
            // Each one is answered for itself.
        }
    }

    private static RunVerdict NotJudged(ReceiptRun run) => new(
        run.GrantId.ToString(), run.FirstSequence, run.LastSequence, "notJudged", 0);

    private static RunVerdict ToVerdict(ReceiptRun run, byte verdict, long settledSequence) => new(
        run.GrantId.ToString(), run.FirstSequence, run.LastSequence, VerdictNames[verdict], settledSequence);

    private async ValueTask<Id128?> FindChannelAsync(Id128 grantId)
    {
        if (channelByGrant.TryGetValue(grantId, out Id128 channel))
        {
            return channel;
        }

        if (await ledger.Reader.FindGrantAsync(grantId) is not { } grant)
        {
            return null;
        }

        if (channelByGrant.Count >= RememberedMax)
        {
            channelByGrant.Clear();
        }

        channelByGrant[grantId] = grant.ChannelId;
        return grant.ChannelId;
    }
}
