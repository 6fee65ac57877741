using System.Text.Json;
using SeederMesh.Core.Channels;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Hub.Tests.Direct;

/// <summary>A direct channel over the usual work, one seeder, and the downloader's purse, which pays what is due.</summary>
internal sealed class DirectScene
{
    private DirectScene(Scene scene, HubCaller seeder, EmbeddedNode box)
    {
        (Scene, Seeder, Box) = (scene, seeder, box);
    }

    public Scene Scene { get; }

    public HubCaller Seeder { get; private set; }

    public EmbeddedNode Box { get; private set; }

    private HubFixture Hub => Scene.Hub;

    public static string AddressOf(HubFixture hub, EmbeddedNode wallet) => $"lnaddress:{wallet.Name}@127.0.0.1:{hub.Hub.Address.Port}";

    /// <summary>A hub that keeps one port, so that its wallets' Lightning addresses outlive a restart.</summary>
    public static async Task<HubFixture> StartHubAsync(Func<HubOptions, HubOptions>? change = null)
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        string listen = $"http://{taken.LocalEndpoint}";
        taken.Stop();
        return await HubFixture.StartAsync(options => (change?.Invoke(options) ?? options) with { Listen = listen });
    }

    public static async Task<DirectScene> OpenAsync(HubFixture hub, long budget = 50_000, string name = "")
    {
        EmbeddedNode creator = await hub.WalletAsync("creator" + name);
        Scene scene = await Scene.OpenAsync(hub, AddressOf(hub, creator), name);
        HubCaller seeder = hub.Caller();
        EmbeddedNode box = await hub.WalletAsync("box" + name);
        var direct = new DirectScene(scene, seeder, box);
        await direct.RegisterAsync($"{await HubFixture.KeysendToAsync(box)}\n{AddressOf(hub, box)}");
        (await direct.OpenChannelAsync(budget)).Required();
        return direct;
    }

    public async Task<HubReply> RegisterAsync(string destination, bool? takesDirect = null) => (await Seeder.PutAsync(
        $"/v1/seeders/{Seeder.Key.PublicKey}", new { destination, name = "box", takesDirect })).Required();

    public async Task<HubReply> OpenChannelAsync(long budget)
    {
        Dictionary<string, object> terms = await Scene.TermsAsync(budget);
        terms["mode"] = "direct";
        terms.Remove("refund");
        Core.Identity.PublicKey key = KeyOf(await Scene.Downloader.GetAsync("/v1/hub"));
        Scene.UseChannel(ChannelTerms.IdFor(key, Scene.Downloader.Key.PublicKey).ToString());
        return await Scene.Downloader.PostAsync("/v1/channels", terms);
    }

    public async Task<HubReply> DuesAsync() =>
        (await Scene.Downloader.GetAsync($"/v1/channels/{Scene.ChannelId}/dues", isSigned: true)).Required();

    /// <summary>The invoices of the hub's answer.</summary>
    public async Task<JsonElement[]> InvoicesAsync() => [.. (await DuesAsync()).Json.GetProperty("payments").EnumerateArray()];

    public async Task<Payment> PayAsync(JsonElement invoice)
    {
        Payment payment = await Scene.Purse.PayAsync(
            new PayRequest(invoice.GetProperty("invoice").GetString()!, Core.Money.Msat.FromSatoshi(10)));
        Assert.True(payment.Status == PaymentStatus.Succeeded, payment.Reason);
        return payment;
    }

    public Task<HubReply> ProveAsync(JsonElement invoice, string preimage, HubCaller? as_ = null) => (as_ ?? Scene.Downloader).PostAsync(
        $"/v1/channels/{Scene.ChannelId}/dues/{invoice.GetProperty("payoutId").GetString()}/proof", new { preimage });

    /// <summary>Pays and proves until nothing is asked for.</summary>
    public async Task PayAllAsync()
    {
        for (JsonElement[] due = await InvoicesAsync(); due.Length > 0; due = await InvoicesAsync())
        {
            foreach (JsonElement invoice in due)
            {
                Payment payment = await PayAsync(invoice);
                (await ProveAsync(invoice, payment.Preimage!.Value.ToString())).Required();
            }
        }
    }

    public async Task CloseAsync(TestChain chain)
    {
        (await Seeder.PostAsync($"/v1/channels/{Scene.ChannelId}/grants/{chain.Grant.GrantId}/close", null)).Required();
        (await Scene.Downloader.PostAsync($"/v1/channels/{Scene.ChannelId}/close", new { })).Required();
    }

    public static long Due(HubReply dues, string kind, string field) => dues.Json.GetProperty("dues").EnumerateArray()
        .Where(due => due.GetProperty("kind").GetString() == kind)
        .Sum(due => long.Parse(due.GetProperty(field).GetString()!));

    public async Task<long> ReceivedAsync(EmbeddedNode wallet) => (await wallet.GetBalanceAsync()).Spendable.Value;

    public async Task ReconnectAsync()
    {
        await Scene.ReconnectAsync();
        Seeder = Hub.CallerOf(Seeder.Key);
        Box = await Hub.Hub.Network.NodeAsync(Box.Name);
    }

    private static Core.Identity.PublicKey KeyOf(HubReply hub) =>
        Core.Identity.PublicKey.TryParseHex(hub.Text("publicKey"), out Core.Identity.PublicKey key)
            ? key
            : throw new InvalidOperationException("no key");
}
