using System.Text.Json.Nodes;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Checks;
using SeederMesh.Lightning.Embedded;
using SeederMesh.Lightning.Tests.CoreLightning;

namespace SeederMesh.Lightning.Tests.Checks;

/// <summary>Goal: the check fails where a node would fail later, and moves no money. Method: the embedded network, and a stand-in with one fault.</summary>
public sealed class NodeCheckTests : IDisposable
{
    private static readonly byte[] key = Digest.Of("node"u8).ToArray();

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task RunAsync_EmbeddedNode_PassesAndMovesNothing()
    {
        await using EmbeddedNetwork network = await EmbeddedNetwork.OpenAsync(new EmbeddedNetworkOptions(folder.File("lightning.db")));
        await network.OpenWalletAsync("alice", new string('a', 64), Msat.FromSatoshi(1_000));
        EmbeddedNode node = (await network.AuthenticateAsync("alice", new string('a', 64)))!;
        NodeBalance before = await node.GetBalanceAsync();

        IReadOnlyList<CheckRow> rows = await NodeCheck.RunAsync(node, TimeProvider.System);

        Assert.All(rows, row => Assert.True(row.Verdict is CheckVerdict.Passed or CheckVerdict.Limited, $"{row.Name}: {row.Detail}"));
        Assert.Equal(
            ["connect", "node", "network", "chain", "can send", "can receive", "on chain", "make an invoice", "read the invoice", "clock", "decode",
                "look up an invoice", "watch invoices", "list", "look up a payment", "refuse to pay", "keysend", "BOLT 12", "fee limit"],
            rows.Select(row => row.Name));
        Assert.Equal(before, await node.GetBalanceAsync());
    }

    // With two slashes the path is absolute too, as BTCPay Server reads it.
    [Theory]
    [InlineData("unix:///")]
    [InlineData("unix://")]
    public async Task RunAsync_NobodyThere_FailsAndTriesNoFurther(string scheme)
    {
        string path = folder.File("nothing");
        await using ILightningNode node = LightningNodes.Connect($"type=clightning;server={scheme}{path.TrimStart('/')}");
        IReadOnlyList<CheckRow> rows = await NodeCheck.RunAsync(node, TimeProvider.System);
        Assert.Equal([("connect", CheckVerdict.Failed), ("everything else", CheckVerdict.Skipped)], rows.Select(row => (row.Name, row.Verdict)));
        Assert.Contains($"{path} (key server) cannot be connected: there is no such file", rows[0].Detail, StringComparison.Ordinal);
    }

    // one thing wrong at the node -> the row that fails
    [Theory]
    [InlineData("", null)]
    [InlineData("syncing", "chain")]
    [InlineData("clock", "clock")]
    [InlineData("other network", "read the invoice")]
    [InlineData("wrong amount", "read the invoice")]
    [InlineData("forgets", "look up an invoice")]
    [InlineData("pays", "refuse to pay")]
    [InlineData("no list", "list")]
    [InlineData("no watch", "watch invoices")]
    [InlineData("no invoice", "make an invoice")]
    public async Task RunAsync_OneFault_IsTheOneThatFails(string fault, string? row)
    {
        await using FakeLightningd daemon = new(folder.File("lightning-rpc"));
        Prepare(daemon, fault);
        await using ILightningNode node = LightningNodes.Connect($"type=clightning;server={daemon.Path}");

        IReadOnlyList<CheckRow> rows = await NodeCheck.RunAsync(node, TimeProvider.System);

        Assert.Equal(row is null ? [] : [row], rows.Where(one => one.Verdict == CheckVerdict.Failed).Select(one => one.Name).Distinct());
    }

    private static void Prepare(FakeLightningd daemon, string fault)
    {
        string warning = fault == "syncing" ? ",\"warning_lightningd_sync\":\"Still loading latest blocks from bitcoind.\"" : "";
        daemon.On("getinfo", $$"""{"id":"{{Secp256k1.PublicKey(key)}}","network":"regtest","blockheight":1,"version":"v25.12"{{warning}}}""");
        daemon.On("listpeerchannels", """{"channels":[]}""");
        daemon.On("listfunds", """{"outputs":[]}""");
        Bolt11Invoice? made = null;
        daemon.Methods["invoice"] = parameters =>
        {
            Assert.True(Bolt11Invoice.TryDecode(
                new Bolt11Draft
                {
                    Prefix = fault == "other network" ? "bc" : "bcrt",
                    Amount = Msat.From(fault == "wrong amount" ? 2_000 : 1_000),
                    CreatedAt = DateTimeOffset.UtcNow + (fault == "clock" ? TimeSpan.FromMinutes(6) : TimeSpan.Zero),
                    PaymentHash = Digest.Of("check"u8),
                    PaymentSecret = Digest.Of("secret"u8),
                    Description = "mesh wallet check",
                }.Sign(key),
                out made,
                out _));
            return fault == "no invoice"
                ? throw new RpcFault(-1, "no", null)
                : Task.FromResult<JsonNode>(new JsonObject
                {
                    ["payment_hash"] = made.PaymentHash.ToString(),
                    ["bolt11"] = made.Text,
                    ["expires_at"] = made.ExpiresAt.ToUnixTimeSeconds(),
                });
        };
        daemon.Methods["decode"] = _ => Task.FromResult<JsonNode>(new JsonObject
        {
            ["type"] = "bolt11 invoice",
            ["valid"] = true,
            ["currency"] = "bcrt",
            ["amount_msat"] = 1_000,
            ["payment_hash"] = made!.PaymentHash.ToString(),
        });
        daemon.Methods["listinvoices"] = parameters =>
        {
            bool byHash = parameters.TryGetProperty("payment_hash", out _);
            return (fault == "forgets" && byHash) || made is null || fault == "no invoice"
                ? Task.FromResult<JsonNode>(new JsonObject { ["invoices"] = new JsonArray() })
                : fault == "no list" && !byHash ? throw new RpcFault(-1, "no", null)
                : Task.FromResult(JsonNode.Parse($$"""{"invoices":[{"label":"l","payment_hash":"{{made.PaymentHash}}","amount_msat":1000,"status":"unpaid"}]}""")!);
        };
        daemon.On("listpays", """{"pays":[]}""");
        daemon.Methods["waitanyinvoice"] = async _ =>
        {
            if (fault == "no watch")
            {
                throw new RpcFault(-1, "no", null);
            }

            await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
            return new JsonObject();
        };
        if (fault == "pays")
        {
            Preimage preimage = new(new byte[32]);
            daemon.Methods["xpay"] = _ => throw new RpcFault(-32603, "strange", null);
            int asked = 0;
            daemon.Methods["listpays"] = parameters => Task.FromResult(JsonNode.Parse(
                parameters.TryGetProperty("payment_hash", out System.Text.Json.JsonElement hash) && ++asked > 2
                    ? $$"""{"pays":[{"payment_hash":"{{hash.GetString()}}","status":"pending"}]}"""
                    : """{"pays":[]}""")!);
            daemon.Methods["waitsendpay"] = _ => throw new RpcFault(200, "timed out", null);
        }
        else
        {
            daemon.Fails("xpay", 207, "Invoice expired 82800 seconds ago");
        }
    }
}
