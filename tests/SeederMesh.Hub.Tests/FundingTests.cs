using Microsoft.Extensions.DependencyInjection;
using Orleans;
using SeederMesh.Grains.Channels;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Lightning;

namespace SeederMesh.Hub.Tests;

/// <summary>Money that comes in counts once, whatever it is: too little, too much, again, late, or while the hub was away.</summary>
public sealed class FundingTests : IAsyncLifetime
{
    private HubFixture hub = null!;
    private Scene scene = null!;

    public async ValueTask InitializeAsync()
    {
        hub = await HubFixture.StartAsync();
        scene = await Scene.OpenAsync(hub);
    }

    public ValueTask DisposeAsync() => hub.DisposeAsync();

    [Fact]
    public async Task TopUp_PaidAndAskedForAgain_IsOneInvoiceAndCountsOnce()
    {
        await scene.FundAsync(5_000);
        object request = new { amountMsat = "2500", topUpId = new string('a', 32) };
        string path = $"/v1/channels/{scene.ChannelId}/top-ups";
        HubReply first = (await scene.Downloader.PostAsync(path, request)).Required();
        await scene.PayAsync(first.Text("invoice"));
        await HubFixture.UntilAsync(async () => (await scene.ChannelAsync()).Msat("fundedMsat") == 7_500, "the top-up");
        HubReply again = (await scene.Downloader.PostAsync(path, request)).Required();
        Assert.Equal((first.Text("invoice"), "paid"), (again.Text("invoice"), again.Text("state")));
        Assert.Equal("conflict", (await scene.Downloader.PostAsync(path, new { amountMsat = "2501", topUpId = new string('a', 32) })).Problem);
        Assert.Equal("budget-out-of-range", (await scene.Downloader.PostAsync(path, new { amountMsat = "0", topUpId = new string('b', 32) })).Problem);
    }

    // asked, came in
    [Theory]
    [InlineData(5_000, 4_999)]
    [InlineData(5_000, 5_001)]
    [InlineData(5_000, 10_000)]
    [InlineData(5_000, 1)]
    public async Task Invoice_PaidWithAnotherAmount_CountsWhatCameIn(long asked, long came)
    {
        HubReply opened = (await scene.Downloader.PostAsync("/v1/channels", await scene.TermsAsync(asked))).Required();
        scene.UseChannel(opened.Text("channelId"));
        IPaymentChannelGrain channel = hub.Hub.Services.GetRequiredService<IGrainFactory>().GetGrain<IPaymentChannelGrain>(scene.ChannelId);
        FundCommand command = new()
        {
            PaymentHash = PaymentRequests.Decode(opened.Text("invoice")).PaymentHash!.Value.ToArray(),
            AmountMsat = came,
            PayIndex = 1,
        };

        Assert.Equal(FundOutcome.Booked, await channel.FundAsync(command));
        Assert.Equal(FundOutcome.Repeated, await channel.FundAsync(command with { AmountMsat = came + 1 }));

        HubReply seen = await scene.ChannelAsync();
        Assert.Equal((came, came), (seen.Msat("fundedMsat"), seen.Msat("availableMsat")));
    }

    [Fact]
    public async Task TopUps_SeveralAtOnce_AddUpWhateverTheirOrder()
    {
        await scene.FundAsync(5_000);
        List<string> invoices = [];
        foreach (int number in Enumerable.Range(1, 5))
        {
            HubReply asked = await scene.Downloader.PostAsync(
                $"/v1/channels/{scene.ChannelId}/top-ups", new { amountMsat = $"{number * 1_000}", topUpId = new string((char)('0' + number), 32) });
            invoices.Add(asked.Required().Text("invoice"));
        }

        invoices.Reverse();
        await Task.WhenAll(invoices.Take(4).Select(invoice => scene.PayAsync(invoice)));
        await HubFixture.UntilAsync(async () => (await scene.ChannelAsync()).Msat("fundedMsat") == 19_000, "four of the top-ups");
        Assert.Equal(19_000, (await scene.ChannelAsync()).Msat("availableMsat"));
    }

    [Fact]
    public async Task Invoice_PaidWhileTheHubWasAway_IsBookedWhenItIsBack()
    {
        HubReply opened = (await scene.Downloader.PostAsync("/v1/channels", await scene.TermsAsync(5_000))).Required();
        await scene.PayAsync(opened.Text("invoice"));
        await hub.RestartAsync();
        await scene.ReconnectAsync();
        string path = "/v1/channels/" + opened.Text("channelId");
        await HubFixture.UntilAsync(async () => (await scene.Downloader.GetAsync(path)).Msat("fundedMsat") == 5_000, "the money");
        await hub.RestartAsync();
        await scene.ReconnectAsync();
        Assert.Equal(5_000, (await scene.Downloader.GetAsync(path)).Msat("fundedMsat"));
    }

    [Fact]
    public async Task Invoice_PaidAfterTheClose_GoesBack()
    {
        await scene.FundAsync(5_000);
        HubReply second = (await scene.Downloader.PostAsync(
            $"/v1/channels/{scene.ChannelId}/top-ups", new { amountMsat = "3000", topUpId = new string('c', 32) })).Required();
        (await scene.Downloader.PostAsync($"/v1/channels/{scene.ChannelId}/close", new { })).Required();
        await scene.PayAsync(second.Text("invoice"));
        await HubFixture.UntilAsync(
            async () => (await scene.ChannelAsync()).Json.GetProperty("refunds").EnumerateArray()
                .Where(refund => refund.GetProperty("state").GetString() == "succeeded")
                .Sum(refund => long.Parse(refund.GetProperty("amountMsat").GetString()!)) >= 7_950,
            "both refunds");
        HubReply channel = await scene.ChannelAsync();
        Assert.Equal((8_000, 8_000), (channel.Msat("fundedMsat"), channel.Msat("refundedMsat")));
    }

    [Fact]
    public async Task Keysend_ToTheHubWithoutAnInvoice_IsNobodysMoney()
    {
        NodeInfo node = await hub.Hub.Network.Hub.GetInfoAsync();
        await scene.Purse.KeysendAsync(new KeysendRequest(
            node.NodeId, Core.Money.Msat.From(1_000), new Preimage(new byte[32]), Core.Money.Msat.FromSatoshi(1)));
        await scene.FundAsync(5_000);
        Assert.Equal("5000", (await scene.Downloader.GetAsync("/v1/status")).Text("fundedMsat"));
    }
}
