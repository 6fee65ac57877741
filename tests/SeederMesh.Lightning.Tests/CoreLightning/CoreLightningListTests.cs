using System.Text.Json.Nodes;
using SeederMesh.Core.Identity;
using SeederMesh.Lightning.CoreLightning;

namespace SeederMesh.Lightning.Tests.CoreLightning;

/// <summary>Goal: the newest entries of a node that has millions cost what they are, not what the node has. Method: a stand-in with an index.</summary>
public sealed class CoreLightningListTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private FakeLightningd daemon = null!;
    private CoreLightningNode node = null!;

    public ValueTask InitializeAsync()
    {
        daemon = new FakeLightningd(folder.File("lightning-rpc"));
        node = new CoreLightningNode(daemon.Path);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await node.DisposeAsync();
        await daemon.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task ListInvoicesAsync_MillionsOfThem_AsksForTheNewestOnly()
    {
        Has("invoices", "listinvoices", 3_000_000, _ => true);

        IReadOnlyList<Invoice> invoices = await node.ListInvoicesAsync(2);

        Assert.Equal(["i-3000000", "i-2999999"], invoices.Select(invoice => invoice.Label));
        Assert.Contains("\"index\":\"created\",\"start\":2999999", daemon.CallOf("listinvoices"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListPaymentsAsync_ManyPartsOfFewPayments_LooksFurtherBack()
    {
        // Of each payment one part in seven is listed, as one entry.
        Has("sendpays", "listpays", 1_000, index => index % 7 == 0);

        IReadOnlyList<Payment> payments = await node.ListPaymentsAsync(10);

        Assert.Equal([994, 987, 980], payments.Take(3).Select(payment => payment.CreatedAt!.Value.ToUnixTimeSeconds()));
        Assert.Equal((10, 3), (payments.Count, daemon.CountOf("listpays")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task ListInvoicesAsync_FewerThanAsked_ReturnsThem(int count)
    {
        Has("invoices", "listinvoices", count, _ => true);
        Assert.Equal(count, (await node.ListInvoicesAsync(50)).Count);
        Assert.Equal(1, daemon.CountOf("listinvoices"));
    }

    [Fact]
    public async Task ListInvoicesAsync_ReleaseWithoutIndex_ListsEverything()
    {
        daemon.On("listinvoices", $$"""{"invoices":[{{Entry(1)}},{{Entry(2)}}]}""");
        Assert.Equal(["i-2", "i-1"], (await node.ListInvoicesAsync(5)).Select(invoice => invoice.Label));
    }

    private void Has(string subsystem, string method, int count, Func<int, bool> isListed)
    {
        daemon.On("wait", $$"""{"subsystem":"{{subsystem}}","created":{{count}}}""");
        daemon.Methods[method] = parameters =>
        {
            int start = parameters.GetProperty("start").GetInt32();
            IEnumerable<string> entries = Enumerable.Range(start, Math.Max(0, count - start + 1)).Where(isListed).Select(Entry);
            return Task.FromResult(JsonNode.Parse($$"""{"{{(method == "listpays" ? "pays" : "invoices")}}":[{{string.Join(',', entries)}}]}""")!);
        };
    }

    private static string Entry(int index) =>
        $$"""{"label":"i-{{index}}","created_index":{{index}},"created_at":{{index}},"status":"complete","payment_hash":"{{Digest.Of(BitConverter.GetBytes(index))}}"}""";
}
