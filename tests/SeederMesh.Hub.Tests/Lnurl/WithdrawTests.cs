using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Destinations;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Hub.Tests.Lnurl;

/// <summary>LNURL-withdraw (LUD-03) over HTTP: a seeder without an address takes 2,500 msat with any wallet, once, and nobody takes more.</summary>
public sealed class WithdrawTests : IAsyncLifetime
{
    private const long Owed = 2_500;

    private readonly HttpClient http = new();
    private readonly AheadClock clock = new();
    private HubFixture hub = null!;
    private Scene scene = null!;
    private HubCaller seeder = null!;
    private EmbeddedNode wallet = null!;
    private EmbeddedNode other = null!;

    public async ValueTask InitializeAsync()
    {
        hub = await HubFixture.StartAsync(options => options with { Clock = clock });
        scene = await Scene.OpenAsync(hub);
        seeder = hub.Caller();
        wallet = await hub.WalletAsync("seeder");
        other = await hub.WalletAsync("other");
        await scene.FundAsync(50_000);
        TestChain chain = await scene.GrantAsync(seeder, 40_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(0, 40)])));
    }

    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return hub.DisposeAsync();
    }

    [Fact]
    public async Task Link_AsLnurlAndScheme_LeadsToTheSameWithdrawRequest()
    {
        HubReply link = await LinkAsync();

        Uri bech32 = LnurlText.Read(link.Text("lnurl")).Address!;
        Assert.Equal(bech32, LnurlText.Read(link.Text("uri")).Address);
        JsonElement offer = await AskAsync(bech32);
        Assert.Equal("withdrawRequest", offer.GetProperty("tag").GetString());
        Assert.Equal((1_000, Owed), (offer.GetProperty("minWithdrawable").GetInt64(), offer.GetProperty("maxWithdrawable").GetInt64()));
        Assert.Equal("open", (await StateAsync(link)).Text("state"));
    }

    [Fact]
    public async Task Invoice_WithinWhatIsOwed_IsPaidOnce()
    {
        HubReply link = await LinkAsync();
        string invoice = await InvoiceAsync(wallet, Owed);

        Assert.Equal("OK", Status(await TakeAsync(link, invoice)));
        await PaidAsync(link);
        Assert.Equal("OK", Status(await TakeAsync(link, invoice)));
        await Task.Delay(100);

        Assert.Equal(Owed, (await wallet.GetBalanceAsync()).Spendable.Value);
        HubReply state = await StateAsync(link);
        Assert.Equal(("paid", Owed.ToString()), (state.Text("state"), state.Text("amountMsat")));
        HubReply payout = (await seeder.GetAsync($"/v1/payouts/{state.Text("payoutId")}")).Required();
        Assert.Equal(scene.Manifest.Digest.ToString(), payout.Json.GetProperty("lines")[0].GetProperty("manifestDigest").GetString());
    }

    [Fact]
    public async Task Invoice_OverAPart_LeavesTheRestForTheNextLink()
    {
        HubReply first = await LinkAsync();
        Assert.Equal("OK", Status(await TakeAsync(first, await InvoiceAsync(wallet, 1_000))));
        await PaidAsync(first);
        HubReply second = await LinkAsync();
        Assert.Equal(1_500, second.Msat("mostMsat"));
        Assert.Equal("OK", Status(await TakeAsync(second, await InvoiceAsync(wallet, 1_500))));
        await PaidAsync(second);
        Assert.Equal(Owed, (await wallet.GetBalanceAsync()).Spendable.Value);
        Assert.Equal("nothing-to-withdraw", (await seeder.PostAsync("/v1/withdrawals", null)).Problem);
    }

    // amount, seconds of life -> what the wallet is told
    [Theory]
    [InlineData(Owed + 1, 3_600, "At most 2500 msat")]
    [InlineData(1_000_000_000, 3_600, "At most 2500 msat")]
    [InlineData(0, 3_600, "names no amount")]
    [InlineData(Owed, 5, "expired")]
    public async Task Invoice_ThatCannotBePaid_IsRefusedAndTheLinkStaysOpen(long amount, int lifeSeconds, string told)
    {
        HubReply link = await LinkAsync();

        JsonElement answer = await TakeAsync(link, await InvoiceAsync(wallet, amount, lifeSeconds));

        Assert.Equal("ERROR", Status(answer));
        Assert.Contains(told, answer.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal("OK", Status(await TakeAsync(link, await InvoiceAsync(wallet, Owed))));
    }

    [Theory]
    [InlineData("lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj32dlqnls087fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql", "bitcoin")]
    [InlineData("lnbcrt1", "cannot be read")]
    [InlineData("", "cannot be read")]
    [InlineData("bolt11:x", "cannot be read")]
    public async Task Invoice_OfAnotherNetworkOrNone_IsRefused(string invoice, string told)
    {
        JsonElement answer = await TakeAsync(await LinkAsync(), invoice);

        Assert.Equal("ERROR", Status(answer));
        Assert.Contains(told, answer.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("zz")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task Secret_ThatIsNotTheLinks_TakesNothing(string k1)
    {
        await LinkAsync();

        JsonElement answer = JsonSerializer.Deserialize<JsonElement>(await http.GetStringAsync(
            new Uri(hub.Hub.Address, $"/lnurl/withdraw?k1={k1}&pr={await InvoiceAsync(wallet, Owed)}")));

        Assert.Equal("ERROR", Status(answer));
        Assert.Equal(0, (await wallet.GetBalanceAsync()).Spendable.Value);
    }

    [Fact]
    public async Task TwoWallets_RacingForOneLink_OneIsPaid()
    {
        HubReply link = await LinkAsync();
        string mine = await InvoiceAsync(wallet, Owed);
        string theirs = await InvoiceAsync(other, Owed);

        string[] answers = [.. (await Task.WhenAll(TakeAsync(link, mine), TakeAsync(link, theirs))).Select(Status).Order()];

        Assert.Equal(["ERROR", "OK"], answers);
        await PaidAsync(link);
        Assert.Equal(Owed, (await wallet.GetBalanceAsync()).Spendable.Value + (await other.GetBalanceAsync()).Spendable.Value);
    }

    [Fact]
    public async Task TwoLinks_WithTheSameInvoice_PayItOnce()
    {
        HubReply first = await LinkAsync();
        HubReply second = await LinkAsync();
        string invoice = await InvoiceAsync(wallet, 1_000);

        Assert.Equal("OK", Status(await TakeAsync(first, invoice)));
        await PaidAsync(first);
        JsonElement again = await TakeAsync(second, invoice);

        Assert.Equal("ERROR", Status(again));
        Assert.Contains("has paid this invoice", again.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(1_000, (await wallet.GetBalanceAsync()).Spendable.Value);
    }

    [Fact]
    public async Task Invoice_HeldInFlightOverARestart_IsPaidOnce()
    {
        await hub.Hub.Network.HoldNextAsync(wallet.Name, 1);
        HubReply link = await LinkAsync();
        Assert.Equal("OK", Status(await TakeAsync(link, await InvoiceAsync(wallet, Owed))));
        await HubFixture.UntilAsync(
            async () => (await hub.Hub.Network.Hub.ListPaymentsAsync(10)).Any(payment => payment.Status == PaymentStatus.Pending),
            "a payment in flight");
        await hub.RestartAsync();
        seeder = hub.CallerOf(seeder.Key);
        wallet = await hub.Hub.Network.NodeAsync(wallet.Name);

        Assert.Equal("nothing-to-withdraw", (await seeder.PostAsync("/v1/withdrawals", null)).Problem);
        Assert.True(await hub.Hub.Network.SettleHeldAsync((await PayoutsAsync()).Single().PaymentHash!.Value));
        await PaidAsync(link);
        Assert.Equal(Owed, (await wallet.GetBalanceAsync()).Spendable.Value);
    }

    [Fact]
    public async Task Invoice_ThatFails_GivesTheMoneyBackForANewLink()
    {
        await hub.Hub.Network.RefuseNextAsync(wallet.Name, 1);
        HubReply first = await LinkAsync();
        Assert.Equal("OK", Status(await TakeAsync(first, await InvoiceAsync(wallet, Owed))));
        await HubFixture.UntilAsync(async () => (await StateAsync(first)).Text("state") == "failed", "the failure");
        Assert.Equal("ERROR", Status(await TakeAsync(first, await InvoiceAsync(wallet, Owed))));

        HubReply second = await LinkAsync();
        Assert.Equal("OK", Status(await TakeAsync(second, await InvoiceAsync(wallet, Owed))));
        await PaidAsync(second);
        Assert.Equal(Owed, (await wallet.GetBalanceAsync()).Spendable.Value);
    }

    [Fact]
    public async Task Link_TooOld_GivesNothing()
    {
        HubReply link = await LinkAsync();
        clock.Advance(TimeSpan.FromMinutes(15));

        Assert.Equal("ERROR", Status(await AskAsync(LnurlText.Read(link.Text("lnurl")).Address!)));
        JsonElement answer = await TakeAsync(link, await InvoiceAsync(wallet, Owed));
        Assert.Contains("too old", answer.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal("expired", (await StateAsync(link)).Text("state"));
    }

    [Fact]
    public async Task Register_WithoutAnAddress_KeepsTheMoneyForTheSeedersKeyOnly()
    {
        string own = $"withdraw:{new DidKey(seeder.Key.PublicKey)}";
        string others = $"withdraw:{new DidKey(hub.Caller().Key.PublicKey)}";
        string path = $"/v1/seeders/{seeder.Key.PublicKey}";

        Assert.Equal("invalid-destination", (await seeder.PutAsync(path, new { destination = others, name = "box" })).Problem);
        (await seeder.PutAsync(path, new { destination = own, name = "box" })).Required();

        HubReply link = await LinkAsync();
        Assert.Equal(Owed, link.Msat("mostMsat"));
        Assert.Equal("OK", Status(await TakeAsync(link, await InvoiceAsync(wallet, Owed))));
        await PaidAsync(link);
    }

    [Fact]
    public async Task Link_OfAnotherPayee_IsRefused()
    {
        HubReply refused = await hub.Caller().PostAsync("/v1/withdrawals", new { payeeId = PayeeRecord.IdOfSeeder(seeder.Key.PublicKey).ToString() });

        Assert.Equal("wrong-key", refused.Problem);
    }

    [Fact]
    public async Task Links_BeyondTheBound_AreRefused()
    {
        for (int made = 0; made < 16; made++)
        {
            await LinkAsync();
        }

        Assert.Equal("too-many-links", (await seeder.PostAsync("/v1/withdrawals", null)).Problem);
    }

    [Fact]
    public async Task Payee_NamedByAKeyInTheManifest_WithdrawsItsShare()
    {
        HubCaller anna = hub.Caller();
        Scene second = await Scene.OpenAsync(hub, $"withdraw:{new DidKey(anna.Key.PublicKey)}", name: "2");
        await second.FundAsync(50_000);
        HubCaller box = hub.Caller();
        TestChain chain = await second.GrantAsync(box, 40_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(box, chain.Next([.. Enumerable.Range(0, 40)])));

        HubReply link = (await anna.PostAsync("/v1/withdrawals", new { })).Required();
        Assert.Equal(7_000, link.Msat("mostMsat"));
        Assert.Equal("OK", Status(await TakeAsync(link, await InvoiceAsync(wallet, 7_000))));
        await PaidAsync(link);
    }

    [Fact]
    public async Task Page_OfALink_ShowsItsCodeAndForgetsNothing()
    {
        HubReply link = await LinkAsync();

        using HttpResponseMessage page = await http.GetAsync(new Uri(link.Text("page")));
        string html = await page.Content.ReadAsStringAsync();

        Assert.Contains("<svg", html, StringComparison.Ordinal);
        Assert.Contains("href=\"lightning:" + link.Text("lnurl"), html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("no-store", page.Headers.CacheControl!.ToString());
        Assert.Contains("default-src 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    private static string Status(JsonElement answer) => answer.GetProperty("status").GetString()!;

    private static async Task<string> InvoiceAsync(EmbeddedNode payee, long msat, int lifeSeconds = 3_600) =>
        (await payee.CreateInvoiceAsync(new InvoiceRequest("w-" + Guid.NewGuid().ToString("N"), msat == 0 ? null : Msat.From(msat), "withdrawal")
        {
            Expiry = TimeSpan.FromSeconds(lifeSeconds),
        })).Required().Bolt11;

    private async Task<HubReply> LinkAsync() => (await seeder.PostAsync("/v1/withdrawals", null)).Required();

    private async Task<HubReply> StateAsync(HubReply link) => (await seeder.GetAsync($"/v1/withdrawals/{link.Text("withdrawalId")}")).Required();

    private Task PaidAsync(HubReply link) =>
        HubFixture.UntilAsync(async () => (await StateAsync(link)).Text("state") == "paid", "the withdrawal");

    private Task<IReadOnlyList<PayoutRecord>> PayoutsAsync() =>
        hub.Ledger.Reader.ListNewestPayoutsAsync(PayeeRecord.IdOfSeeder(seeder.Key.PublicKey), 10);

    private async Task<JsonElement> AskAsync(Uri link) => JsonSerializer.Deserialize<JsonElement>(await http.GetStringAsync(link));

    /// <summary>What a wallet does: asks the link, and takes the invoice to the callback with the k1 that it was given.</summary>
    private async Task<JsonElement> TakeAsync(HubReply link, string invoice)
    {
        string k1 = LnurlText.Read(link.Text("lnurl")).Address!.Segments[^1];
        return await AskAsync(new Uri(hub.Hub.Address, $"/lnurl/withdraw?k1={k1}&pr={Uri.EscapeDataString(invoice)}"));
    }
}
