using SeederMesh.Core.Identity;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Hub.Tests;

/// <summary>The machine's clock is set by hours while a hub runs: whoever comes then is served and paid as ever, once.</summary>
public sealed class ClockJumpTests : IAsyncLifetime
{
    private readonly AheadClock clock = new();
    private HubFixture hub = null!;

    public async ValueTask InitializeAsync() => hub = await HubFixture.StartAsync(options => options with { Clock = clock });

    public ValueTask DisposeAsync() => hub.DisposeAsync();

    [Theory]
    [InlineData(-5)]
    [InlineData(5)]
    public async Task Payout_AfterTheClockJumped_IsMadeOnceAtOnce(int hours)
    {
        await EarnAsync("before", hours: 0);
        clock.Advance(TimeSpan.FromHours(hours));
        await EarnAsync("after", hours);
        clock.Advance(TimeSpan.FromHours(-hours));
        await EarnAsync("again", hours: 0);
    }

    /// <summary>A work that nobody has asked for yet, with a channel, a grant, receipts and two payees, all new.</summary>
    private async Task EarnAsync(string name, int hours)
    {
        Scene scene = await Scene.OpenAsync(hub, name: name, author: CallerAt(hours), downloader: CallerAt(hours));
        await scene.FundAsync(50_000);
        HubCaller seeder = CallerAt(hours);
        EmbeddedNode box = await hub.WalletAsync("box-" + name);
        (await seeder.PutAsync(
            $"/v1/seeders/{seeder.Key.PublicKey}", new { destination = await HubFixture.KeysendToAsync(box), name = "box" })).Required();
        TestChain chain = await scene.GrantAsync(seeder, 40_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(0, 40)])));

        await HubFixture.UntilAsync(
            async () => (await box.GetBalanceAsync()).Spendable.Value == 2_500
                && (await scene.Creator.GetBalanceAsync()).Spendable.Value == 7_000,
            $"the payments of {name}");
        PayoutRecord paid = Assert.Single(
            await hub.Ledger.Reader.ListNewestPayoutsAsync(PayeeRecord.IdOfSeeder(seeder.Key.PublicKey), 10));
        Assert.NotEqual(PayoutStatus.Failed, paid.Status);
    }

    private HubCaller CallerAt(int hours)
    {
        HubCaller caller = hub.Caller();
        caller.Ahead = TimeSpan.FromHours(hours);
        return caller;
    }
}
