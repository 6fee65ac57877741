using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Receipts;
using SeederMesh.Grains.Channels;
using SeederMesh.Ledger;

namespace SeederMesh.Hub.Api;

/// <summary>What the hub says to one run of a report.</summary>
public sealed record RunVerdict(string GrantId, long FirstSequence, long LastSequence, string Verdict, long SettledSequence);

/// <summary>The answer to a report: one verdict a run, in the report's order.</summary>
public sealed record ReportAnswer(IReadOnlyList<RunVerdict> Verdicts, int Accepted, string SettledMsat, long SettledBytes);

/// <summary>Reports of receipts: divided by channel, settled by the channels side by side, answered in order.</summary>
internal sealed class ReceiptEndpoints(IGrainFactory grains, LedgerStore ledger)
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
        (ReportReply Reply, List<int> Indices)[] replies = await Task.WhenAll(byChannel.Select(async entry =>
        {
            // A report on one channel is passed on as it came.
            byte[] report = byChannel.Count == 1 && entry.Value.Count == runs.Length
                ? call.Body
                : ReceiptRunCodec.WriteReport([.. entry.Value.Select(index => runs[index])]);
            ReportReply reply = await grains.GetGrain<IPaymentChannelGrain>(entry.Key.ToString())
                .ReportAsync(new ReportCommand { Reporter = reporter, Report = report });
            return (reply, entry.Value);
        }));
        foreach ((ReportReply reply, List<int> indices) in replies)
        {
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
            replies.Sum(entry => entry.Reply.Verdicts.Count(verdict => verdict == (byte)ReceiptVerdict.Accepted)),
            Fields.Text(replies.Sum(entry => entry.Reply.SettledMsat)),
            replies.Sum(entry => entry.Reply.SettledBytes));
    }

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
