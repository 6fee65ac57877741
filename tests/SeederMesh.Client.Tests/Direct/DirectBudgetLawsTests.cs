using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded;
using Xunit;

namespace SeederMesh.Client.Tests.Direct;

// Goal: whatever becomes of payments, in whatever order, and wherever the process dies, the wallet never pays more than the budget, nor
// payees more than receipts say, nor anybody more than "at most you can lose" said before.
// Method: random walks: dues that are asked for, honestly or not, payments that are made, fail, are held, or of which nobody knows,
// answers that are lost, deaths, and time. After each step the wallet that knows is asked. A failure names its seed.
public sealed class DirectBudgetLawsTests : IAsyncLifetime
{
    private const long Budget = 40_000;
    private const long Routing = 3_000;

    private readonly TemporaryFolder folder = new();
    private readonly SigningKey key = SigningKey.FromSeed([.. Enumerable.Repeat((byte)5, 32)]);
    private EmbeddedNetwork network = null!;
    private EmbeddedNode payee = null!;
    private EmbeddedNode purse = null!;

    public async ValueTask InitializeAsync()
    {
        network = await EmbeddedNetwork.OpenAsync(new EmbeddedNetworkOptions(folder["lightning.db"]));
        payee = await OpenAsync("payee", 0);
        purse = await OpenAsync("payer", 1_000);
    }

    public async ValueTask DisposeAsync()
    {
        await network.DisposeAsync();
        key.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Walk_AnyFatesOfPayments_StaysWithinEveryLimit(int seed)
    {
        var random = new Random(seed);
        using var hub = new DuesHub(payee);
        var wallet = new MoodyWallet(purse, random);
        long signed = 0;
        long committed = 0;
        (long Bound, long Committed) shown = (long.MaxValue, -1);
        for (int step = 0; step < 60; step++)
        {
            switch (random.Next(6))
            {
                case 0 or 1:
                    // Receipts are signed, grants are given.
                    signed += random.Next(6_000);
                    committed = Math.Max(committed, signed) + random.Next(3_000);
                    break;
                case 2 or 3:
                    // What the hub asks for has nothing to do with it.
                    await hub.AskAsync(random.Next(1, 9_000));
                    break;
                case 4:
                    await wallet.EndHeldAsync();
                    break;
                default:
                    hub.Next = (Death)random.Next(5);
                    hub.IsAway = random.Next(4) == 0;
                    break;
            }

            DirectStanding standing = await TurnAsync(hub, wallet, signed, committed);
            (long taken, long amounts) = await wallet.WorstAsync();
            string at = $"seed {seed}, step {step}";
            Assert.True(taken <= Budget, $"{at}: {taken} taken of {Budget}");
            Assert.True(amounts <= signed, $"{at}: {amounts} to payees, {signed} signed");
            Assert.True(taken - amounts <= Routing, $"{at}: {taken - amounts} for routes");
            Assert.True(shown.Committed != committed || taken <= shown.Bound, $"{at}: {taken}, at most {shown.Bound} was shown");
            Assert.True(hub.Proved.Value <= amounts, at);
            shown = (standing.Paid.Value + standing.Fees.Value + standing.AtMostLost.Value, committed);
        }

        // When everything has ended and everybody answers, all that was paid is proved.
        (hub.Next, hub.IsAway, wallet.IsCalm) = (Death.None, false, true);
        await wallet.EndHeldAsync();
        await TurnAsync(hub, wallet, signed, committed);
        DirectStanding end = await TurnAsync(hub, wallet, signed, committed);
        (_, long paid) = await wallet.WorstAsync();
        Assert.Equal((paid, paid), (hub.Proved.Value, end.Paid.Value));
        Assert.True(wallet.Sent > 3, $"seed {seed}: {wallet.Sent} payments");
    }

    /// <summary>One attempt at everything, by a process of its own, which may die in it.</summary>
    private async Task<DirectStanding> TurnAsync(DuesHub hub, MoodyWallet wallet, long signed, long committed)
    {
        using var client = new HubClient(new Uri("http://hub.example"), key, hub, new HastyTime());
        var limits = new DirectLimits(
            Msat.From(Budget), Msat.From(Routing), () => Msat.From(committed), () => Msat.From(signed));
        var payer = new DirectPayer(
            client, DuesHub.Channel, wallet, DirectJournal.Load(folder["direct.json"]), limits, TimeProvider.System);
        try
        {
            await payer.FinishAsync(TimeSpan.Zero, CancellationToken.None);
            return payer.Standing();
        }
        catch (DiedException)
        {
            return new DirectPayer(
                client, DuesHub.Channel, wallet, DirectJournal.Load(folder["direct.json"]), limits, TimeProvider.System).Standing();
        }
    }

    private async Task<EmbeddedNode> OpenAsync(string name, long satoshi)
    {
        string token = Digest.Of(System.Text.Encoding.UTF8.GetBytes(name)).ToString();
        Assert.Equal(OpenWalletResult.Opened, await network.OpenWalletAsync(name, token, Msat.FromSatoshi(satoshi)));
        return (await network.AuthenticateAsync(name, token))!;
    }

    /// <summary>A clock whose waits are over at once: a hub that is away is not waited for.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, dueTime < TimeSpan.FromSeconds(10) ? TimeSpan.Zero : dueTime, period);
    }
}
