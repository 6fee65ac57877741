using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Audit;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>The disk is full and then not full again, at any moment while a hundred payees are paid: each has its money once.</summary>
public sealed class PayoutDiskFullTests
{
    private const int PayeesMax = 100;
    private const long OwedMsat = 2_000;
    private const int WavesMax = 40;

    // how many commits of the hundred payments pass before the disk is full -> what that meets
    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(100)]
    public async Task Pay_OnADiskThatIsFullForAWhile_PaysEachOnce(int paidBefore)
    {
        string folder = Directory.CreateTempSubdirectory("seedermesh-full-").FullName;
        var clock = new SteppedClock();
        using SigningKey key = SigningKey.FromSeed(new byte[32]);
        using var database = new FaultyDatabase(Path.Combine(folder, "hub.db"));
        var ledger = new LedgerStore(database, new LedgerOptions { Clock = clock });
        EmbeddedNetwork network = await EmbeddedNetwork.OpenAsync(
            new EmbeddedNetworkOptions(Path.Combine(folder, "lightning.db")) { Clock = clock });
        await network.OpenWalletAsync("payee", new string('a', 64), Msat.Zero);
        EmbeddedNode wallet = await network.NodeAsync("payee");
        Id128[] payees = [.. Enumerable.Range(1, PayeesMax).Select(number => new Id128((UInt128)number))];
        await OweAsync(ledger, payees, "keysend:" + (await wallet.GetInfoAsync()).NodeId);
        var node = new FaultyNode(network.Hub);
        using IHost silo = PayoutSilo.Build(Path.Combine(folder, "grains.db"), services =>
        {
            services.AddSingleton(ledger);
            services.AddSingleton<ILightningNode>(node);
            services.AddSingleton<TimeProvider>(clock);
            services.AddSingleton<IInvoiceFetcher>(new PayoutWorld.ScriptedInvoices());
            services.AddSingleton(new HubSettings(key, ChannelLimits.Default, PayoutPolicy.Default, new byte[32]));
        });
        await silo.StartAsync(TestContext.Current.CancellationToken);
        IGrainFactory grains = silo.Services.GetRequiredService<IGrainFactory>();

        Task running = Task.WhenAll(payees.Select(payee => TryAsync(grains, payee)));
        while (!running.IsCompleted && node.Sent < paidBefore)
        {
            await Task.Yield();
        }

        database.IsFull = true;
        await running;
        int refused = 0;
        for (int wave = 0; wave < 3; wave++)
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            refused += (await Task.WhenAll(payees.Select(payee => TryAsync(grains, payee)))).Count(done => !done);
        }

        database.IsFull = false;
        long owed = 1;
        for (int wave = 0; wave < WavesMax && owed > 0; wave++)
        {
            clock.Advance(TimeSpan.FromMinutes(2));
            await Task.WhenAll(payees.Select(payee => TryAsync(grains, payee)));
            LedgerAccount?[] accounts = await Task.WhenAll(
                payees.Select(payee => ledger.Reader.FindAccountAsync(AccountOpening.Payee(payee).Id)));
            owed = accounts.Sum(account => account!.Available.Value + account.DebitsPending.Value);
        }

        IReadOnlyList<Payment> sent =
            [.. (await network.Hub.ListPaymentsAsync(1_000)).Where(payment => payment.Status == PaymentStatus.Succeeded)];
        Assert.True(refused > 0 || paidBefore == PayeesMax, "the disk was full while somebody was to be paid");
        Assert.Equal((0, PayeesMax, PayeesMax * OwedMsat), (owed, sent.Count, sent.Sum(payment => payment.Amount.Value)));
        Assert.Equal(PayeesMax * OwedMsat, (await wallet.GetBalanceAsync()).Spendable.Value);
        foreach (Id128 payee in payees)
        {
            IReadOnlyList<PayoutRecord> payouts = await ledger.Reader.ListNewestPayoutsAsync(payee, 10);
            Assert.Equal(PayoutStatus.Succeeded, Assert.Single(payouts).Status);
        }

        await silo.StopAsync(TestContext.Current.CancellationToken);
        ledger.Dispose();
        await network.DisposeAsync();
        AuditReport audit = LedgerAudit.Run(Path.Combine(folder, "hub.db"));
        Assert.Empty(audit.Checks.Where(check => !check.IsPassed).Select(check => $"{check.Name}: {check.Detail}"));
        Directory.Delete(folder, recursive: true);
    }

    private static async Task OweAsync(LedgerStore ledger, Id128[] payees, string destination)
    {
        await EarningsBook.AddPayeesAsync(ledger, payees.Select(payee => new PayeeRecord
        {
            Id = payee,
            Kind = PayeeKind.Creator,
            Owner = "did:key:anna",
            Destination = destination,
        }));
        var book = new EarningsBook(ledger, 1, Msat.FromSatoshi(100_000));
        await book.OpenAsync();
        await book.EarnAsync(1, 1_000_000, [.. payees.Select(payee => (payee, OwedMsat))]);
    }

    private static async Task<bool> TryAsync(IGrainFactory grains, Id128 payee)
    {
        try
        {
            await grains.GetGrain<IPayoutGrain>(PayoutKey.OfPayee(payee)).PayAsync();
            return true;
        }
        catch (LedgerUnavailableException)
        {
            return false;
        }
    }
}
