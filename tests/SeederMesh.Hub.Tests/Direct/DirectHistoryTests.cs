using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Hub.Tests.Direct;

/// <summary>What downloaders pay by themselves, in the books of whoever is paid: JSON, CSV and webhook name the same payments, with hash,
/// preimage, receipts and manifest; what was only asked for is in no book as income.</summary>
public sealed class DirectHistoryTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<(string Path, JsonElement Body)> heard = [];
    private readonly WebApplication receiver;
    private HubFixture hub = null!;
    private DirectScene scene = null!;
    private TestChain chain = null!;

    public DirectHistoryTests()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        receiver = builder.Build();
        receiver.MapPost("{**path}", async (HttpContext http) => heard.Enqueue((
            http.Request.Path, (await JsonSerializer.DeserializeAsync<JsonElement>(http.Request.Body)).Clone())));
    }

    private string Payee => PayeeRecord.IdOfSeeder(scene.Seeder.Key.PublicKey).ToString();

    public async ValueTask InitializeAsync()
    {
        await receiver.StartAsync();
        hub = await DirectScene.StartHubAsync(options => options with
        {
            AllowPrivateAddresses = true,
            WebhookAddress = receiver.Urls.Single() + "/operator",
            WebhookIntervalMs = 20,
        });
        scene = await DirectScene.OpenAsync(hub);
        (await scene.Seeder.PutAsync("/v1/webhook", new { address = receiver.Urls.Single() + "/box" })).Required();
        await HubFixture.UntilAsync(
            async () => await hub.Ledger.Reader.FindWebhookAsync(WebhookRecord.OperatorId) is not null, "the webhook");
        chain = await scene.Scene.GrantAsync(scene.Seeder, limit: 8_000);
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        await receiver.DisposeAsync();
    }

    [Fact]
    public async Task Webhook_OfAProvedPayment_TellsWhoIsPaidAndTheOperatorOnceEach()
    {
        await EarnAndPayAsync(0, 16);
        await EarnAndPayAsync(16, 16, isLast: true);
        await HubFixture.UntilAsync(() => Task.FromResult(Heard("/box").Length == 2 && Heard("/operator").Length == 6), "what was proved");

        JsonElement[] told = Heard("/box");
        Assert.All(told, message =>
        {
            JsonElement payment = message.GetProperty("data");
            Assert.Equal("payout.succeeded", message.GetProperty("type").GetString());
            Assert.True(payment.GetProperty("direct").GetBoolean());
            Assert.Equal(
                (Payee, scene.Scene.ChannelId, "1000"),
                (payment.GetProperty("payeeId").GetString(), payment.GetProperty("channelId").GetString(),
                    payment.GetProperty("amountMsat").GetString()));
            Assert.Equal(
                payment.GetProperty("paymentHash").GetString(),
                Core.Identity.Digest.Of(Convert.FromHexString(payment.GetProperty("preimage").GetString()!)).ToString());
        });
        Assert.Equal([(1, 16), (17, 32)], told.Select(message => Receipts(message.GetProperty("data")).Single()));
        Assert.Equal(6, Heard("/operator").Select(message => message.GetProperty("id").GetString()).Distinct().Count());
        Assert.Equal(8_000, Heard("/operator").Sum(message => Msat(message.GetProperty("data"))));
    }

    /// <summary>An invoice that nobody paid is no income, whatever became of it.</summary>
    [Fact]
    public async Task Webhook_OfWhatIsOnlyAskedFor_IsSilent()
    {
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next([.. Enumerable.Range(0, 32)])));
        JsonElement[] invoices = await scene.InvoicesAsync();
        JsonElement creators = invoices.Single(invoice => invoice.GetProperty("amountMsat").GetString() == "5600");
        (await scene.ProveAsync(creators, (await scene.PayAsync(creators)).Preimage!.Value.ToString())).Required();
        await HubFixture.UntilAsync(() => Task.FromResult(Heard("/operator").Length == 1), "the one that was proved");

        Assert.Empty(Heard("/box"));
        Assert.Equal("2000", Assert.Single(await ListAsync("?state=intended")).GetProperty("amountMsat").GetString());
        Assert.Equal("5600", Assert.Single(await ListAsync("?state=succeeded")).GetProperty("amountMsat").GetString());
    }

    [Fact]
    public async Task Lines_OfProvedPayments_NameTheReceiptsThatWereEarnedFirstAndAddUp()
    {
        // Two settlements in the first payment; one in the second.
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next([.. Enumerable.Range(0, 8)])));
        await EarnAndPayAsync(8, 12);
        await EarnAndPayAsync(20, 12, isLast: true);

        JsonElement[] payments = [.. (await ListAsync($"?payee={Payee}&lines=true")).Reverse()];
        Assert.Equal([[(1, 8), (9, 20)], [(21, 32)]], payments.Select(Receipts));
        foreach (JsonElement payment in await ListAsync("?lines=true"))
        {
            JsonElement[] lines = [.. payment.GetProperty("lines").EnumerateArray()];
            Assert.Equal(Msat(payment), lines.Sum(Msat));
            Assert.All(lines, line =>
            {
                Assert.Equal(scene.Scene.Manifest.Digest.ToString(), line.GetProperty("manifestDigest").GetString());
                Assert.Equal(scene.Scene.Manifest.Manifest.Sequence, line.GetProperty("manifestSequence").GetInt64());
                Assert.Equal(scene.Scene.Manifest.Manifest.Torrent.InfohashV2.ToString(), line.GetProperty("infohash").GetString());
            });
        }

        // The chain's hash binds every receipt that was paid for.
        Assert.Equal(
            chain.Chain.Hash.ToString(),
            payments[1].GetProperty("lines")[0].GetProperty("receipts").GetProperty("chainHash").GetString());
    }

    [Fact]
    public async Task History_OfDirectPayments_IsPagedFilteredAndWrittenAsCsvAsTheOthers()
    {
        await EarnAndPayAsync(0, 16);
        await EarnAndPayAsync(16, 16, isLast: true);

        string[] all = [.. (await ListAsync("")).Select(Id)];
        var paged = new List<string>();
        for (string? after = ""; after is not null;)
        {
            HubReply page = (await scene.Seeder.GetAsync($"/v1/payouts?limit=3{after}")).Required();
            paged.AddRange(page.Json.GetProperty("payouts").EnumerateArray().Select(Id));
            after = page.Json.TryGetProperty("next", out JsonElement next) ? "&after=" + next.GetString() : null;
        }

        Assert.Equal(6, all.Length);
        Assert.Equal(all, paged);
        Assert.Equal(6, (await ListAsync($"?channel={scene.Scene.ChannelId}&state=succeeded")).Length);
        Assert.Equal(2, (await ListAsync($"?payee={Payee}")).Length);
        Assert.Empty(await ListAsync("?state=parked"));
        Assert.Empty(await ListAsync("?before=1"));

        using var http = new HttpClient { BaseAddress = hub.Hub.Address };
        string text = await http.GetStringAsync(new Uri($"/v1/payouts.csv?payee={Payee}", UriKind.Relative));
        string[][] rows = [.. text.TrimEnd().Split("\r\n").Select(row => row.Split(','))];
        Assert.Equal(2_000, rows.Skip(1).Sum(row => long.Parse(Field(row, "amount_msat"))));
        Assert.Equal(2_000, rows.Skip(1).Sum(row => long.Parse(Field(row, "line_amount_msat"))));
        Assert.All(rows.Skip(1), row => Assert.Equal(
            ("downloader", "succeeded", 64, 64),
            (Field(row, "paid_by"), Field(row, "state"), Field(row, "payment_hash").Length, Field(row, "preimage").Length)));
        Assert.Equal(["17", "1"], rows.Skip(1).Select(row => Field(row, "first_receipt")));

        string Field(string[] row, string column) => row[Array.IndexOf(rows[0], column)];
    }

    private static long Msat(JsonElement of) => long.Parse(of.GetProperty("amountMsat").GetString()!);

    private static string Id(JsonElement payment) => payment.GetProperty("payoutId").GetString()!;

    private static (long First, long Last)[] Receipts(JsonElement payment) =>
    [
        .. payment.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("receipts")).Select(receipts => (
            receipts.GetProperty("firstSequence").GetInt64(), receipts.GetProperty("lastSequence").GetInt64())),
    ];

    private JsonElement[] Heard(string path) => [.. heard.Where(told => told.Path == path).Select(told => told.Body)];

    private async Task<JsonElement[]> ListAsync(string query) =>
        [.. (await scene.Seeder.GetAsync("/v1/payouts" + query)).Required().Json.GetProperty("payouts").EnumerateArray()];

    /// <summary>Creator and seeder are paid; when the channel closes also registry and hub, whose crumbs waited.</summary>
    private async Task EarnAndPayAsync(int from, int pieces, bool isLast = false)
    {
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next([.. Enumerable.Range(from, pieces)])));
        if (isLast)
        {
            await scene.CloseAsync(chain);
        }

        await scene.PayAllAsync();
    }
}
