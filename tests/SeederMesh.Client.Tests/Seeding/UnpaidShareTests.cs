using Xunit;

namespace SeederMesh.Client.Tests.Seeding;

// Goal: who does not pay gets what the operator leaves, no more and not nothing. Method: one division each, by hand.
public sealed class UnpaidShareTests
{
    [Theory]
    // percent, somebody pays -> has a limit
    [InlineData(20, false, false)]
    [InlineData(20, true, true)]
    [InlineData(100, true, false)]
    [InlineData(0, false, true)]
    [InlineData(0, true, true)]
    public void Divide_Percent_DecidesWhetherThereIsALimit(int percent, bool somebodyPays, bool isLimited)
    {
        SeederConnection peer = Peer(1);

        new UnpaidShare(percent).Divide([peer], paidBytes: 1_000_000, somebodyPays, milliseconds: 250);

        Assert.Equal(isLimited, peer.UnpaidBytes != long.MaxValue);
    }

    [Fact]
    public void Divide_WhileSomebodyPays_TogetherTheyGetTheirShare()
    {
        SeederConnection[] peers = [Peer(1), Peer(2)];

        // 20% of all is a quarter of what is paid for.
        new UnpaidShare(20).Divide(peers, paidBytes: 800_000, somebodyPays: true, milliseconds: 250);

        Assert.All(peers, peer => Assert.Equal(100_000, peer.UnpaidBytes));
    }

    [Fact]
    public void Divide_NothingUploaded_LeavesTheFloor()
    {
        SeederConnection peer = Peer(1);

        new UnpaidShare(1).Divide([peer], paidBytes: 0, somebodyPays: true, milliseconds: 1_000);

        Assert.Equal(UnpaidShare.FloorBytesPerSecond, peer.UnpaidBytes);
    }

    [Fact]
    public void Divide_ZeroPercent_GivesNothingEver()
    {
        SeederConnection peer = Peer(1);

        new UnpaidShare(0).Divide([peer], paidBytes: 1_000_000, somebodyPays: false, milliseconds: 1_000);

        Assert.Equal(0, peer.UnpaidBytes);
    }

    [Fact]
    public void Divide_SomebodyStartsToPay_CountsFromWhatWasSent()
    {
        SeederConnection peer = Peer(1);
        var share = new UnpaidShare(20);
        share.Divide([peer], paidBytes: 0, somebodyPays: false, milliseconds: 250);
        peer.UploadedBytes = 7_000_000;

        share.Divide([peer], paidBytes: 400_000, somebodyPays: true, milliseconds: 250);

        Assert.Equal(7_100_000, peer.UnpaidBytes);
    }

    [Fact]
    public void Divide_PeerThatTakesNothing_SavesUpOnlySoMuch()
    {
        SeederConnection peer = Peer(1);
        var share = new UnpaidShare(50);
        for (int turn = 0; turn < 100; turn++)
        {
            share.Divide([peer], paidBytes: 1_000_000, somebodyPays: true, milliseconds: 250);
        }

        Assert.Equal(4 << 20, peer.UnpaidBytes);
    }

    private static SeederConnection Peer(ulong id) => new(id, "127.0.0.1:1", null, new byte[16]);
}
