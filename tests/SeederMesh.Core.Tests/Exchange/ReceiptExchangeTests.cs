using SeederMesh.Core.Channels;
using SeederMesh.Core.Exchange;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Core.Tests.Channels;
using Xunit;
using static SeederMesh.Core.Tests.Channels.TestSwarm;

namespace SeederMesh.Core.Tests.Exchange;

// Goal: the two sides of the protocol agree, the seeder's exposure stays bounded, and each refusal has its reason.
public sealed class ReceiptExchangeTests
{
    private static readonly byte[] nonce = [.. Enumerable.Range(0, 16).Select(value => (byte)value)];
    private static readonly ExposurePolicy exposure = new(InitialBytes: 2 * PieceLength, CapBytes: 16 * PieceLength);

    private readonly TestSwarm swarm = new();

    [Fact]
    public void OnReceipts_AWholeDownload_IsStoredChainedAndSettled()
    {
        Grant grant = swarm.GiveGrant();
        SeederSession seeder = NewSeeder();
        var downloader = new DownloaderSession(Downloader, Seeder.PublicKey, swarm.Layout);
        Assert.Equal(SeederVerdict.Accepted, Show(seeder, downloader.Present(SignedGrant.Sign(grant, Hub), nonce)).Verdict);
        for (int piece = 0; piece < 20; piece++)
        {
            downloader.OnPiecePassed(piece, PieceLength, Now + piece);
            Assert.True(downloader.TryMakeReceipts(out byte[] message));
            Assert.Equal(SeederVerdict.Accepted, seeder.OnReceipts(message.AsSpan(1), Now, out ReceiptRun? run).Verdict);
            seeder.OnStored(run!);
            Assert.Equal([ReceiptVerdict.Accepted], swarm.Report(run!));
        }

        Assert.Equal(20_000, swarm.Channel.Settled.Value);
        Assert.Equal(20_000, downloader.Signed.Value);
        downloader.OnPiecePassed(20, PieceLength, Now);
        Assert.False(downloader.TryMakeReceipts(out _), "the grant covers no more");
        Assert.Equal(PieceLength, downloader.UnsignedBytes);
    }

    [Fact]
    public void CreditBytes_AsReceiptsComeIn_DoublesToTheCap()
    {
        var rich = new TestSwarm(fundedMsat: 1_000_000);
        SeederSession seeder = NewSeeder();
        var downloader = new DownloaderSession(Downloader, Seeder.PublicKey, rich.Layout);
        Assert.Null(seeder.CreditBytes);
        Show(seeder, downloader.Present(SignedGrant.Sign(rich.GiveGrant(60_000), Hub), nonce), requestedBytes: 777);
        long[] windows = [.. Enumerable.Range(0, 6).Select(piece =>
        {
            long window = seeder.CreditBytes!.Value - 777 - seeder.ReceiptedBytes - (seeder.ReceiptedBytes / 100);
            downloader.OnPiecePassed(piece, PieceLength, Now);
            downloader.TryMakeReceipts(out byte[] message);
            seeder.OnReceipts(message.AsSpan(1), Now, out ReceiptRun? run);
            seeder.OnStored(run!);
            return window / PieceLength;
        })];
        Assert.Equal([2, 4, 8, 16, 16, 16], windows);
    }

    [Fact]
    public void CreditBytes_NearTheEndOfTheGrant_StopsAtWhatItPays()
    {
        SeederSession seeder = NewSeeder();
        var downloader = new DownloaderSession(Downloader, Seeder.PublicKey, swarm.Layout);
        Show(seeder, downloader.Present(SignedGrant.Sign(swarm.GiveGrant(1000), Hub), nonce));
        Assert.Equal(swarm.Terms.Price.BytesFor(Msat.From(1000)), seeder.CreditBytes);
        Show(seeder, downloader.Present(SignedGrant.Sign(swarm.GiveGrant(20_000, generation: 1), Hub), nonce));
        Assert.Equal(2 * PieceLength, seeder.CreditBytes);
    }

