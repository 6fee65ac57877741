using System.Net;
using SeederMesh.Hub.Tests.Support;

namespace SeederMesh.Hub.Tests;

/// <summary>The main path, through HTTP, with real signatures, real invoices and play money that adds up.</summary>
public sealed class LifeOfAChannelTests
{
    [Fact]
    public async Task Channel_OpenedFundedDrawnOnAndClosed_PaysEverybodyToTheMsat()
    {
        await using HubFixture hub = await HubFixture.StartAsync();
        Scene scene = await Scene.OpenAsync(hub);
        HubCaller seeder = hub.Caller();
        var seederWallet = await hub.WalletAsync("seeder");
        (await seeder.PutAsync(
            $"/v1/seeders/{seeder.Key.PublicKey}",
            new { destination = await HubFixture.KeysendToAsync(seederWallet), name = "box" })).Required();
        await scene.FundAsync(budget: 50_000);
        TestChain chain = await scene.GrantAsync(seeder, limit: 20_000);

        // 40 pieces of a quarter MiB at 1,000 msat a MiB.
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(0, 40)])));
        (await seeder.PostAsync($"/v1/channels/{scene.ChannelId}/grants/{chain.Grant.GrantId}/close", null)).Required();
        HubReply closed = (await scene.Downloader.PostAsync($"/v1/channels/{scene.ChannelId}/close", new { })).Required();

        Assert.Equal("closed", closed.Text("state"));
        Assert.Equal((50_000, 10_000, 40_000), (closed.Msat("fundedMsat"), closed.Msat("settledMsat"), closed.Msat("refundedMsat")));
        await HubFixture.UntilAsync(
            async () => (await scene.Creator.GetBalanceAsync()).Spendable.Value == 7_000
                && (await seederWallet.GetBalanceAsync()).Spendable.Value == 2_500,
            "the creator's 70 and the seeder's 25 percent");
        await HubFixture.UntilAsync(
            async () => (await scene.ChannelAsync()).Json.GetProperty("refunds") is { } refunds
                && refunds.GetArrayLength() == 1
                && refunds[0].GetProperty("state").GetString() == "succeeded"
                && refunds[0].GetProperty("amountMsat").GetString() == "40000",
            "the refund");
        HubReply statement = (await seeder.GetAsync($"/v1/seeders/{seeder.Key.PublicKey}")).Required();
        Assert.Equal((2_500, 2_500, 0), (statement.Msat("earnedMsat"), statement.Msat("paidMsat"), statement.Msat("owedMsat")));
        Assert.Equal(40L * Scene.PieceLength, statement.Json.GetProperty("uploadedBytes").GetInt64());
        Assert.Equal(HttpStatusCode.OK, (await seeder.GetAsync("/v1/status")).Status);
    }
}
