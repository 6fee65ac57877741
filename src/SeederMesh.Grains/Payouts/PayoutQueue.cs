using System.Collections.Concurrent;
using SeederMesh.Core.Identity;

namespace SeederMesh.Grains.Payouts;

/// <summary>Who may be due a payment: noted by the grains that settle, emptied by the hub's payout loop.</summary>
/// <remarks>
/// Thread safe. A note that a crash loses costs nothing: what is owed stands in the ledger, and the loop reads it when
/// it starts. One
/// entry for each payee or closed channel, so its size is bounded by theirs.
/// </remarks>
public sealed class PayoutQueue
{
    private readonly ConcurrentDictionary<string, long> due = new(StringComparer.Ordinal);

    /// <summary>A payee earned something.</summary>
    public void NotePayee(Id128 payeeId) => due[PayoutKey.OfPayee(payeeId)] = 0;

    /// <summary>A closed channel has something left.</summary>
    public void NoteChannel(Id128 channelId) => due[PayoutKey.OfChannel(channelId)] = 0;

    /// <summary>Look again later.</summary>
    /// <param name="key">The payout grain's key.</param>
    /// <param name="atUnixMs">Not before this.</param>
    public void NoteLater(string key, long atUnixMs) => due.TryAdd(key, atUnixMs);

    /// <summary>Takes what is due by now.</summary>
    public IReadOnlyList<string> TakeDue(long nowUnixMs)
    {
        var taken = new List<string>();
        foreach ((string key, long at) in due)
        {
            if (at <= nowUnixMs && due.TryRemove(key, out _))
            {
                taken.Add(key);
            }
        }

        return taken;
    }
}

/// <summary>The keys of payout grains: "payee/" or "channel/" and 32 hexadecimal digits.</summary>
public static class PayoutKey
{
    private const string PayeePrefix = "payee/";
    private const string ChannelPrefix = "channel/";

    /// <summary>The key of the grain that pays a payee.</summary>
    public static string OfPayee(Id128 payeeId) => PayeePrefix + payeeId;

    /// <summary>The key of the grain that refunds a channel.</summary>
    public static string OfChannel(Id128 channelId) => ChannelPrefix + channelId;

    /// <summary>Reads a key.</summary>
    public static bool TryRead(string key, out bool isChannel, out Id128 id)
    {
        isChannel = key.StartsWith(ChannelPrefix, StringComparison.Ordinal);
        string prefix = isChannel ? ChannelPrefix : PayeePrefix;
        id = default;
        return key.StartsWith(prefix, StringComparison.Ordinal) && Id128.TryParseHex(key[prefix.Length..], out id);
    }
}
