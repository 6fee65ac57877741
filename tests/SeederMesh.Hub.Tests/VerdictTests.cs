using System.Net;
using Microsoft.Data.Sqlite;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Receipts;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Hub.Tests;

/// <summary>Every verdict that a report can get, through HTTP: nothing but what the downloader signed, once, within the grant, is paid.</summary>
public sealed class VerdictTests : IAsyncLifetime
{
    private HubFixture hub = null!;
    private Scene scene = null!;
    private HubCaller seeder = null!;
    private TestChain chain = null!;

    public async ValueTask InitializeAsync()
    {
        hub = await HubFixture.StartAsync();
        scene = await Scene.OpenAsync(hub);
        seeder = hub.Caller();
        await scene.FundAsync(budget: 20_000);
        chain = await scene.GrantAsync(seeder, limit: 2_000);
    }

    public ValueTask DisposeAsync() => hub.DisposeAsync();

    [Fact]
    public async Task Report_SameRunTwice_IsAcceptedThenDuplicate()
    {
        ReceiptRun run = chain.Next(0, 1);
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, run));
        Assert.Equal("duplicate", await Scene.VerdictsAsync(seeder, run));
        Assert.Equal(500, (await scene.ChannelAsync()).Msat("settledMsat"));
    }

    [Fact]
    public async Task Report_SameRunTwiceInOneReport_IsPaidOnce()
    {
        ReceiptRun run = chain.Next(0);
        Assert.Equal("accepted duplicate", await Scene.VerdictsAsync(seeder, run, run));
        Assert.Equal(250, (await scene.ChannelAsync()).Msat("settledMsat"));
    }

    [Fact]
    public async Task Report_OneChannelCannotBeStored_TheOthersAreSettledAndItIsRepeated()
    {
        Scene other = await Scene.OpenAsync(hub, name: "2");
        await other.FundAsync(budget: 20_000);
        TestChain stuck = await other.GrantAsync(seeder, limit: 2_000);
        (ReceiptRun good, ReceiptRun refused) = (chain.Next(0), stuck.Next(0));
        Execute($"CREATE TRIGGER stuck BEFORE INSERT ON settlement WHEN NEW.grant_id = X'{stuck.Grant.GrantId}' "
            + "BEGIN SELECT RAISE(ABORT, 'the disk is in a mood'); END");

        Assert.Equal("accepted notJudged", await Scene.VerdictsAsync(seeder, good, refused));

        Execute("DROP TRIGGER stuck");
        Assert.Equal("duplicate accepted", await Scene.VerdictsAsync(seeder, good, refused));
    }

    [Fact]
    public async Task Report_OlderRunAfterNewerOnes_IsDuplicateFromTheStoredHistory()
    {
        ReceiptRun first = chain.Next(0, 1, 2);
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, first));
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next(3)));
        Assert.Equal("duplicate", await Scene.VerdictsAsync(seeder, first));
    }

    [Fact]
    public async Task Report_RunThatContradictsSettledReceipts_IsConflictAndKeptAsEvidence()
    {
        ReceiptChain start = chain.Chain;
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next(0)));
        chain.Rewind(start);
        Assert.Equal("conflict", await Scene.VerdictsAsync(seeder, chain.Next(1)));
        EvidenceRecord evidence = Assert.Single(await hub.Ledger.Reader.ListEvidenceAsync(chain.Grant.GrantId));
        Assert.Equal("Conflict", evidence.Reason);
    }

    [Fact]
    public async Task Report_ConflictThatTheDownloaderDidNotSign_IsNoEvidence()
    {
        ReceiptChain start = chain.Chain;
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next(0)));
        chain.Rewind(start);
        ReceiptRun forged = chain.NextOf([new ReceiptEntry(1, Scene.PieceLength, 1_790_000_000_000)], signer: seeder.Key);
        Assert.Equal("conflict", await Scene.VerdictsAsync(seeder, forged));
        Assert.Empty(await hub.Ledger.Reader.ListEvidenceAsync(chain.Grant.GrantId));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Report_ConflictWithAForgeryInTheSameReport_IsAnsweredAndIsNoEvidence(int settledBefore)
    {
        for (int piece = 0; piece < settledBefore; piece++)
        {
            Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next(piece)));
        }

        ReceiptChain start = chain.Chain;
        ReceiptRun forged = chain.NextOf([new ReceiptEntry(9, Scene.PieceLength, 1_790_000_000_000)], signer: seeder.Key);
        chain.Rewind(start);
        ReceiptRun honest = chain.Next(10, 11);
        Assert.Equal("badSignature conflict", await Scene.VerdictsAsync(seeder, forged, honest));
        Assert.Empty(await hub.Ledger.Reader.ListEvidenceAsync(chain.Grant.GrantId));
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, honest));
    }

    [Fact]
    public async Task Report_OneBadRunAmongGoodOnes_VoidsOnlyItself()
    {
        HubCaller other = hub.Caller();
        TestChain second = await scene.GrantAsync(seeder, limit: 1_000, generation: 1);
        ReceiptRun good = chain.Next(0);
        ReceiptRun bad = second.NextOf([new ReceiptEntry(1, Scene.PieceLength, 1_790_000_000_000)], signer: other.Key);
        Assert.Equal("accepted badSignature", await Scene.VerdictsAsync(seeder, good, bad));
    }

    [Fact]
    public async Task Report_ByAnotherSeeder_IsNotTheSeeder() =>
        Assert.Equal("notTheSeeder", await Scene.VerdictsAsync(hub.Caller(), chain.Next(0)));

    [Fact]
    public async Task Report_OfAGrantThatNobodyGave_IsUnknownGrant()
    {
        ReceiptRun run = chain.Next(0) with { GrantId = Id128.Derive("grant", [1, 2, 3]) };
        Assert.Equal("unknownGrant", await Scene.VerdictsAsync(seeder, run));
    }

    [Fact]
    public async Task Report_AfterReceiptsThatAreMissing_IsSequenceGap()
    {
        chain.Next(0);
        Assert.Equal("sequenceGap", await Scene.VerdictsAsync(seeder, chain.Next(1)));
    }

    [Fact]
    public async Task Report_OfPieceBytesBeyondThePiece_IsPieceOverclaimedOverAllSeeders()
    {
        HubCaller other = hub.Caller();
        TestChain others = await scene.GrantAsync(other, limit: 1_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next(7)));
        Assert.Equal("pieceOverclaimed", await Scene.VerdictsAsync(other, others.Next(7)));
    }

    // piece, bytes, milliseconds from now -> verdict
    [Theory]
    [InlineData(Scene.Pieces, 1, 0, "unknownPiece")]
    [InlineData(0, Scene.PieceLength + 1, 0, "pieceOverclaimed")]
    [InlineData(0, Scene.PieceLength, 600_000, "timeInFuture")]
    [InlineData(0, Scene.PieceLength, 7_200_000, "grantExpired")]
    public async Task Report_OfWhatCannotBe_IsRefused(int piece, int bytes, long msAhead, string verdict)
    {
        long at = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + msAhead;
        Assert.Equal(verdict, await Scene.VerdictsAsync(seeder, chain.NextOf([new ReceiptEntry(piece, bytes, at)])));
        Assert.Equal(0, (await scene.ChannelAsync()).Msat("settledMsat"));
    }

    [Fact]
    public async Task Report_UpToTheLimitAndBeyond_StopsAtTheLimit()
    {
        // 2,000 msat pay for eight pieces of 250 msat.
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next(0, 1, 2, 3, 4, 5, 6, 7)));
        Assert.Equal("exceedsGrant", await Scene.VerdictsAsync(seeder, chain.Next(8)));
    }

    [Fact]
    public async Task Report_AfterTheGrantIsClosed_IsGrantClosedAndOldOnesAreDuplicates()
    {
        ReceiptRun settled = chain.Next(0);
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, settled));
        (await seeder.PostAsync($"/v1/channels/{scene.ChannelId}/grants/{chain.Grant.GrantId}/close", null)).Required();
        Assert.Equal("duplicate grantClosed", await Scene.VerdictsAsync(seeder, settled, chain.Next(1)));
        Assert.Equal(20_000 - 250, (await scene.ChannelAsync()).Msat("availableMsat"));
    }

    [Fact]
    public async Task Report_OfGrantsOfTwoChannels_IsAnsweredInItsOrder()
    {
        Scene another = await Scene.OpenAsync(hub, name: "two");
        await another.FundAsync(budget: 5_000);
        TestChain elsewhere = await another.GrantAsync(seeder, limit: 1_000);
        ReceiptRun gap = chain.Next(0) with { GrantId = Id128.Derive("grant", [9]) };
        chain.Rewind(ReceiptChain.Start(chain.Grant.Hash()));
        Assert.Equal(
            "accepted unknownGrant accepted",
            await Scene.VerdictsAsync(seeder, elsewhere.Next(0), gap, chain.Next(0)));
    }

    [Fact]
    public async Task Report_AfterARestart_ContinuesWhereItStood()
    {
        ReceiptRun first = chain.Next(0, 1);
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, first));
        await hub.RestartAsync();
        await scene.ReconnectAsync();
        seeder = hub.CallerOf(seeder.Key);
        Assert.Equal("duplicate accepted", await Scene.VerdictsAsync(seeder, first, chain.Next(2)));
        Assert.Equal(750, (await scene.ChannelAsync()).Msat("settledMsat"));
    }

    [Theory]
    [InlineData("", HttpStatusCode.BadRequest)]
    [InlineData("SMR1", HttpStatusCode.BadRequest)]
    [InlineData("SMR2\u0001", HttpStatusCode.BadRequest)]
    [InlineData("SMR1\u0001truncated", HttpStatusCode.BadRequest)]
    public async Task Report_ThatIsNoReport_IsRefusedWithAReason(string body, HttpStatusCode status)
    {
        HubReply reply = await seeder.PostBytesAsync(
            "/v1/receipts", System.Text.Encoding.Latin1.GetBytes(body), ReceiptRunCodec.MediaType);
        Assert.Equal((status, "malformed-request"), (reply.Status, reply.Problem));
    }

    [Fact]
    public async Task Report_OfAnotherMediaType_IsRefused()
    {
        HubReply reply = await seeder.PostBytesAsync("/v1/receipts", [1], "application/json");
        Assert.Equal((HttpStatusCode.UnsupportedMediaType, "unsupported-media-type"), (reply.Status, reply.Problem));
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(hub.Folder, "hub.db")};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
