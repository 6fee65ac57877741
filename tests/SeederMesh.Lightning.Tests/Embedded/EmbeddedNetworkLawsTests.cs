using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Lightning.Tests.Embedded;

/// <summary>Goal: whatever happens in whatever order, no play money appears, vanishes or is paid twice. Method: random walks by seed; copies taken while it runs.</summary>
public sealed class EmbeddedNetworkLawsTests
{
    private static readonly string[] wallets = ["amy", "ben", "cat", "dan"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task AnyOrderOfPaymentsFailuresAndRestarts_BooksStayTrueAndNothingIsPaidTwice(int seed)
    {
        using TemporaryFolder folder = new();
        Random random = new(seed);
        string path = folder.File("lightning.db");
        EmbeddedNetwork network = await OpenAsync(path);
        foreach (string wallet in wallets)
        {
            await network.OpenWalletAsync(wallet, new string('0', 32), Msat.FromSatoshi(1_000));
        }

        long total = EmbeddedNetworkAudit.Run(path).TotalMsat;
        Dictionary<Digest, Msat> paid = [];
        List<Digest> held = [];
        List<(string Payer, Invoice Invoice)> open = [];
        for (int step = 0; step < 150; step++)
        {
            string from = wallets[random.Next(wallets.Length)];
            string to = random.Next(4) == 0 ? EmbeddedNetwork.HubName : wallets[random.Next(wallets.Length)];
            switch (random.Next(12))
            {
                case 0:
                    await network.HoldNextAsync(to, 1);
                    break;
                case 1 when held.Count > 0:
                    await network.SettleHeldAsync(held[random.Next(held.Count)]);
                    break;
                case 2 when held.Count > 0:
                    await network.FailHeldAsync(held[random.Next(held.Count)]);
                    break;
                case 3:
                    await network.SetOnlineAsync(to, random.Next(3) > 0);
                    break;
                case 4:
                    await network.SetUsableAsync(random.Next(1, 4), random.Next(3) > 0);
                    break;
                case 5:
                    await network.LoseNextAnswersAsync(from, 1);
                    break;
                case 6 when random.Next(3) == 0:
                    await network.DisposeAsync();
                    network = await OpenAsync(path);
                    break;
                case 7 when open.Count > 0:
                    (string payer, Invoice again) = open[random.Next(open.Count)];
                    Note(await PayAsync(network, payer, again), paid, held);
                    break;
                case 8:
                    Preimage preimage = new(Digest.Of(BitConverter.GetBytes(random.Next(40))).Span);
                    NodeId payee = (await (await network.NodeAsync(to)).GetInfoAsync()).NodeId;
                    Note(
                        await (await network.NodeAsync(from)).KeysendAsync(
                            new KeysendRequest(payee, Msat.From(random.Next(1, 400_000)), preimage, Msat.From(1_000)) { TimeLimit = TimeSpan.Zero }),
                        paid,
                        held);
                    break;
                default:
                    Invoice invoice = (await (await network.NodeAsync(to)).CreateInvoiceAsync(
                        new InvoiceRequest($"step-{step}", Msat.From(random.Next(1, 400_000)), "step"))).Required();
                    open.Add((from, invoice));
                    Note(await PayAsync(network, from, invoice), paid, held);
                    break;
            }
        }

        EmbeddedNetworkAudit audit = EmbeddedNetworkAudit.Run(path);
        Assert.Empty(audit.Findings);
        Assert.Equal(total, audit.TotalMsat);
        Assert.InRange(paid.Count, 10, audit.Payments);
        await network.DisposeAsync();
    }

    // The walk is the same for the same seed: keys, invoices, routes, fees and balances.
    [Fact]
    public async Task SameSeedAndCalls_SameInvoicesRoutesAndBalances()
    {
        List<string> first = await RunAsync();
        List<string> second = await RunAsync();

        Assert.Equal(first, second);
    }

    [Fact]
    public async Task OpenAsync_CopyTakenWhilePaying_HasEveryAcknowledgedPayment()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("lightning.db");
        await using EmbeddedNetwork network = await OpenAsync(path);
        await network.OpenWalletAsync("amy", new string('0', 32), Msat.Zero);
        NodeId amy = (await (await network.NodeAsync("amy")).GetInfoAsync()).NodeId;
        List<Digest> acknowledged = [];
        for (int round = 0; round < 5; round++)
        {
            Task<Payment>[] paying = [.. Enumerable.Range(round * 20, 20).Select(i => network.Hub.KeysendAsync(
                new KeysendRequest(amy, Msat.From(1_000), new Preimage(Digest.Of(BitConverter.GetBytes(i)).Span), Msat.From(10))))];
            Payment one = await await Task.WhenAny(paying);
            acknowledged.Add(one.PaymentHash);

            // What a killed process leaves: the files as they are in the middle of the other payments.
            string crashed = folder.File($"crashed-{round}.db");
            File.Copy(path, crashed);
            File.Copy(path + "-wal", crashed + "-wal");
            await using EmbeddedNetwork reopened = await OpenAsync(crashed);
            foreach (Digest hash in acknowledged)
            {
                Assert.Equal(PaymentStatus.Succeeded, (await reopened.Hub.LookUpPaymentAsync(hash)).Status);
            }

            Assert.Empty(EmbeddedNetworkAudit.Run(crashed).Findings);
            acknowledged.AddRange((await Task.WhenAll(paying)).Select(payment => payment.PaymentHash));
        }
    }

