using System.Diagnostics;
using SeederMesh.Benchmarks.Measuring;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Benchmarks.Lightning;

/// <summary>What a payment costs on the embedded network: multi-hop, durable (fsync) before it is acknowledged.</summary>
internal static class PayoutBenchmarks
{
    private const int Wallets = 20;
    private const int Payments = 10_000;
    private const int InFlight = 256;
    private const int Alone = 200;

    /// <summary>Keysends from the hub to wallets over a routing node: many at once, against one after another.</summary>
    public static async Task<Finding> KeysendsAsync()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("seedermesh-bench-");
        try
        {
            await using EmbeddedNetwork network = await EmbeddedNetwork.OpenAsync(
                new EmbeddedNetworkOptions(Path.Combine(folder.FullName, "lightning.db")));
            NodeId[] payees = new NodeId[Wallets];
            for (int i = 0; i < Wallets; i++)
            {
                await network.OpenWalletAsync($"payee-{i}", new string('0', 32), Msat.Zero);
                payees[i] = (await (await network.NodeAsync($"payee-{i}")).GetInfoAsync()).NodeId;
            }

            await PayAsync(network.Hub, payees, 0, 500, InFlight); // warm up
            double alone = Alone / await PayAsync(network.Hub, payees, 500, Alone, 1);
            double together = Payments / await PayAsync(network.Hub, payees, 1_000, Payments, InFlight);
            return new Finding(
                $"{Payments:N0} keysends over two hops on the embedded network, {InFlight} in flight, each durable when acknowledged",
                $"{together:N0} payments a second",
                $"{together / alone:N1} times one after another ({alone:N0} a second: one fsync each)",
                Target.AtLeast(2_000, together, "payments a second"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<double> PayAsync(EmbeddedNode hub, NodeId[] payees, int first, int count, int inFlight)
    {
        long start = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(first, first + count, new ParallelOptions { MaxDegreeOfParallelism = inFlight }, async (i, cancellation) =>
        {
            Preimage preimage = new(Digest.Of(BitConverter.GetBytes(i)).Span);
            Payment payment = await hub.KeysendAsync(
                new KeysendRequest(payees[i % payees.Length], Msat.From(10_000), preimage, Msat.From(100)), cancellation);
            if (payment.Status != PaymentStatus.Succeeded)
            {
                throw new InvalidOperationException($"Payment {i}: {payment.Status}, {payment.Reason}");
            }
        });
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
