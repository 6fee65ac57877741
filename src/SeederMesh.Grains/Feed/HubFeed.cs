using System.Collections.Immutable;
using System.Threading.Channels;

namespace SeederMesh.Grains.Feed;

/// <summary>What happens at this hub, as it happens, for whoever watches. Nothing depends on it: a slow watcher loses
/// events.</summary>
/// <remarks>Thread safe. Publishing never waits.</remarks>
public sealed class HubFeed
{
    /// <summary>Events that wait for one watcher; older ones are dropped.</summary>
    private const int WaitingMax = 1_024;

    /// <summary>Watchers at once.</summary>
    public const int WatchersMax = 64;

    private ImmutableArray<Channel<HubEvent>> watchers = [];

    /// <summary>Tells everybody who watches now.</summary>
    public void Publish(HubEvent happened)
    {
        foreach (Channel<HubEvent> watcher in watchers)
        {
            watcher.Writer.TryWrite(happened);
        }
    }

    /// <summary>Whether anybody watches.</summary>
    public bool IsWatched => !watchers.IsEmpty;

    /// <summary>Starts to watch; null when there are too many watchers.</summary>
    public HubWatch? Watch()
    {
        var channel = Channel.CreateBounded<HubEvent>(
            new BoundedChannelOptions(WaitingMax) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        bool taken = ImmutableInterlocked.Update(
            ref watchers, (all, added) => all.Length < WatchersMax ? all.Add(added) : all, channel);
        return taken ? new HubWatch(channel.Reader, End) : null;

        void End()
        {
            ImmutableInterlocked.Update(ref watchers, (all, gone) => all.Remove(gone), channel);
            channel.Writer.TryComplete();  // who still reads comes to the end
        }
    }
}

/// <summary>One watcher's events; disposing ends it, and whoever reads it.</summary>
/// <param name="events">The events.</param>
/// <param name="end">Stops the publisher.</param>
public sealed class HubWatch(ChannelReader<HubEvent> events, Action end) : IDisposable
{
    /// <summary>The events, oldest first.</summary>
    public ChannelReader<HubEvent> Events => events;

    /// <inheritdoc/>
    public void Dispose() => end();
}

/// <summary>Something that happened.</summary>
public abstract record HubEvent;

/// <summary>A channel received money.</summary>
/// <param name="ChannelId">The channel.</param>
/// <param name="AmountMsat">How much.</param>
public sealed record ChannelFunded(string ChannelId, long AmountMsat) : HubEvent;

/// <summary>A channel opened, started to close, or closed.</summary>
/// <param name="ChannelId">The channel.</param>
/// <param name="State">"open", "closing" or "closed"; of a direct channel also "paid" or "written off".</param>
public sealed record ChannelChanged(string ChannelId, string State) : HubEvent;

/// <summary>A grant was given.</summary>
/// <param name="ChannelId">The channel.</param>
/// <param name="GrantId">The grant.</param>
/// <param name="SeederKey">Who may draw.</param>
/// <param name="LimitMsat">How much.</param>
public sealed record GrantGiven(string ChannelId, string GrantId, string SeederKey, long LimitMsat) : HubEvent;

/// <summary>Receipts were settled.</summary>
/// <param name="ChannelId">The channel.</param>
/// <param name="Infohash">The torrent.</param>
/// <param name="SeederKey">Who is paid.</param>
/// <param name="Bytes">For so many bytes.</param>
/// <param name="Receipts">Proved by so many receipts.</param>
/// <param name="AmountMsat">Their price.</param>
public sealed record ReceiptsSettled(
    string ChannelId, string Infohash, string SeederKey, long Bytes, long Receipts, long AmountMsat) : HubEvent;

/// <summary>A payout changed.</summary>
/// <param name="Payout">The payout as it is now stored.</param>
public sealed record PayoutChanged(Ledger.Records.PayoutRecord Payout) : HubEvent;

/// <summary>A payment that a downloader makes changed.</summary>
/// <param name="Payment">The payment as it is now stored.</param>
public sealed record DirectPaymentChanged(Ledger.Records.DirectPaymentRecord Payment) : HubEvent;
