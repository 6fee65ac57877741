using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SeederMesh.Grains.Tests.Payouts;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Hub.Tests.History;

/// <summary>Webhooks of real payouts: each event arrives, in order, signed, under one id, whatever the other side answers meanwhile.</summary>
public sealed class WebhookTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<(string Path, string Id, string Time, string Signature, string Body)> heard = [];
    private readonly AheadClock clock = new();
    private readonly WebApplication receiver;
    private HubFixture hub = null!;
    private Scene scene = null!;
    private HubCaller seeder = null!;
    private TestChain chain = null!;
    private volatile bool gaveUp;
    private int status = 200;

    public WebhookTests()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        receiver = builder.Build();
        receiver.MapPost("{**path}", async (HttpContext http) =>
        {
            using var reader = new StreamReader(http.Request.Body);
            heard.Enqueue((
                http.Request.Path, http.Request.Headers["webhook-id"].ToString(), http.Request.Headers["webhook-timestamp"].ToString(),
                http.Request.Headers["webhook-signature"].ToString(), await reader.ReadToEndAsync()));
            if (http.Request.Path == "/hang")
            {
                try
                {
                    await Task.Delay(Timeout.Infinite, http.RequestAborted);
                }
                catch (OperationCanceledException)
                {
                    gaveUp = true;
                }
            }

            http.Response.Headers.Location = "/elsewhere";
            return Results.StatusCode(status);
        });
    }

    public async ValueTask InitializeAsync()
    {
        await receiver.StartAsync();
        hub = await HubFixture.StartAsync(options => options with
        {
            AllowPrivateAddresses = true,
            WebhookAddress = receiver.Urls.Single() + "/operator",
            WebhookIntervalMs = 20,
            Clock = clock,
        });
        scene = await Scene.OpenAsync(hub);
        seeder = hub.Caller();
        EmbeddedNode wallet = await hub.WalletAsync("seeder");
        (await seeder.PutAsync(
            $"/v1/seeders/{seeder.Key.PublicKey}", new { destination = await HubFixture.KeysendToAsync(wallet), name = "box" })).Required();
        await scene.FundAsync(50_000);
        chain = await scene.GrantAsync(seeder, 40_000);
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        await receiver.DisposeAsync();
    }

    [Fact]
    public async Task Operator_IsToldOfEveryPayout_SignedWithTheKeyFile()
    {
        await HubFixture.UntilAsync(async () => await hub.Ledger.Reader.FindWebhookAsync(WebhookRecord.OperatorId) is not null, "the webhook");
        await EarnAsync(0, 20);
        await HubFixture.UntilAsync(() => Task.FromResult(Heard("/operator").Length == 2), "the creator's and the seeder's payout");

        byte[] secret = Convert.FromHexString(await File.ReadAllTextAsync(Path.Combine(hub.Folder, "webhook.key")));
        foreach ((string _, string id, string time, string signature, string body) in Heard("/operator"))
        {
            Assert.Equal("v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{id}.{time}.{body}"))), signature);
            JsonElement message = JsonSerializer.Deserialize<JsonElement>(body);
            Assert.Equal((id, "payout.succeeded"), (message.GetProperty("id").GetString(), message.GetProperty("type").GetString()));
            Assert.Equal(
                scene.Manifest.Digest.ToString(),
                message.GetProperty("data").GetProperty("lines")[0].GetProperty("manifestDigest").GetString());
        }

        Assert.Equal(2, Heard("/operator").Select(told => told.Id).Distinct().Count());
    }

    [Fact]
    public async Task Seeder_IsToldOfItsOwnPayoutsOnly_SignedWithItsSecret()
    {
        HubReply webhook = await NameAsync("/box");
        await EarnAsync(0, 20);
        await HubFixture.UntilAsync(() => Task.FromResult(Heard("/box").Length == 1), "the seeder's payout");

        (string _, string id, string time, string signature, string body) = Heard("/box").Single();
        byte[] secret = Convert.FromBase64String(webhook.Text("secret")["whsec_".Length..]);
        Assert.Equal("v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{id}.{time}.{body}"))), signature);
        Assert.Equal(
            PayeeRecord.IdOfSeeder(seeder.Key.PublicKey).ToString(),
            JsonSerializer.Deserialize<JsonElement>(body).GetProperty("data").GetProperty("payeeId").GetString());
    }

    [Fact]
    public async Task Events_WhileTheOtherSideFails_WaitLongerEachTimeAndAreToldInOrderOverARestart()
    {
        status = 500;
        await NameAsync("/box");
        await EarnAsync(0, 20);
        await HubFixture.UntilAsync(() => Task.FromResult(Heard("/box").Length == 1), "the first attempt");
        string id = Heard("/box").Single().Id;
        await HubFixture.UntilAsync(async () => (await WebhookAsync()).Failures == 1, "its failure");
        Assert.InRange((await WebhookAsync()).NextAttemptUnixMs - clock.GetUtcNow().ToUnixTimeMilliseconds(), 1, 2_000);
        clock.Advance(TimeSpan.FromSeconds(2));
        await HubFixture.UntilAsync(async () => (await WebhookAsync()).Failures == 2, "the second attempt");
        Assert.InRange((await WebhookAsync()).NextAttemptUnixMs - clock.GetUtcNow().ToUnixTimeMilliseconds(), 2_001, 4_000);
        await EarnAsync(20, 20);
        await hub.RestartAsync();
        seeder = hub.CallerOf(seeder.Key);
        status = 204;
        clock.Advance(TimeSpan.FromSeconds(4));

        await HubFixture.UntilAsync(async () => (await WebhookAsync()).Failures == 0, "everything told");
        string[] ids = [.. Heard("/box").Select(told => told.Id)];
        Assert.Equal([id, id, id], ids[..3]);
        Assert.Equal(2, ids.Distinct().Count());
        Assert.Equal(4, ids.Length);
    }

    [Fact]
    public async Task Webhook_ThatIsGone_IsSuspendedAndGoesOnWhereItStoppedWhenNamedAgain()
    {
        status = 410;
        await NameAsync("/box");
        await EarnAsync(0, 20);
        await HubFixture.UntilAsync(async () => (await WebhookAsync()).Status == WebhookStatus.Suspended, "its end");
        Assert.Contains("410", (await WebhookAsync()).Reason, StringComparison.Ordinal);
        status = 200;

        await NameAsync("/new");

        await HubFixture.UntilAsync(() => Task.FromResult(Heard("/new").Length == 1), "the event that was missed");
        Assert.Equal(Heard("/box").Single().Id, Heard("/new").Single().Id);
    }

    [Fact]
    public async Task Webhook_TakenAway_IsToldNothingMore()
    {
        await NameAsync("/box");
        using var http = new HttpClient { BaseAddress = hub.Hub.Address };
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/v1/webhook");
        seeder.Sign(request, "/v1/webhook", [], clock.GetUtcNow());
        using HttpResponseMessage gone = await http.SendAsync(request);
        Assert.True(gone.IsSuccessStatusCode);

        await EarnAsync(0, 20);
        await HubFixture.UntilAsync(() => Task.FromResult(Heard("/operator").Length == 2), "the operator's");

        Assert.Empty(Heard("/box"));
        Assert.Equal("unknown-webhook", (await seeder.GetAsync("/v1/webhook", isSigned: true)).Problem);
    }

    /// <summary>While one webhook hangs, the others hear of everything.</summary>
    [Fact]
    public async Task Webhook_ThatHangs_KeepsNoOtherWaiting()
    {
        await HubFixture.UntilAsync(
            async () => await hub.Ledger.Reader.FindWebhookAsync(WebhookRecord.OperatorId) is not null, "the operator's webhook");
        await NameAsync("/hang");
        await EarnAsync(0, 20);
        await HubFixture.UntilAsync(() => Task.FromResult(Heard("/hang").Length == 1), "the call that hangs");
        await EarnAsync(20, 20);
        await HubFixture.UntilAsync(() => Task.FromResult(Heard("/operator").Length == 4), "the operator's");

        Assert.False(gaveUp);
        Assert.Equal(0, (await WebhookAsync()).Failures);
    }

    [Fact]
    public async Task Webhook_ThatRedirects_IsNotFollowedAndWaits()
    {
        status = 302;
        await NameAsync("/box");
        await EarnAsync(0, 20);
        await HubFixture.UntilAsync(async () => (await WebhookAsync()).Failures == 1, "its failure");

        Assert.Contains("302", (await WebhookAsync()).Reason, StringComparison.Ordinal);
        Assert.Empty(Heard("/elsewhere"));
    }

    [Fact]
    public async Task Webhook_ThatFailsForHours_IsSuspendedAndHearsEverythingOnceItIsNamedAgain()
    {
        status = 500;
        await NameAsync("/box");
        await EarnAsync(0, 20);
        for (int failures = 1; failures < 20; failures++)
        {
            await HubFixture.UntilAsync(async () => (await WebhookAsync()).Failures == failures, $"failure {failures}");
            clock.Advance(TimeSpan.FromHours(1));
        }

        await HubFixture.UntilAsync(async () => (await WebhookAsync()).Status == WebhookStatus.Suspended, "its end");
        seeder.Ahead = TimeSpan.FromHours(19);
        status = 200;
        await NameAsync("/box");
        await HubFixture.UntilAsync(async () => (await WebhookAsync()).Failures == 0, "what was missed");
        Assert.Single(Heard("/box").Select(told => told.Id).Distinct());
    }

    // The clock is set back by hours while it waits for its next attempt: it does not wait for them.
    [Fact]
    public async Task Webhook_ThatWaitsWhenTheClockIsSetBack_IsToldAtOnce()
    {
        status = 500;
        await NameAsync("/box");
        await EarnAsync(0, 20);
        await HubFixture.UntilAsync(async () => (await WebhookAsync()).Failures == 1, "its failure");
        status = 200;
        clock.Advance(TimeSpan.FromHours(-5));
        await HubFixture.UntilAsync(async () => (await WebhookAsync()).Failures == 0, "the event");
    }

    /// <summary>Whoever is not paid for long does not have all that others are paid looked through each time, and misses nothing.</summary>
    [Fact]
    public async Task Webhook_AfterMuchThatIsNotItsOwn_GoesOnFromThereAndHearsItsOwn()
    {
        await NameAsync("/box");
        long named = (await WebhookAsync()).ToldSequence;
        PayeeRecord[] others =
        [
            .. Enumerable.Range(1, 251).Select(number => new PayeeRecord
            {
                Id = new Core.Identity.Id128((UInt128)number), Kind = PayeeKind.Creator, Owner = "did:key:others",
            }),
        ];
        await EarningsBook.AddPayeesAsync(hub.Ledger, others);
        var book = new EarningsBook(hub.Ledger, 1, Core.Money.Msat.FromSatoshi(10_000));
        await book.OpenAsync();
        for (int round = 0; round < 4; round++)
        {
            await book.EarnAsync(1, 0, [.. others.Select(payee => (payee.Id, 1L))]);
        }

        await HubFixture.UntilAsync(async () => (await WebhookAsync()).ToldSequence > named + 1_000, "its new place");
        await EarnAsync(0, 20);
        await HubFixture.UntilAsync(() => Task.FromResult(Heard("/box").Length == 1), "the seeder's payout");
    }

    /// <summary>More webhooks than the ledger reads at once, and the last of them is told.</summary>
    [Fact]
    public async Task Webhook_BehindAThousandOthers_IsTold()
    {
        foreach (int[] some in Enumerable.Range(1, 1_001).Chunk(500))
        {
            Assert.True((await hub.Ledger.PostAsync(new Ledger.Postings.Posting
            {
                Id = default,
                Records =
                [
                    .. some.Select(number => new WebhookRecord
                    {
                        Id = new Core.Identity.Id128((UInt128)number),
                        Owners = $"did:key:nobody{number}",
                        Address = "https://nobody.example/",
                        Generation = 1,
                        Status = WebhookStatus.Active,
                        ToldSequence = 0,
                        SignedUnixSeconds = 1,
                    }),
                ],
            })).IsPosted);
        }

        await NameAsync("/box");
        await EarnAsync(0, 20);
        await HubFixture.UntilAsync(() => Task.FromResult(Heard("/box").Length == 1), "the seeder's payout");
    }

    [Theory]
    [InlineData("http://example.org/hook")]
    [InlineData("https://user:secret@example.org/hook")]
    [InlineData("ftp://example.org/hook")]
    [InlineData("")]
    public async Task Address_ThatMustNotBeTold_IsRefused(string address) =>
        Assert.Equal("invalid-address", (await seeder.PutAsync("/v1/webhook", new { address })).Problem);

    [Fact]
    public async Task Address_InThisNetwork_IsNotReachedUnlessTheOperatorAllows()
    {
        await using HubFixture closed = await HubFixture.StartAsync(options => options with { WebhookIntervalMs = 20 });
        HubCaller caller = closed.Caller();

        Assert.Equal("invalid-address", (await caller.PutAsync("/v1/webhook", new { address = receiver.Urls.Single() + "/box" })).Problem);
    }

    private (string Path, string Id, string Time, string Signature, string Body)[] Heard(string path) =>
        [.. heard.Where(told => told.Path == path)];

    private async Task<HubReply> NameAsync(string path) =>
        (await seeder.PutAsync("/v1/webhook", new { address = receiver.Urls.Single() + path })).Required();

    private async Task<WebhookRecord> WebhookAsync() =>
        (await hub.Ledger.Reader.FindWebhookAsync(WebhookRecord.IdOf(seeder.Key.PublicKey)))!;

    private async Task EarnAsync(int from, int pieces)
    {
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(from, pieces)])));
        await HubFixture.UntilAsync(
            async () => (await seeder.GetAsync($"/v1/seeders/{seeder.Key.PublicKey}")).Required().Text("paidMsat")
                == ((from + pieces) * 250 / 4).ToString(CultureInfo.InvariantCulture),
            "the seeder's money");
    }
}
