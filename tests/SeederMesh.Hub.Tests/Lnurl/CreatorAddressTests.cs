using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Hub.Lnurl;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Destinations;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Hub.Tests.Lnurl;

/// <summary>Creators' Lightning addresses at a hub: what is sent there reaches the manifest's payees, to the msat, and the audit knows it.</summary>
public sealed class CreatorAddressTests : IAsyncLifetime
{
    private readonly HttpClient http = new();
    private HubFixture hub = null!;
    private HubCaller creator = null!;
    private EmbeddedNode anna = null!;
    private EmbeddedNode ben = null!;
    private EmbeddedNode giver = null!;
    private SignedManifest manifest = null!;

    private string Did => new DidKey(creator.Key.PublicKey).ToString();

    public async ValueTask InitializeAsync()
    {
        hub = await HubFixture.StartAsync();
        creator = hub.Caller();
        anna = await hub.WalletAsync("anna-wallet");
        ben = await hub.WalletAsync("ben-wallet");
        giver = await hub.WalletAsync("giver", satoshi: 10_000);
        manifest = Scene.Sign(
            creator.Key,
            [
                new Payee { Name = "Anna", ShareBps = 5_000, Endpoints = [Scene.Parse(await HubFixture.KeysendToAsync(anna))] },
                new Payee { Name = "Ben", ShareBps = 2_000, Endpoints = [Scene.Parse(await HubFixture.KeysendToAsync(ben))] },
            ],
            "");
        (await creator.PostBytesAsync("/v1/registry/manifests", manifest.Bytes.ToArray(), "application/json")).Required();
    }

    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return hub.DisposeAsync();
    }

    [Fact]
    public async Task DefaultAddress_OfACreator_PaysTheManifestsPayeesInFull()
    {
        HubReply addresses = (await creator.GetAsync($"/v1/creators/{Did}/addresses")).Required();
        JsonElement own = Assert.Single(addresses.Json.GetProperty("addresses").EnumerateArray());
        Assert.False(own.GetProperty("claimed").GetBoolean());

        await GiveAsync(own.GetProperty("address").GetString()!, 70_001, "chapeau!");

        // 5 and 2 sevenths of 70,001 msat; what rounding leaves goes to the larger remainder.
        await HubFixture.UntilAsync(async () => await IsPaidAsync(anna, 50_001) && await IsPaidAsync(ben, 20_000), "both payees");
        Assert.Equal("50001 20000", await EarnedAsync());
        HubReply donations = (await creator.GetAsync($"/v1/creators/{Did}/donations", isSigned: true)).Required();
        JsonElement donation = Assert.Single(donations.Json.GetProperty("donations").EnumerateArray());
        Assert.Equal(("70001", "chapeau!"), (donation.GetProperty("amountMsat").GetString(), donation.GetProperty("comment").GetString()));
        HubReply payouts = (await creator.GetAsync("/v1/payouts?lines=true")).Required();
        JsonElement[] lines = [.. payouts.Json.GetProperty("payouts").EnumerateArray().SelectMany(payout => payout.GetProperty("lines").EnumerateArray())];
        Assert.Equal(
            payouts.Json.GetProperty("payouts").EnumerateArray().Sum(payout => long.Parse(payout.GetProperty("amountMsat").GetString()!)),
            lines.Sum(line => long.Parse(line.GetProperty("amountMsat").GetString()!)));
        Assert.All(lines, line => Assert.Equal(
            (manifest.Digest.ToString(), donation.GetProperty("donationId").GetString()),
            (line.GetProperty("manifestDigest").GetString(), line.GetProperty("donationId").GetString())));
    }

    [Fact]
    public async Task ClaimedName_ForOnePayee_PaysThatPayeeAll()
    {
        string payee = manifest.Manifest.Payment!.Payees[1].Id.ToString();
        HubReply claim = (await creator.PutAsync($"/v1/creators/{Did}/addresses/ben", new { payeeId = payee })).Required();

        await GiveAsync(claim.Text("address"), 5_000, "");

        await HubFixture.UntilAsync(() => IsPaidAsync(ben, 5_000), "Ben's money");
        Assert.Equal("0 5000", await EarnedAsync());
    }

    [Fact]
    public async Task Donation_PaidWhileTheHubIsDown_IsBookedOnceAfterTheStart()
    {
        Bolt11Invoice invoice = await InvoiceAsync($"{CreatorAddresses.NameOf(creator.Key.PublicKey)}@{hub.Hub.Address.Authority}", 7_000);
        Assert.Equal(PaymentStatus.Succeeded, (await giver.PayAsync(new PayRequest(invoice.Text, Msat.From(100)))).Status);
        await hub.RestartAsync();
        await hub.RestartAsync();
        creator = hub.CallerOf(creator.Key);
        anna = await hub.Hub.Network.NodeAsync(anna.Name);

        await HubFixture.UntilAsync(() => IsPaidAsync(anna, 5_000), "the booking");
        Assert.Equal("5000 2000", await EarnedAsync());
        DonationRecord donation = (await hub.Ledger.Reader.FindDonationAsync(invoice.PaymentHash))!;
        Assert.Equal((Msat.From(7_000), 2), (donation.Paid, donation.Revision));
    }

    [Fact]
    public async Task Verify_OfADonation_SaysWhetherItWasPaid()
    {
        using DestinationResolver resolver = new(new OutgoingPolicy { AllowLoopback = true });
        ResolvedDestination resolved = await ResolveAsync(resolver, $"{CreatorAddresses.NameOf(creator.Key.PublicKey)}@{hub.Hub.Address.Authority}", 7_000, "");

        Assert.False(await resolver.VerifyAsync(resolved.VerifyAddress!));
        await giver.PayAsync(new PayRequest(resolved.Invoice!.Text, Msat.From(100)));
        Assert.True(await resolver.VerifyAsync(resolved.VerifyAddress!));
    }

    // What a payer sends beside the amount -> whether it gets an invoice.
    [Theory]
    [InlineData("amount=1000", true)]
    [InlineData("amount=999", false)]
    [InlineData("amount=1000000001", false)]
    [InlineData("amount=1000&payerdata=%7B%22name%22%3A%22Zoe%22%7D", true)]
    [InlineData("amount=1000&payerdata=%7B%22email%22%3A%22x%22%7D", false)]
    [InlineData("amount=1000&payerdata=%5B%5D", false)]
    [InlineData("amount=1000&payerdata=%7B", false)]
    [InlineData("", false)]
    public async Task Callback_AskedForAnInvoice_TakesOnlyWhatItOffers(string query, bool taken)
    {
        string name = CreatorAddresses.NameOf(creator.Key.PublicKey);
        JsonElement offer = await AskAsync($"/.well-known/lnurlp/{name}");
        JsonElement answer = await AskAsync(new Uri(offer.GetProperty("callback").GetString()!).AbsolutePath + "?" + query);

        Assert.Equal(taken, answer.TryGetProperty("pr", out JsonElement pr));
        if (taken)
        {
            string payerData = Uri.UnescapeDataString(query.Split("payerdata=").ElementAtOrDefault(1) ?? "");
            Assert.True(Bolt11Invoice.TryDecode(pr.GetString(), out Bolt11Invoice? invoice, out _));
            Assert.Equal(
                Digest.Of(System.Text.Encoding.UTF8.GetBytes(offer.GetProperty("metadata").GetString() + payerData)), invoice.DescriptionHash);
        }
    }

    [Fact]
    public async Task Callback_WithALongComment_IsRefused()
    {
        string name = CreatorAddresses.NameOf(creator.Key.PublicKey);
        JsonElement offer = await AskAsync($"/.well-known/lnurlp/{name}");
        string comment = new('x', offer.GetProperty("commentAllowed").GetInt32() + 1);

        JsonElement answer = await AskAsync(new Uri(offer.GetProperty("callback").GetString()!).AbsolutePath + $"?amount=1000&comment={comment}");

        Assert.Equal("ERROR", answer.GetProperty("status").GetString());
    }

    // Who claims what -> the problem.
    [Theory]
    [InlineData("an", "invalid-name")]
    [InlineData("4anna", "invalid-name")]
    [InlineData("Anna", "invalid-name")]
    [InlineData("anna!", "invalid-name")]
    [InlineData("support", "invalid-name")]
    [InlineData("anna-wallet", "name-taken")]
    public async Task Claim_OfANameThatIsNotFree_IsRefused(string name, string problem) =>
        Assert.Equal(problem, (await creator.PutAsync($"/v1/creators/{Did}/addresses/{name}", new { })).Problem);

    [Fact]
    public async Task Claim_BySomebodyElse_IsRefused()
    {
        (await creator.PutAsync($"/v1/creators/{Did}/addresses/anna", new { })).Required();
        HubCaller other = hub.Caller();
        string did = new DidKey(other.Key.PublicKey).ToString();
        SignedManifest work = Scene.Sign(other.Key, await HubFixture.KeysendToAsync(giver), "other");
        (await other.PostBytesAsync("/v1/registry/manifests", work.Bytes.ToArray(), "application/json")).Required();

        Assert.Equal("name-taken", (await other.PutAsync($"/v1/creators/{did}/addresses/anna", new { })).Problem);
        Assert.Equal("wrong-key", (await other.PutAsync($"/v1/creators/{Did}/addresses/anna2", new { })).Problem);
        Assert.Equal("wrong-key", (await other.GetAsync($"/v1/creators/{Did}/donations", isSigned: true)).Problem);
    }

    [Fact]
    public async Task Claims_BeyondTheBound_AreRefused()
    {
        for (int claimed = 0; claimed < CreatorAddresses.NamesMax; claimed++)
        {
            (await creator.PutAsync($"/v1/creators/{Did}/addresses/anna{claimed}", new { })).Required();
        }

        Assert.Equal("too-many-names", (await creator.PutAsync($"/v1/creators/{Did}/addresses/anna9", new { })).Problem);
        (await creator.PutAsync($"/v1/creators/{Did}/addresses/anna0", new { })).Required();
    }

    [Fact]
    public async Task Address_OfNobody_IsNoWallet()
    {
        string name = CreatorAddresses.NameOf(hub.Caller().Key.PublicKey);

        Assert.Equal("ERROR", (await AskAsync($"/.well-known/lnurlp/{name}")).GetProperty("status").GetString());
    }

    /// <summary>The hub has no revenue here, so a payee bears its route, and what that leaves of the limit waits for more.</summary>
    private static async Task<bool> IsPaidAsync(EmbeddedNode payee, long earned) =>
        (await payee.GetBalanceAsync()).Spendable.Value is var received && received >= earned * 98 / 100 && received <= earned;

    private async Task<string> EarnedAsync() => string.Join(
        ' ',
        (await creator.GetAsync($"/v1/creators/{Did}")).Required().Json.GetProperty("payees").EnumerateArray()
            .Select(payee => payee.GetProperty("earnedMsat").GetString()));

    private async Task GiveAsync(string address, long msat, string comment)
    {
        using DestinationResolver resolver = new(new OutgoingPolicy { AllowLoopback = true });
        Bolt11Invoice invoice = (await ResolveAsync(resolver, address, msat, comment)).Invoice!;
        Payment payment = await giver.PayAsync(new PayRequest(invoice.Text, Msat.From(1_000)));
        Assert.True(payment.Status == PaymentStatus.Succeeded, payment.Reason);
    }

    private static async Task<Bolt11Invoice> InvoiceAsync(string address, long msat)
    {
        using DestinationResolver resolver = new(new OutgoingPolicy { AllowLoopback = true });
        return (await ResolveAsync(resolver, address, msat, "")).Invoice!;
    }

    private static async Task<ResolvedDestination> ResolveAsync(DestinationResolver resolver, string address, long msat, string comment)
    {
        Assert.True(PayoutDestination.TryParse(address, out PayoutDestination? destination, out string error), error);
        ResolvedDestination resolved = await resolver.ResolveAsync(destination, Msat.From(msat), comment);
        Assert.True(resolved.Status == ResolveStatus.Resolved, resolved.Reason);
        return resolved;
    }

    private async Task<JsonElement> AskAsync(string path) =>
        JsonSerializer.Deserialize<JsonElement>(await http.GetStringAsync(new Uri(hub.Hub.Address, path)));
}