    [Fact]
    public void OnStored_ARunOfTheGrantBefore_StillCounts()
    {
        SeederSession seeder = NewSeeder();
        var downloader = new DownloaderSession(Downloader, Seeder.PublicKey, swarm.Layout);
        Show(seeder, downloader.Present(SignedGrant.Sign(swarm.GiveGrant(2000), Hub), nonce));
        downloader.OnPiecePassed(0, PieceLength, Now);
        downloader.TryMakeReceipts(out byte[] message);
        seeder.OnReceipts(message.AsSpan(1), Now, out ReceiptRun? run);
        Show(seeder, downloader.Present(SignedGrant.Sign(swarm.GiveGrant(20_000, generation: 1), Hub), nonce));
        seeder.OnStored(run!);
        Assert.Equal(PieceLength, seeder.ReceiptedBytes);
    }

    [Fact]
    public void OnGrant_EachReason_InTheOrderOfTheChecks()
    {
        Grant grant = swarm.GiveGrant();
        SigningKey stranger = Key(9);
        Grant foreignHub = grant with { Hub = stranger.PublicKey };
        Grant otherSeeder = grant with { Seeder = OtherSeeder.PublicKey };
        Grant otherTorrent = grant with { Infohash = Digest.Of("another"u8) };
        Grant ending = grant with { ExpiresUnixMs = Now + 59_999 };
        Grant cheap = grant with { Price = new PricePerMebibyte(99) };
        Assert.Equal(SeederVerdict.Malformed, Show(NewSeeder(), [1, 2, 3]).Verdict);
        Assert.Equal(SeederVerdict.UntrustedHub, Show(NewSeeder(), Message(foreignHub, stranger)).Verdict);
        Assert.Equal(SeederVerdict.NotForMe, Show(NewSeeder(), Message(otherSeeder, Hub)).Verdict);
        Assert.Equal(SeederVerdict.OtherTorrent, Show(NewSeeder(), Message(otherTorrent, Hub)).Verdict);
        Assert.Equal(SeederVerdict.Expired, Show(NewSeeder(), Message(ending, Hub)).Verdict);
        Assert.Equal(SeederVerdict.PriceTooLow, Show(NewSeeder(), Message(cheap, Hub)).Verdict);
        Assert.Equal(SeederVerdict.AlreadyUsed, Show(NewSeeder(), Message(grant, Hub), used: true).Verdict);
        Assert.Equal(SeederVerdict.ChannelRefused, Show(NewSeeder(), Message(grant, Hub), refused: true, owedMsat: 980_001).Verdict);
        Assert.Equal(SeederVerdict.HubOwesTooMuch, Show(NewSeeder(), Message(grant, Hub), owedMsat: 980_001).Verdict);
        Assert.Equal(SeederVerdict.Accepted, Show(NewSeeder(), Message(grant, Hub), owedMsat: 980_000).Verdict);
    }

    [Fact]
    public void OnGrant_SeenOnAnotherConnection_IsRefused()
    {
        byte[] elsewhere = GrantPresentation.Make(
            SignedGrant.Sign(swarm.GiveGrant(), Hub), new byte[16], Downloader).ToMessage();
        Assert.Equal(SeederVerdict.BadSignature, Show(NewSeeder(), elsewhere).Verdict);
    }

    [Fact]
    public void OnGrant_NotSignedByItsHub_IsRefused()
    {
        var forged = new SignedGrant(swarm.GiveGrant(), default);
        byte[] message = GrantPresentation.Make(forged, nonce, Downloader).ToMessage();
        Assert.Equal(SeederVerdict.BadSignature, Show(NewSeeder(), message).Verdict);
    }

    [Fact]
    public void OnReceipts_EachReason_InTheOrderOfTheChecks()
    {
        SeederSession seeder = NewSeeder();
        Grant grant = swarm.GiveGrant(2000);
        ReceiptChain start = ReceiptChain.Start(grant.Hash());
        ReceiptRun valid = swarm.Sign(grant, start, 0);
        Assert.Equal(SeederVerdict.NoGrant, Receive(seeder, valid));
        Show(seeder, Message(grant, Hub));
        Assert.Equal(SeederVerdict.Malformed, seeder.OnReceipts([1, 2, 3], Now, out _).Verdict);
        Grant other = swarm.GiveGrant(2000, generation: 1);
        Assert.Equal(SeederVerdict.OutOfSequence, Receive(seeder, swarm.Sign(other, ReceiptChain.Start(other.Hash()), 0)));
        Assert.Equal(SeederVerdict.WrongPiece, Receive(seeder, swarm.Sign(grant, start, 64)));
        Assert.Equal(SeederVerdict.ExceedsGrant, Receive(seeder, swarm.Sign(grant, start, 0, 1, 2)));
        Assert.Equal(SeederVerdict.BadSignature, Receive(seeder, valid with { TailSignature = default }));
        Assert.Equal(SeederVerdict.Accepted, Receive(seeder, valid));
        Assert.Equal(SeederVerdict.Malformed, Receive(seeder, valid));
    }

