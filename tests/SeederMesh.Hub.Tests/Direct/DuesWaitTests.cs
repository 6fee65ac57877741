using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Lightning;

namespace SeederMesh.Hub.Tests.Direct;

// Goal: a downloader hears of what is due when it becomes due, without asking again and again, and no payee can make the others wait.
// Method: a real hub; answers that are kept back are let go by what happens, never by a time that a test waits for.
public sealed class DuesWaitTests : IAsyncLifetime
{
    private HubFixture hub = null!;
    private DirectScene scene = null!;

    public async ValueTask InitializeAsync()
    {
        hub = await DirectScene.StartHubAsync();
        scene = await DirectScene.OpenAsync(hub);
    }

    public ValueTask DisposeAsync() => hub.DisposeAsync();

    [Fact]
    public async Task Ask_AfterAVersion_IsAnsweredWhenReceiptsAreSettled()
    {
        TestChain chain = await scene.Scene.GrantAsync(scene.Seeder, limit: 8_000);
        HubReply first = await AskAsync("");
        Assert.Equal(("8001", "1"), (first.Text("windowMsat"), first.Text("roomMsat")));
        Task<HubReply> waiting = AskAsync($"after={first.Text("version")}&waitMs=10000");
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next([.. Enumerable.Range(0, 32)])));
        HubReply next = await waiting;
        while (Invoices(next).Length < 2)
        {
            next = await AskAsync($"after={next.Text("version")}&waitMs=10000");
        }

        Assert.Equal(7_600, Invoices(next).Sum(Amount));
    }

    [Fact]
    public async Task Ask_AfterAVersion_IsAnsweredWhenAProofIsBookedAndWhenAGrantIsClosed()
    {
        TestChain chain = await scene.Scene.GrantAsync(scene.Seeder, limit: 8_001);
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next([.. Enumerable.Range(0, 32)])));
        HubReply first = await AskAsync("");
        Task<HubReply> waiting = AskAsync($"after={first.Text("version")}&waitMs=10000");
        JsonElement invoice = Invoices(first)[0];
        (await scene.ProveAsync(invoice, (await scene.PayAsync(invoice)).Preimage!.Value.ToString())).Required();
        HubReply proved = await waiting;
        Assert.True(long.Parse(proved.Text("roomMsat")) > 2_000);
        waiting = AskAsync($"after={proved.Text("version")}&waitMs=10000");
        (await scene.Seeder.PostAsync($"/v1/channels/{scene.Scene.ChannelId}/grants/{chain.Grant.GrantId}/close", null)).Required();
        HubReply closed = await waiting;
        Assert.Equal(long.Parse(proved.Text("roomMsat")) + 1, long.Parse(closed.Text("roomMsat")));
    }

    [Fact]
    public async Task Ask_WithAnotherWaiting_LetsTheFirstGo()
    {
        HubReply known = await AskAsync("");
        Task<HubReply> first = AskAsync($"after={known.Text("version")}&waitMs=10000");
        Task<HubReply> second;
        do
        {
            // Which of two that come at once is the second is the hub's affair; one of them is let go.
            second = AskAsync($"after={known.Text("version")}&waitMs=1");
            await second;
        }
        while (!first.IsCompleted);
        Assert.Equal(known.Text("version"), (await first).Text("version"));
    }

    [Theory]
    [InlineData("least=5")]
    [InlineData("least=00000000000000000000000000000001:-1")]
    [InlineData("least=00000000000000000000000000000001:9300000000000000000")]
    [InlineData("waitMs=x")]
    public async Task Ask_WithAMalformedQuestion_IsRefused(string query) =>
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await scene.Scene.Downloader.GetAsync($"/v1/channels/{scene.Scene.ChannelId}/dues?{query}", isSigned: true)).Status);

    [Fact]
    public async Task Ask_WithADearRoute_WaitsUntilThePaymentBearsIt()
    {
        TestChain chain = await scene.Scene.GrantAsync(scene.Seeder, limit: 8_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next([.. Enumerable.Range(0, 7)])));
        HubReply dues = await AskAsync("");
        string payee = Assert.Single(Invoices(dues)).GetProperty("payeeId").GetString()!;
        Assert.Equal(1_225, Amount(Invoices(dues)[0]));
        await scene.PayAllAsync();
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next([.. Enumerable.Range(7, 7)])));
        Assert.DoesNotContain(Invoices(await AskAsync($"least={payee}:1300")), due => due.GetProperty("payeeId").GetString() == payee);
        Assert.Contains(Invoices(await AskAsync($"least={payee}:1200")), due => due.GetProperty("payeeId").GetString() == payee);
    }

    [Fact]
    public async Task Prove_WhileAnotherPayeeKeepsTheHubWaiting_IsBooked()
    {
        // The seeder's address takes the question and never answers.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await Task.Delay(1_100, TestContext.Current.CancellationToken);
        await scene.RegisterAsync($"lnaddress:box@127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}");
        TestChain chain = await scene.Scene.GrantAsync(scene.Seeder, limit: 8_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next([.. Enumerable.Range(0, 32)])));
        HubReply dues = await AskAsync("after=none&waitMs=10000");
        using Socket asked = await silent.AcceptSocketAsync(TestContext.Current.CancellationToken);
        while (Invoices(dues).Length == 0)
        {
            dues = await AskAsync($"after={dues.Text("version")}&waitMs=10000");
        }

        JsonElement invoice = Assert.Single(Invoices(dues));
        Payment payment = await scene.PayAsync(invoice);
        (await scene.ProveAsync(invoice, payment.Preimage!.Value.ToString())).Required();
        HubReply after = await AskAsync("after=none&waitMs=0");
        Assert.Equal(5_600, DirectScene.Due(after, "creator", "provedMsat"));

        // Still nothing of the silent payee's, good or bad: the proof did not wait for it.
        Assert.All(
            after.Json.GetProperty("dues").EnumerateArray().Where(due => due.GetProperty("kind").GetString() == "seeder"),
            due => Assert.False(due.TryGetProperty("remark", out _)));
    }

    private static JsonElement[] Invoices(HubReply dues) => [.. dues.Json.GetProperty("payments").EnumerateArray()];

    private static long Amount(JsonElement invoice) => long.Parse(invoice.GetProperty("amountMsat").GetString()!);

    private async Task<HubReply> AskAsync(string query) =>
        (await scene.Scene.Downloader.GetAsync($"/v1/channels/{scene.Scene.ChannelId}/dues?{query}", isSigned: true)).Required();
}