    [Fact]
    public async Task Run_BooksChangedByHand_FindsIt()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("lightning.db");
        await (await OpenAsync(path)).DisposeAsync();
        await using (Microsoft.Data.Sqlite.SqliteConnection thief = new($"Data Source={path};Pooling=False"))
        {
            await thief.OpenAsync();
            await using Microsoft.Data.Sqlite.SqliteCommand steal = thief.CreateCommand();
            steal.CommandText = "UPDATE channel SET balance_a_msat = balance_a_msat - 1 WHERE id = 1";
            await steal.ExecuteNonQueryAsync();
        }

        EmbeddedNetworkAudit audit = EmbeddedNetworkAudit.Run(path);

        Assert.False(audit.Holds);
        Assert.Contains(audit.Findings, finding => finding.StartsWith("Channel 1 ", StringComparison.Ordinal));
        Assert.Contains(audit.Findings, finding => finding.StartsWith("Node hub ", StringComparison.Ordinal));
    }

    private static async Task<List<string>> RunAsync()
    {
        using TemporaryFolder folder = new();
        await using EmbeddedNetwork network = await OpenAsync(folder.File("lightning.db"));
        List<string> seen = [];
        foreach (string wallet in wallets)
        {
            await network.OpenWalletAsync(wallet, new string('0', 32), Msat.FromSatoshi(1_000));
            Invoice invoice = (await (await network.NodeAsync(wallet)).CreateInvoiceAsync(
                new InvoiceRequest("same", Msat.From(5_000), "same"))).Required();
            Payment payment = await network.Hub.PayAsync(new PayRequest(invoice.Bolt11, Msat.From(100)));
            seen.Add($"{invoice.Bolt11} {payment.Preimage} {payment.Fee}");
        }

        seen.AddRange((await network.ListChannelsAsync()).Select(channel => channel.ToString()));
        return seen;
    }

    private static async Task<Payment> PayAsync(EmbeddedNetwork network, string payer, Invoice invoice) =>
        await (await network.NodeAsync(payer)).PayAsync(
            new PayRequest(invoice.Bolt11, Msat.From(1_000)) { TimeLimit = TimeSpan.Zero });

    private static void Note(Payment payment, Dictionary<Digest, Msat> paid, List<Digest> held)
    {
        if (payment.Status == PaymentStatus.Pending)
        {
            held.Add(payment.PaymentHash);
        }

        if (payment.Status == PaymentStatus.Succeeded)
        {
            Assert.Equal(payment.PaymentHash, payment.Preimage!.Value.PaymentHash);
            Assert.Equal(payment.Amount, paid.TryGetValue(payment.PaymentHash, out Msat before) ? before : payment.Amount);
            paid[payment.PaymentHash] = payment.Amount;
        }
    }

    private static Task<EmbeddedNetwork> OpenAsync(string path) =>
        EmbeddedNetwork.OpenAsync(new EmbeddedNetworkOptions(path) { Seed = new byte[32], Clock = new ManualClock() });
}
