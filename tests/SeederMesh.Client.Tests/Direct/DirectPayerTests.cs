using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded;
using Xunit;

namespace SeederMesh.Client.Tests.Direct;

// Goal: what is due is paid exactly once and proved, wherever the payer dies; nothing is paid that was not agreed to.
// Method: a play-money network, a hub that asks for payments, and a payer that dies at a chosen point and starts again on its journal.
public sealed class DirectPayerTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private readonly SigningKey key = SigningKey.FromSeed([.. Enumerable.Repeat((byte)3, 32)]);
    private readonly LateClock clock = new();
    private EmbeddedNetwork network = null!;
    private EmbeddedNode payee = null!;
    private DuesHub hub = null!;
    private MortalWallet wallet = null!;
    private long committed = 1_000_000;
    private long? signed;

    public async ValueTask InitializeAsync()
    {
        network = await EmbeddedNetwork.OpenAsync(new EmbeddedNetworkOptions(folder["lightning.db"]) { Clock = clock });
        payee = await OpenAsync("payee", 0);
        wallet = new MortalWallet(await OpenAsync("payer", 100));
        hub = new DuesHub(payee);
    }

    public async ValueTask DisposeAsync()
    {
        hub.Dispose();
        await network.DisposeAsync();
        key.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(Death.None)]
    [InlineData(Death.BeforePaying)]
    [InlineData(Death.AfterPaying)]
    [InlineData(Death.BeforeProving)]
    [InlineData(Death.AfterProving)]
    public async Task Turn_WhereTheProcessDies_PaysOnceAndProves(Death death)
    {
        await hub.AskAsync(7_000);
        wallet.Next = death;
        hub.Next = death;
        bool died = false;
        for (int run = 0; run < 3; run++)
        {
            try
            {
                // A process of its own: nothing is left of the last one but the journal.
                await FinishAsync();
            }
            catch (DiedException)
            {
                died = true;
            }
        }

        Assert.Equal(death != Death.None, died);
        Assert.Equal((7_000, 7_000, 1), (await ReceivedAsync(), hub.Proved.Value, wallet.Sent));
        DirectJournal journal = Journal();
        Assert.Empty(journal.Open);
        (Msat paid, Msat fees, int count) = journal.Proved;
        Assert.Equal((7_000, 1), (paid.Value, count));
        Assert.Equal(100_000 - 7_000 - fees.Value, (await wallet.GetBalanceAsync()).Spendable.Value);
    }

    [Fact]
    public async Task Turn_WhileTheWalletCannotSayWhatItPaid_SendsNothingMore()
    {
        await hub.AskAsync(7_000);
        wallet.Next = Death.AfterPaying;
        await Assert.ThrowsAsync<DiedException>(FinishAsync);
        wallet.LoseAnswers(2);
        await FinishAsync();
        await FinishAsync();
        Assert.Equal((1, 0), (wallet.Sent, hub.Proved.Value));
        Assert.True(await FinishAsync());
        Assert.Equal((1, 7_000), (wallet.Sent, hub.Proved.Value));
    }

    [Fact]
    public async Task Turn_AfterARouteFailed_TriesTheSameInvoiceAgain()
    {
        await hub.AskAsync(7_000);
        wallet.NoRoutes = 2;
        DirectPayer payer = Payer(out HubClient client);
        using (client)
        {
            Assert.False(await payer.FinishAsync(TimeSpan.Zero, CancellationToken.None));
            clock.Late += TimeSpan.FromSeconds(1);
            Assert.False(await payer.FinishAsync(TimeSpan.Zero, CancellationToken.None));
            clock.Late += TimeSpan.FromSeconds(2);
            Assert.True(await payer.FinishAsync(TimeSpan.Zero, CancellationToken.None));
        }

        Assert.Equal((1, 7_000, 7_000), (wallet.Sent, await ReceivedAsync(), hub.Proved.Value));
    }

    [Fact]
    public async Task Turn_WithAnEmptyWallet_SaysSoAtOnce()
    {
        await hub.AskAsync(200_000);
        DirectPayer payer = Payer(out HubClient client);
        using (client)
        {
            Assert.False(await payer.FinishAsync(TimeSpan.Zero, CancellationToken.None));
            Assert.Contains("could not pay 200 sat", payer.Standing().Trouble, StringComparison.Ordinal);
            Assert.Contains("200 sat is still due", payer.Remainder(), StringComparison.Ordinal);
        }

        Assert.Equal(0, await ReceivedAsync());
    }

    [Fact]
    public async Task Turn_AskedForMoreThanTheBudget_PaysUpToIt()
    {
        await hub.AskAsync(30_000);
        await hub.AskAsync(30_000);
        DirectPayer payer = Payer(out HubClient client, budget: 50_000);
        using (client)
        {
            Assert.False(await payer.FinishAsync(TimeSpan.Zero, CancellationToken.None));
            Assert.Contains("above what is left of the budget", payer.Standing().Trouble, StringComparison.Ordinal);
        }

        Assert.Equal((30_000, 30_000), (await ReceivedAsync(), hub.Proved.Value));
        Assert.InRange(Journal().Cost.Value, 30_000, 50_000);
    }

    [Fact]
    public async Task Turn_AskedForMoreThanWasSetAsideForSeeders_DoesNotPay()
    {
        committed = 10_000;
        await hub.AskAsync(10_001);
        DirectPayer payer = Payer(out HubClient client);
        using (client)
        {
            Assert.False(await payer.FinishAsync(TimeSpan.Zero, CancellationToken.None));
            Assert.Contains("more than was signed for", payer.Standing().Trouble, StringComparison.Ordinal);

            // What is set aside, and half of the budget for routes.
            Assert.Equal(510_000, payer.Standing().AtMostLost.Value);
        }

        Assert.Equal((0, 0), (wallet.Sent, await ReceivedAsync()));
    }

    [Fact]
    public async Task Turn_AskedForMoreThanReceiptsSay_DoesNotPay()
    {
        // Grants are out for a hundred times as much: what counts is what was signed.
        signed = 10_000;
        await hub.AskAsync(6_000);
        await hub.AskAsync(4_001);
        DirectPayer payer = Payer(out HubClient client);
        using (client)
        {
            Assert.False(await payer.FinishAsync(TimeSpan.Zero, CancellationToken.None));
            Assert.Contains("more than was signed for", payer.Standing().Trouble, StringComparison.Ordinal);
        }

        Assert.Equal((6_000, 6_000), (await ReceivedAsync(), hub.Proved.Value));
    }

    [Fact]
    public async Task Turn_AskedForManyCrumbs_LosesNoMoreToRoutesThanThePartOfTheBudget()
    {
        // A hub, or a payee, that lives of routing: a thousandth of a sat each, over a route that takes all that is allowed.
        signed = 1_000;
        for (int crumb = 0; crumb < 40; crumb++)
        {
            await hub.AskAsync(1);
        }

        wallet.FeeOf = request => request.MaxFee;
        DirectPayer payer = Payer(out HubClient client, budget: 20_000);
        using (client)
        {
            for (int run = 0; run < 40; run++)
            {
                Msat most = payer.Standing().AtMostLost + Journal().Cost;
                await payer.FinishAsync(TimeSpan.Zero, CancellationToken.None);
                Assert.True(Journal().Cost <= most);
            }
        }

        (Msat paid, Msat fees, int count) = Journal().Proved;
        Assert.InRange(fees.Value, 9_000, 10_000);
        Assert.Equal((count, count), (paid.Value, hub.Proved.Value));
    }

    [Fact]
    public async Task Turn_InvoiceOverAnotherAmountThanTheHubSays_DoesNotPay()
    {
        Invoice invoice = (await payee.CreateInvoiceAsync(new InvoiceRequest("other", Msat.From(9_000), "due"))).Required();
        hub.Demand(invoice, 1_000);
        Assert.False(await FinishAsync());
        Assert.Equal((0, 0), (wallet.Sent, await ReceivedAsync()));
        Assert.Empty(Journal().Open);
    }

    [Fact]
    public async Task Turn_SameInvoiceAskedForTwice_PaysItOnceAndProvesItForTheFirst()
    {
        Invoice invoice = await hub.AskAsync(7_000);
        hub.Demand(invoice, 7_000);
        Assert.False(await FinishAsync());
        DirectPayer payer = Payer(out HubClient client);
        using (client)
        {
            Assert.False(await payer.FinishAsync(TimeSpan.Zero, CancellationToken.None));
            Assert.Contains("It is not paid again", payer.Standing().Trouble, StringComparison.Ordinal);
        }

        Assert.Equal((7_000, 1, 7_000), (await ReceivedAsync(), wallet.Sent, hub.Proved.Value));
        Assert.Equal(7_000, Journal().Proved.Paid.Value);
    }

    [Fact]
    public async Task Turn_ExpiredUnpaid_IsGivenUpOnlyAfterTheWalletSaysThatItDidNotPay()
    {
        await hub.AskAsync(7_000, expiry: TimeSpan.FromMinutes(2));
        wallet.Next = Death.BeforePaying;
        await Assert.ThrowsAsync<DiedException>(FinishAsync);
        clock.Late = TimeSpan.FromSeconds(110);
        await FinishAsync();
        Assert.Equal((0, 0), (wallet.Sent, hub.GivenUp));
        clock.Late = TimeSpan.FromMinutes(4);
        wallet.LoseAnswers(1);
        await FinishAsync();
        Assert.Equal(0, hub.GivenUp);
        await FinishAsync();
        Assert.Equal((0, 1), (wallet.Sent, hub.GivenUp));
        Assert.Empty(Journal().Open);
    }

    [Fact]
    public async Task Turn_ExpiredButPaidBefore_IsProvedAndNotGivenUp()
    {
        await hub.AskAsync(7_000, expiry: TimeSpan.FromMinutes(2));
        wallet.Next = Death.AfterPaying;
        await Assert.ThrowsAsync<DiedException>(FinishAsync);
        clock.Late = TimeSpan.FromMinutes(4);
        Assert.True(await FinishAsync());
        Assert.Equal((1, 0, 7_000), (wallet.Sent, hub.GivenUp, hub.Proved.Value));
    }

    [Fact]
    public async Task Turn_ProofThatTheHubNeverTakes_CountsAsSpentAndIsShown()
    {
        await hub.AskAsync(7_000);
        hub.RefusesProofs = true;
        DirectPayer payer = Payer(out HubClient client);
        using (client)
        {
            await payer.FinishAsync(TimeSpan.Zero, CancellationToken.None);
            Assert.Contains("does not take the proof", payer.Remainder(), StringComparison.Ordinal);
            Assert.Equal(7_000, payer.Standing().Paid.Value);
        }

        Assert.Equal(1, wallet.Sent);
    }

    [Fact]
    public async Task Turn_HubAwayWhenItIsToBeProved_KeepsTheProofForLater()
    {
        await hub.AskAsync(7_000);
        wallet.Next = Death.AfterPaying;
        await Assert.ThrowsAsync<DiedException>(FinishAsync);
        hub.IsAway = true;
        Assert.False(await FinishAsync());
        Assert.NotNull(Assert.Single(Journal().Open).Preimage);
        hub.IsAway = false;
        Assert.True(await FinishAsync());
        Assert.Equal((1, 7_000), (wallet.Sent, hub.Proved.Value));
    }

    [Fact]
    public async Task Turn_HeldInFlight_IsWaitedFor()
    {
        await network.HoldNextAsync("payee", 1);
        Invoice invoice = await hub.AskAsync(7_000);
        Task<bool> first = FinishAsync();
        await Task.WhenAny(first, Task.Delay(TimeSpan.FromSeconds(40)));
        await FinishAsync();
        Assert.Equal((0, 0), (await ReceivedAsync(), hub.Proved.Value));
        Assert.True(await network.SettleHeldAsync(invoice.PaymentHash));
        await first;
        Assert.True(await FinishAsync());
        Assert.Equal((7_000, 7_000), (await ReceivedAsync(), hub.Proved.Value));
    }

    private DirectJournal Journal() => DirectJournal.Load(folder["direct.json"]);

    private DirectPayer Payer(out HubClient client, long budget = 1_000_000)
    {
        client = new HubClient(new Uri("http://hub.example"), key, hub);
        var limits = new DirectLimits(
            Msat.From(budget), Msat.From(budget / 2), () => Msat.From(committed), () => Msat.From(signed ?? committed));
        return new DirectPayer(client, DuesHub.Channel, wallet, Journal(), limits, clock);
    }

    private async Task<bool> FinishAsync()
    {
        DirectPayer payer = Payer(out HubClient client);
        using (client)
        {
            return await payer.FinishAsync(TimeSpan.Zero, CancellationToken.None);
        }
    }

    private async Task<EmbeddedNode> OpenAsync(string name, long satoshi)
    {
        string token = Digest.Of(System.Text.Encoding.UTF8.GetBytes(name)).ToString();
        Assert.Equal(OpenWalletResult.Opened, await network.OpenWalletAsync(name, token, Msat.FromSatoshi(satoshi)));
        return (await network.AuthenticateAsync(name, token))!;
    }

    private async Task<long> ReceivedAsync() => (await payee.GetBalanceAsync()).Spendable.Value;

    private sealed class LateClock : TimeProvider
    {
        public TimeSpan Late { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Late;
    }
}
