using System.Net;
using System.Net.Sockets;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Grains.Tests.Payouts;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Hub.Tests;

/// <summary>A thousand payees at one host that takes calls and never answers, and one elsewhere who stands behind them all.</summary>
public sealed class SilentHostTests
{
    private const int PayeesMax = 1_000;
    private const int LegsOfAPosting = 250;
    private const long OwedMsat = 2_000;

    // The host is waited for during ten seconds, a second for each place; each payee waiting by itself would take a quarter of an hour.

    [Fact]
    public async Task Payouts_AtAHostThatIsDown_HoldUpNobodyElse()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using HubFixture hub = await HubFixture.StartAsync();
        EmbeddedNode wallet = await hub.WalletAsync("elsewhere");
        PayeeRecord[] waiting = [.. Enumerable.Range(1, PayeesMax).Select(number => PayeeAt(
            new Id128((UInt128)number), $"lnaddress:payee{number}@{silent.LocalEndpoint}"))];
        PayeeRecord last = PayeeAt(new Id128(UInt128.MaxValue), await HubFixture.KeysendToAsync(wallet));
        await EarningsBook.AddPayeesAsync(hub.Ledger, [.. waiting, last]);
        var book = new EarningsBook(hub.Ledger, 1, Msat.FromSatoshi(1_000_000));
        await book.OpenAsync();
        foreach (PayeeRecord[] some in waiting.Append(last).Chunk(LegsOfAPosting))
        {
            await book.EarnAsync(1, 100_000, [.. some.Select(payee => (payee.Id, OwedMsat))]);
        }

        // Whoever is owed is found in the order of the ids.
        await hub.RestartAsync();
        wallet = await hub.Hub.Network.NodeAsync(wallet.Name);
        await HubFixture.UntilAsync(
            async () => (await wallet.GetBalanceAsync()).Spendable.Value == OwedMsat, "whoever stands behind the thousand", secondsMax: 90);

        LedgerAccount waits = (await hub.Ledger.Reader.FindAccountAsync(AccountOpening.Payee(waiting[0].Id).Id))!;
        Assert.Equal((OwedMsat, 0), (waits.Available.Value, waits.DebitsPosted.Value));
    }

    private static PayeeRecord PayeeAt(Id128 id, string destination) =>
        new() { Id = id, Kind = PayeeKind.Creator, Owner = "did:key:anna", Destination = destination };
}
