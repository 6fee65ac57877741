using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Ledger.Audit;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;

namespace SeederMesh.Hub.Tests.Direct;

// Goal: what is proved counts once, what is not proved never counts, and an invoice is replaced only when it cannot be paid any more.
public sealed class ProofTests : IAsyncLifetime
{
    private HubFixture hub = null!;
    private DirectScene scene = null!;
    private TestChain chain = null!;
    private readonly ShiftedTime clock = new();

    public async ValueTask InitializeAsync()
    {
        hub = await DirectScene.StartHubAsync(options => options with { Clock = clock });
        scene = await DirectScene.OpenAsync(hub);
        chain = await scene.Scene.GrantAsync(scene.Seeder, limit: 8_000);
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next([.. Enumerable.Range(0, 32)])));
    }

    public ValueTask DisposeAsync() => hub.DisposeAsync();

    [Fact]
    public async Task Ask_Again_GivesTheSameInvoices()
    {
        string[] first = [.. (await scene.InvoicesAsync()).Select(invoice => invoice.GetRawText())];

        // Creator and seeder. Registry and hub have less than a route is worth, and it keeps nothing of the window shut.
        Assert.Equal(2, first.Length);
        Assert.Equal(first, (await scene.InvoicesAsync()).Select(invoice => invoice.GetRawText()));
    }

    [Fact]
    public async Task Ask_ByAnotherKey_OrUnsigned_IsRefused()
    {
        string path = $"/v1/channels/{scene.Scene.ChannelId}/dues";
        Assert.Equal("wrong-key", (await scene.Seeder.GetAsync(path, isSigned: true)).Problem);
        Assert.Equal("signature-missing", (await scene.Scene.Downloader.GetAsync(path)).Problem);
    }

    [Fact]
    public async Task Prove_WithAnotherPreimage_OrForAnotherChannel_IsRefusedAndNothingIsBooked()
    {
        JsonElement invoice = await CreatorsAsync();
        Assert.Equal("wrong-preimage", (await scene.ProveAsync(invoice, new string('5', 64))).Problem);
        Assert.Equal("malformed-request", (await scene.ProveAsync(invoice, "5")).Problem);
        Assert.Equal("wrong-key", (await scene.ProveAsync(invoice, new string('5', 64), scene.Seeder)).Problem);
        Payment payment = await scene.PayAsync(invoice);
        DirectScene other = await DirectScene.OpenAsync(hub, name: "-other");
        Assert.Equal("unknown-payout", (await other.ProveAsync(invoice, payment.Preimage!.Value.ToString())).Problem);
        Assert.Equal(0, DirectScene.Due(await scene.DuesAsync(), "creator", "provedMsat"));
        (await scene.ProveAsync(invoice, payment.Preimage!.Value.ToString())).Required();
    }

    [Fact]
    public async Task Prove_SentAgain_CountsOnce()
    {
        JsonElement invoice = await CreatorsAsync();
        Payment payment = await scene.PayAsync(invoice);
        for (int repeat = 0; repeat < 3; repeat++)
        {
            (await scene.ProveAsync(invoice, payment.Preimage!.Value.ToString())).Required();
        }

        Assert.Equal(5_600, DirectScene.Due(await scene.DuesAsync(), "creator", "provedMsat"));
    }

    [Fact]
    public async Task Prove_OfAnOwnShareThatTheNodeHasNotReceived_IsTemporary()
    {
        // Whoever has the hub's preimage without paying could have it from the hub alone; the node is asked all the same. At the
        // end of a channel everything is asked for, however small.
        await scene.CloseAsync(chain);
        JsonElement own = (await scene.InvoicesAsync()).Single(invoice =>
            long.Parse(invoice.GetProperty("amountMsat").GetString()!) == 240);
        Invoice open = (await hub.Hub.Network.Hub.LookUpInvoiceAsync(Hash(own), TestContext.Current.CancellationToken))!;
        Assert.Null(open.Preimage);
        Assert.Equal(0, DirectScene.Due(await scene.DuesAsync(), "hub", "provedMsat"));
        await scene.PayAsync(own);

        // Paid, never proved: the node's own notice books it.
        await HubFixture.UntilAsync(async () => DirectScene.Due(await scene.DuesAsync(), "hub", "provedMsat") == 240, "the hub's share");
    }

    [Fact]
    public async Task GiveUp_BeforeTheInvoiceExpired_IsRefused()
    {
        JsonElement invoice = await CreatorsAsync();
        Assert.Equal("still-payable", (await GiveUpAsync(invoice)).Problem);
    }

    [Fact]
    public async Task GiveUp_OfAnExpiredInvoice_BringsAnotherAndTheOldProofIsWorthNothing()
    {
        JsonElement invoice = await CreatorsAsync();
        clock.Ahead = scene.Scene.Downloader.Ahead = TimeSpan.FromHours(2);
        (await GiveUpAsync(invoice)).Required();
        (await GiveUpAsync(invoice)).Required();
        JsonElement[] next = await scene.InvoicesAsync();
        JsonElement second = next.Single(other => other.GetProperty("payeeId").GetString() == invoice.GetProperty("payeeId").GetString());
        Assert.NotEqual(Hash(invoice), Hash(second));
        DirectPaymentRecord given = (await hub.Ledger.Reader.FindDirectPaymentAsync(Hash(invoice)))!;
        Assert.Equal((PayoutStatus.Failed, "gone"), (given.Status, given.Reason));
        Payment payment = await scene.PayAsync(second);
        Assert.Equal("wrong-preimage", (await scene.ProveAsync(invoice, payment.Preimage!.Value.ToString())).Problem);
        (await scene.ProveAsync(second, payment.Preimage!.Value.ToString())).Required();
    }

    [Fact]
    public async Task Hub_RestartedBetweenInvoiceAndProof_TakesTheProof()
    {
        JsonElement invoice = await CreatorsAsync();
        Payment payment = await scene.PayAsync(invoice);
        await hub.RestartAsync();
        await scene.ReconnectAsync();
        Assert.Equal(Hash(invoice), Hash(await CreatorsAsync()));
        (await scene.ProveAsync(invoice, payment.Preimage!.Value.ToString())).Required();
        await scene.PayAllAsync();
        await scene.CloseAsync(chain);
        await scene.PayAllAsync();
        Assert.True((await scene.DuesAsync()).Json.GetProperty("ended").GetBoolean());
        AuditReport receipts = ReceiptsAudit.Run(Path.Combine(hub.Folder, "hub.db"));
        Assert.True(receipts.IsPassed, string.Join('\n', receipts.Checks.Where(check => !check.IsPassed)));
    }

    [Fact]
    public async Task Payee_WhoseAddressDoesNotAnswer_WaitsAndIsReported()
    {
        await scene.PayAllAsync();
        await Task.Delay(1_100, TestContext.Current.CancellationToken);
        await scene.RegisterAsync("lnaddress:nobody@127.0.0.1:1");
        chain = await scene.Scene.GrantAsync(scene.Seeder, limit: 8_000, generation: 1);
        Assert.Equal("accepted", await Scene.VerdictsAsync(scene.Seeder, chain.Next([.. Enumerable.Range(32, 32)])));
        HubReply dues = await scene.DuesAsync();
        JsonElement waiting = dues.Json.GetProperty("dues").EnumerateArray().Single(due => due.GetProperty("kind").GetString() == "seeder");
        Assert.Equal("2000", waiting.GetProperty("dueMsat").GetString());
        Assert.Contains("127.0.0.1", waiting.GetProperty("remark").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, dues.Json.GetProperty("payments").GetArrayLength());
    }

    private async Task<JsonElement> CreatorsAsync() =>
        (await scene.InvoicesAsync()).Single(due => due.GetProperty("amountMsat").GetString() == "5600");

    private static Digest Hash(JsonElement invoice) =>
        Digest.TryParseHex(invoice.GetProperty("paymentHash").GetString(), out Digest hash)
            ? hash
            : throw new InvalidOperationException("no hash");

    private Task<HubReply> GiveUpAsync(JsonElement invoice) => scene.Scene.Downloader.PostAsync(
        $"/v1/channels/{scene.Scene.ChannelId}/dues/{invoice.GetProperty("payoutId").GetString()}/failed", new { reason = "gone" });

    /// <summary>The machine's clock, ahead by what a test says.</summary>
    private sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}
