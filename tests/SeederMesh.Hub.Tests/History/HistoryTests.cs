using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Hub.History;
using SeederMesh.Hub.Tests.Support;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Hub.Tests.History;

/// <summary>The history of real payouts through a hub: every line names its receipts and its manifest's version, in JSON and CSV alike.</summary>
public sealed class HistoryTests : IAsyncLifetime
{
    private HubFixture hub = null!;
    private Scene scene = null!;
    private HubCaller seeder = null!;
    private TestChain chain = null!;

    private string Payee => PayeeRecord.IdOfSeeder(seeder.Key.PublicKey).ToString();

    public async ValueTask InitializeAsync()
    {
        hub = await HubFixture.StartAsync();
        scene = await Scene.OpenAsync(hub);
        seeder = hub.Caller();
        EmbeddedNode wallet = await hub.WalletAsync("seeder");
        (await seeder.PutAsync(
            $"/v1/seeders/{seeder.Key.PublicKey}", new { destination = await HubFixture.KeysendToAsync(wallet), name = "box" })).Required();
        await scene.FundAsync(50_000);
        chain = await scene.GrantAsync(seeder, 40_000);
    }

    public ValueTask DisposeAsync() => hub.DisposeAsync();

    [Fact]
    public async Task Lines_OfPayouts_NameTheirReceiptsAndTheManifestsVersion()
    {
        Digest first = await EarnAsync(0, 20);
        Digest second = await EarnAsync(20, 16);

        JsonElement[] receipts = [.. (await ListAsync($"?payee={Payee}&lines=true")).SelectMany(payout =>
            payout.GetProperty("lines").EnumerateArray()).Select(line =>
            {
                Assert.Equal(scene.Manifest.Digest.ToString(), line.GetProperty("manifestDigest").GetString());
                Assert.Equal(scene.Manifest.Manifest.Sequence, line.GetProperty("manifestSequence").GetInt64());
                Assert.Equal(scene.Manifest.Manifest.Torrent.InfohashV2.ToString(), line.GetProperty("infohash").GetString());
                return line.GetProperty("receipts");
            })];

        Assert.Equal(
            [(1, 20, 0, 20L * Scene.PieceLength, first.ToString()), (21, 36, 20L * Scene.PieceLength, 36L * Scene.PieceLength, second.ToString())],
            receipts.Select(run => (
                run.GetProperty("firstSequence").GetInt64(),
                run.GetProperty("lastSequence").GetInt64(),
                run.GetProperty("fromBytes").GetInt64(),
                run.GetProperty("toBytes").GetInt64(),
                run.GetProperty("chainHash").GetString())).Distinct().OrderBy(run => run.Item1));
        Assert.All(receipts, run => Assert.Equal(chain.Grant.GrantId.ToString(), run.GetProperty("grantId").GetString()));
    }

    [Fact]
    public async Task List_PageByPage_HasEveryPayoutOnceNewestFirst()
    {
        for (int earned = 0; earned < 4; earned++)
        {
            await EarnAsync(16 * earned, 16);
        }

        string[] all = [.. (await ListAsync("")).Select(payout => payout.GetProperty("payoutId").GetString()!)];
        var paged = new List<string>();
        for (string? after = ""; after is not null;)
        {
            HubReply page = (await seeder.GetAsync($"/v1/payouts?limit=3{after}")).Required();
            paged.AddRange(page.Json.GetProperty("payouts").EnumerateArray().Select(payout => payout.GetProperty("payoutId").GetString()!));
            after = page.Json.TryGetProperty("next", out JsonElement next) ? "&after=" + next.GetString() : null;
        }

        Assert.True(all.Length >= 8);
        Assert.Equal(all, paged);
    }

    [Theory]
    [InlineData("?state=succeeded", true)]
    [InlineData("?state=failed", false)]
    [InlineData("?from=1", true)]
    [InlineData("?before=1", false)]
    [InlineData("?from=9000000000000", false)]
    public async Task List_Narrowed_HasWhatFits(string query, bool any)
    {
        await EarnAsync(0, 20);

        Assert.Equal(any, (await ListAsync(query)).Length > 0);
    }

    [Theory]
    [InlineData("?state=lost")]
    [InlineData("?payee=x")]
    [InlineData("?payee=00000000000000000000000000000001&channel=00000000000000000000000000000001")]
    [InlineData("?after=1")]
    public async Task List_AskedWrongly_SaysWhatIsWrong(string query) =>
        Assert.Equal("malformed-request", (await seeder.GetAsync("/v1/payouts" + query)).Problem);

    [Fact]
    public async Task Csv_OfPayouts_HasARowForEachLineThatAddsUp()
    {
        await EarnAsync(0, 20);
        await EarnAsync(20, 16);

        using var http = new HttpClient { BaseAddress = hub.Hub.Address };
        http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("text/csv"));
        using HttpResponseMessage negotiated = await http.GetAsync(new Uri($"/v1/payouts?payee={Payee}", UriKind.Relative));
        string text = await negotiated.Content.ReadAsStringAsync();

        Assert.Equal((HttpStatusCode.OK, "text/csv"), (negotiated.StatusCode, negotiated.Content.Headers.ContentType!.MediaType));
        Assert.Equal(text, await http.GetStringAsync(new Uri($"/v1/payouts.csv?payee={Payee}", UriKind.Relative)));
        Assert.EndsWith("\r\n", text, StringComparison.Ordinal);
        string[][] rows = [.. text.TrimEnd().Split("\r\n").Select(row => row.Split(','))];
        Assert.All(rows, row => Assert.Equal(rows[0].Length, row.Length));
        Assert.Equal(2_250, Sum(rows, "amount_msat"));
        Assert.Equal(2_250, Sum(rows, "line_amount_msat"));
        Assert.Equal(36, rows.Skip(1).Max(row => long.Parse(row[Array.IndexOf(rows[0], "last_receipt")])));
    }

    // What others choose -> what a spreadsheet reads as text.
    [Theory]
    [InlineData("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\"")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@sum", "'@sum")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a\r\nb", "\"a\r\nb\"")]
    [InlineData("a=b", "a=b")]
    [InlineData(null, "")]
    public void Field_OfAnyText_IsTextToASpreadsheet(string? text, string field) => Assert.Equal(field, PayoutCsv.Field(text));

    private static long Sum(string[][] rows, string column) => rows.Skip(1)
        .Select(row => row[Array.IndexOf(rows[0], column)]).Where(field => field.Length > 0).Sum(long.Parse);

    private async Task<JsonElement[]> ListAsync(string query) =>
        [.. (await seeder.GetAsync("/v1/payouts" + query)).Required().Json.GetProperty("payouts").EnumerateArray()];

    /// <summary>Earns with so many pieces, waits until all is paid, and gives the chain's hash.</summary>
    private async Task<Digest> EarnAsync(int from, int pieces)
    {
        Assert.Equal("accepted", await Scene.VerdictsAsync(seeder, chain.Next([.. Enumerable.Range(from, pieces)])));
        await HubFixture.UntilAsync(
            async () => (await seeder.GetAsync($"/v1/seeders/{seeder.Key.PublicKey}")).Required() is var statement
                && statement.Msat("owedMsat") == 0 && statement.Msat("pendingMsat") == 0
                && (await seeder.GetAsync("/v1/status")).Status == HttpStatusCode.OK
                && (await scene.Creator.GetBalanceAsync()).Spendable.Value >= (from + pieces) * 250 * 7 / 10,
            "the payments");
        return chain.Chain.Hash;
    }
}
