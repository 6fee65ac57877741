using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SeederMesh.Grains.Feed;

namespace SeederMesh.Hub.Api;

/// <summary>Server-sent events: what happens, and once a second the totals. A slow reader loses events.</summary>
internal sealed class EventStream(HubFeed feed, StatusReader status, TimeProvider clock)
{
    private static readonly TimeSpan StatusPeriod = TimeSpan.FromSeconds(1);

    /// <summary>Writes events until the reader goes away.</summary>
    public async Task ServeAsync(HttpContext http)
    {
        using HubWatch watch = feed.Watch()
            ?? throw new ProblemException(429, "too-many-requests", "Too many watchers", $"At most {HubFeed.WatchersMax} watch at once.");
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        CancellationToken gone = http.RequestAborted;
        try
        {
            using var timer = new PeriodicTimer(StatusPeriod, clock);
            await WriteAsync(http, "status", await status.ReadAsync(gone), gone);
            Task<bool> tick = timer.WaitForNextTickAsync(gone).AsTask();
            Task<bool> next = watch.Events.WaitToReadAsync(gone).AsTask();
            while (true)
            {
                Task<bool> first = await Task.WhenAny(tick, next);
                if (first == tick)
                {
                    await tick;
                    await WriteAsync(http, "status", await status.ReadAsync(gone), gone);
                    tick = timer.WaitForNextTickAsync(gone).AsTask();
                    continue;
                }

                await next;
                while (watch.Events.TryRead(out HubEvent? happened))
                {
                    (string name, object body) = Describe(happened);
                    await WriteAsync(http, name, body, gone);
                }

                next = watch.Events.WaitToReadAsync(gone).AsTask();
            }
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // The reader went away, or the hub stops.
        }
    }

    private static (string Name, object Body) Describe(HubEvent happened) => happened switch
    {
        ChannelFunded funded => ("funding", new { funded.ChannelId, AmountMsat = Fields.Text(funded.AmountMsat) }),
        ChannelChanged changed => ("channel", new { changed.ChannelId, changed.State }),
        GrantGiven grant => ("grant", new { grant.ChannelId, grant.GrantId, grant.SeederKey, LimitMsat = Fields.Text(grant.LimitMsat) }),
        ReceiptsSettled settled => ("settlement", new
        {
            settled.ChannelId,
            settled.Infohash,
            settled.SeederKey,
            settled.Bytes,
            settled.Receipts,
            AmountMsat = Fields.Text(settled.AmountMsat),
        }),
        PayoutChanged payout => ("payout", PayoutAnswer.Of(payout.Payout)),
        DirectPaymentChanged direct => ("payout", PayoutAnswer.Of(direct.Payment)),
        _ => throw new InvalidOperationException($"No name for {happened.GetType().Name}."),
    };

    private static async Task WriteAsync(HttpContext http, string name, object body, CancellationToken gone)
    {
        string json = JsonSerializer.Serialize(body, body.GetType(), SignedCall.Json);
        await http.Response.WriteAsync($"event: {name}\ndata: {json}\n\n", gone);
        await http.Response.Body.FlushAsync(gone);
    }
}
