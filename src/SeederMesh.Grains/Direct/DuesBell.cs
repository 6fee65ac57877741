using System.Collections.Concurrent;
using System.Threading.Channels;
using SeederMesh.Core.Identity;

namespace SeederMesh.Grains.Direct;

/// <summary>Wakes whoever waits for what a direct channel owes, as soon as it may have changed.</summary>
/// <remarks>
/// Thread safe. Nothing depends on it: who is not woken, because the grain is in another process, asks again when its
/// time is over. One listener a channel, which its downloader is; a second takes the place of the first.
/// </remarks>
public sealed class DuesBell
{
    private readonly ConcurrentDictionary<Id128, Channel<bool>> listeners = new();

    /// <summary>Something changed.</summary>
    public void Ring(Id128 channelId)
    {
        if (listeners.TryGetValue(channelId, out Channel<bool>? listener))
        {
            listener.Writer.TryWrite(true);
        }
    }

    /// <summary>Listens from now on: what rings before <see cref="DuesListening.NextAsync"/> is not missed.</summary>
    public DuesListening Listen(Id128 channelId)
    {
        var own = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        listeners.AddOrUpdate(channelId, own, (_, before) =>
        {
            before.Writer.TryComplete();
            return own;
        });
        return new DuesListening(own.Reader, () => listeners.TryRemove(new(channelId, own)));
    }
}

/// <summary>One listener; disposing ends it.</summary>
/// <param name="rings">The bell.</param>
/// <param name="end">Stops listening.</param>
public sealed class DuesListening(ChannelReader<bool> rings, Action end) : IDisposable
{
    /// <summary>Completes when it rang since the last call: true; or when another listener took this one's place:
    /// false.</summary>
    /// <exception cref="OperationCanceledException">The time is over.</exception>
    public async Task<bool> NextAsync(CancellationToken cancellation) =>
        await rings.WaitToReadAsync(cancellation) && rings.TryRead(out _);

    /// <inheritdoc/>
    public void Dispose() => end();
}