    // milliseconds from now to the receipt's time, and from now to the seeder's clock -> verdict
    [Theory]
    [InlineData(300_000, 0, SeederVerdict.Accepted)]
    [InlineData(300_001, 0, SeederVerdict.Expired)]
    [InlineData(3_600_000, 3_600_000, SeederVerdict.Accepted)]
    [InlineData(3_600_001, 3_600_000, SeederVerdict.Expired)]
    [InlineData(0, 3_900_000, SeederVerdict.Accepted)]
    [InlineData(0, 3_900_001, SeederVerdict.Expired)]
    public void OnReceipts_OfATimeThatTheHubRefuses_AreRefused(long receiptAfterMs, long clockAfterMs, SeederVerdict verdict)
    {
        SeederSession seeder = NewSeeder();
        Grant grant = swarm.GiveGrant();
        Show(seeder, Message(grant, Hub));
        ReceiptRun run = swarm.SignEntries(
            grant, ReceiptChain.Start(grant.Hash()), Downloader, [new ReceiptEntry(0, PieceLength, Now + receiptAfterMs)]);
        Assert.Equal(verdict, seeder.OnReceipts(ReceiptRunCodec.Write(run, anchored: false), Now + clockAfterMs, out _).Verdict);
    }

    [Fact]
    public void OnReceipts_ForAPieceThatWasReceiptedBefore_AreRefusedOverAllGrantsOfAChannel()
    {
        SeederSession seeder = NewSeeder();
        Grant grant = swarm.GiveGrant(4_000);
        Show(seeder, Message(grant, Hub));
        ReceiptChain start = ReceiptChain.Start(grant.Hash());
        Assert.Equal(SeederVerdict.WrongPiece, Receive(seeder, swarm.Sign(grant, start, 0, 0)));
        ReceiptRun first = swarm.Sign(grant, start, 0);
        Assert.Equal(SeederVerdict.Accepted, Receive(seeder, first));
        Assert.Equal(SeederVerdict.WrongPiece, Receive(seeder, swarm.Sign(grant, seeder.Received, 0)));
        Grant next = swarm.GiveGrant(4_000, generation: 1);
        Show(seeder, Message(next, Hub));
        Assert.Equal(SeederVerdict.WrongPiece, Receive(seeder, swarm.Sign(next, ReceiptChain.Start(next.Hash()), 0)));
        Assert.Equal(SeederVerdict.Accepted, Receive(seeder, swarm.Sign(next, ReceiptChain.Start(next.Hash()), 1)));
    }

    [Fact]
    public void DownloadBudget_OverManyGrants_IsNeverExceeded()
    {
        var budget = new DownloadBudget(Msat.From(1000));
        Assert.True(budget.TryReserve(Msat.From(600)));
        Assert.False(budget.TryReserve(Msat.From(401)));
        budget.End(Msat.From(600), Msat.From(250));
        Assert.Equal((250L, 750L), (budget.Spent.Value, budget.Available.Value));
        Assert.Throws<InvariantViolationException>(() => budget.End(Msat.Zero, Msat.From(1)));
    }

    private SeederSession NewSeeder() => new(
        new SeederPolicy(
            Seeder.PublicKey,
            new HashSet<PublicKey> { Hub.PublicKey },
            new PricePerMebibyte(100),
            LifetimeMsMin: 60_000,
            OwedByHubMax: Msat.From(1_000_000)),
        Infohash,
        Manifest,
        swarm.Layout,
        exposure,
        nonce);

    private static byte[] Message(Grant grant, SigningKey hub) =>
        GrantPresentation.Make(SignedGrant.Sign(grant, hub), nonce, Downloader).ToMessage();

    private static SeederAnswer Show(
        SeederSession seeder, byte[] message, long requestedBytes = 0, bool used = false, bool refused = false, long owedMsat = 0) =>
        seeder.OnGrant(message.AsSpan(1), requestedBytes, _ => Msat.From(owedMsat), _ => used, _ => refused, Now);

    private static SeederVerdict Receive(SeederSession seeder, ReceiptRun run) =>
        seeder.OnReceipts(ReceiptRunCodec.Write(run, anchored: false), Now, out _).Verdict;
}
