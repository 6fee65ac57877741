using SeederMesh.Client.Tests.Swarm;
using SeederMesh.Core.Money;
using Xunit;

namespace SeederMesh.Client.Tests.Getting;

/// <summary>The wallet pays for a channel once, whatever the hub says after it.</summary>
public sealed class ChannelDeskTests
{
    [Fact]
    public async Task FundAsync_HubAsksForASecondPaymentAfterARestart_IsNotPaidTwice()
    {
        await using TestSwarm swarm = await TestSwarm.StartAsync();
        swarm.Hub.ForgetsPayments = true;
        using var place = new TemporaryFolder();
        long before = await SpendableAsync(swarm);
        using (var stop = new CancellationTokenSource())
        {
            Task first = FundAsync(swarm, place, stop.Token);
            while (await SpendableAsync(swarm) == before)
            {
                await Task.Delay(10);
            }

            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        }

        long after = await SpendableAsync(swarm);
        ClientException refused = await Assert.ThrowsAsync<ClientException>(() => FundAsync(swarm, place, CancellationToken.None));
        Assert.Contains("second payment", refused.Message, StringComparison.Ordinal);
        Assert.Equal(after, await SpendableAsync(swarm));
    }

    private static async Task FundAsync(TestSwarm swarm, TemporaryFolder place, CancellationToken cancellation)
    {
        DownloadFolder folder = DownloadFolder.Open(place["downloads"], "album");
        if (folder.State is null)
        {
            folder.Save(new DownloadState
            {
                Hub = swarm.Hub.Url,
                HubKey = LocalHub.Key.PublicKey,
                ManifestDigest = swarm.Manifest.Digest,
                Budget = Msat.From(60_000),
                Invoiced = Msat.From(50_000),
                ExpiresUnixMs = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds(),
                Refund = "keysend:02" + new string('a', 64),
            });
        }

        using var desk = new ChannelDesk(folder, swarm.Wallet, TimeProvider.System);
        await desk.FundAsync(swarm.Manifest.Manifest.Torrent.InfohashV2, swarm.Price, Msat.From(10_000), new EventLog<GetEvent>(), cancellation);
    }

    private static async Task<long> SpendableAsync(TestSwarm swarm) => (await swarm.Wallet.GetBalanceAsync()).Spendable.Value;
}
