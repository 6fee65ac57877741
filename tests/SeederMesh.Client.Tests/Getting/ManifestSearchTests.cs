using SeederMesh.Core.Exchange;
using Xunit;

namespace SeederMesh.Client.Tests.Getting;

// Goal: one good peer among any number of bad ones is enough, and bad ones cost little. Method: the search alone, with peers that say what
// the test wants; the clock moves when the test says so.
public sealed class ManifestSearchTests
{
    private static readonly byte[] Good = [.. Enumerable.Range(0, ManifestMessages.PartMax + 5).Select(index => unchecked((byte)index))];

    private readonly Peers peers = new();
    private readonly ManualTime time = new();
    private readonly ManifestSearch search;

    public ManifestSearchTests() => search = new ManifestSearch(peers, bytes => bytes.AsSpan().SequenceEqual(Good), time);

    [Fact]
    public void OnMessage_PartsOfAGoodOne_AreAskedForInTurnAndFound()
    {
        search.OnIntroduced(1);
        search.OnIntroduced(1);
        Answer(1, Good);
        Assert.False(search.IsFound);
        Answer(1, Good);

        Assert.True(search.IsFound);
        Assert.Equal(2, peers.Sent.Count);
    }

    [Fact]
    public void OnMessage_ABadOne_LetsThePeerGoAndAsksTheNext()
    {
        for (ulong peer = 1; peer <= ManifestSearch.AskedMax + 1; peer++)
        {
            search.OnIntroduced(peer);
        }

        Assert.Equal(ManifestSearch.AskedMax, peers.Sent.Count);
        Answer(2, [1, 2, 3]);

        Assert.Equal([2ul], peers.Disconnected);
        Assert.Equal(ManifestSearch.AskedMax + 1ul, peers.Sent[^1].Peer);
        Assert.False(search.IsFound);
    }

    [Fact]
    public void OnMessage_PeerHasNoneOrWasNotAsked_IsPassedOver()
    {
        search.OnIntroduced(1);
        search.OnMessage(1, [(byte)ReceiptMessageKind.ManifestPart, 0, 0, 0, 0, 0, 0, 0, 0]);
        search.OnMessage(1, ManifestMessages.Answer([0, 0, 0, 0], new byte[] { 1 }));
        search.OnMessage(2, ManifestMessages.Answer([0, 0, 0, 0], new byte[] { 1 }));
        search.OnMessage(1, []);

        Assert.Single(peers.Sent);
        Assert.Empty(peers.Disconnected);
        search.OnIntroduced(3);
        Answer(3, Good);
        Answer(3, Good);
        Assert.True(search.IsFound);
    }

    [Fact]
    public void Tick_SlowOrGonePeers_GiveTheirPlacesToOthers()
    {
        for (ulong peer = 1; peer <= ManifestSearch.AskedMax + 2; peer++)
        {
            search.OnIntroduced(peer);
        }

        search.OnDisconnected(1);
        Assert.Equal(ManifestSearch.AskedMax + 1, peers.Sent.Count);
        search.Tick();
        Assert.Equal(ManifestSearch.AskedMax + 1, peers.Sent.Count);
        time.Now += ManifestSearch.PartTime;
        search.Tick();

        ulong last = ManifestSearch.AskedMax + 2;
        Assert.Equal(last, peers.Sent[^1].Peer);
        Answer(last, Good);
        Answer(last, Good);
        Assert.True(search.IsFound);
    }

    private void Answer(ulong peer, byte[] manifest)
    {
        byte[] request = peers.Sent.Last(sent => sent.Peer == peer).Message;
        search.OnMessage(peer, ManifestMessages.Answer(request.AsSpan(1), manifest));
    }

    private sealed class Peers : IPeerLink
    {
        public List<(ulong Peer, byte[] Message)> Sent { get; } = [];

        public List<ulong> Disconnected { get; } = [];

        public void Send(ulong peer, byte[] message) => Sent.Add((peer, message));

        public void SetCredit(ulong peer, long? bytes) => Assert.Fail("a search uploads nothing");

        public void Disconnect(ulong peer) => Disconnected.Add(peer);
    }

    private sealed class ManualTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
