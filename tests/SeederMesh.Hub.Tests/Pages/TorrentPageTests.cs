using System.Net;
using System.Text.Json;
using SeederMesh.Core.Manifests;
using SeederMesh.Hub.Tests.Support;

namespace SeederMesh.Hub.Tests.Pages;

/// <summary>The page of a torrent: monetization links as the WICG draft asks, and nothing in it that a creator wrote runs or breaks it.</summary>
public sealed class TorrentPageTests : IAsyncLifetime
{
    private readonly HttpClient http = new();
    private HubFixture hub = null!;

    public async ValueTask InitializeAsync()
    {
        hub = await HubFixture.StartAsync(options => options with { PublicAddress = "https://hub.example" });
        http.BaseAddress = hub.Hub.Address;
    }

    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return hub.DisposeAsync();
    }

    [Fact]
    public async Task Page_OfATorrent_LinksItsPayeesWalletsLargestShareFirst()
    {
        SignedManifest manifest = await RegisterAsync(
            Payee("Anna", 2_000, "paymentpointer:$wallet.example/anna"),
            Payee("Ben", 4_000, "keysend:0288cc42d8c2ee0d8ecc41bb0cc6c96c4b8b6ee5cee5e6a1e9e17a1b0e5bf6f2a1", "paymentpointer:$ben.example"),
            Payee("Anna again", 1_000, "paymentpointer:$wallet.example/anna", "lnaddress:anna@wallet.example"));
        (string html, string policy) = await GetAsync(manifest);

        Assert.Equal(
            ["https://ben.example/.well-known/pay", "https://wallet.example/anna"],
            AllBetween(html, "<link rel=\"monetization\" href=\"", "\">"));
        Assert.Contains("monetization-src https://ben.example/.well-known/pay https://wallet.example/anna;", policy, StringComparison.Ordinal);
        Assert.InRange(html.IndexOf("rel=\"monetization\"", StringComparison.Ordinal), 0, html.IndexOf("</head>", StringComparison.Ordinal));
        JsonElement figures = JsonSerializer.Deserialize<JsonElement>(
            await http.GetStringAsync(new Uri($"/v1/torrents/{manifest.Manifest.Torrent.InfohashV2}", UriKind.Relative)));
        Assert.Equal(
            [("$ben.example", "https://ben.example/.well-known/pay", 4_000), ("$wallet.example/anna", "https://wallet.example/anna", 3_000)],
            figures.GetProperty("monetization").EnumerateArray().Select(wallet => (
                wallet.GetProperty("paymentPointer").GetString(),
                wallet.GetProperty("walletAddress").GetString(),
                wallet.GetProperty("shareBps").GetInt32())));
    }

    [Fact]
    public async Task Page_WithoutWallets_HasNoLinkAndAllowsNone()
    {
        (string html, string policy) = await GetAsync(await RegisterAsync(Payee("Anna", 7_000, "lnaddress:anna@wallet.example")));

        Assert.DoesNotContain("monetization", html, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("monetization-src 'none'", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_OfATorrent_SaysWhatItIs()
    {
        SignedManifest manifest = await RegisterAsync(Payee("Anna", 7_000, "lnaddress:anna@wallet.example"));
        (string html, string _) = await GetAsync(manifest);

        string magnet = WebUtility.HtmlDecode("magnet:" + Assert.Single(AllBetween(html, "href=\"magnet:", "\"")));
        MagnetReading read = MagnetText.Read(magnet);
        Assert.Equal(
            (manifest.Manifest.Torrent.InfohashV2, "https://hub.example"), (read.Link!.InfohashV2!.Value, read.Link.Registry));
        Assert.Equal(["https://hub.example/announce"], read.Link.Trackers);
        Assert.All(
            ["<h1>album</h1>", "1 file, 16.7 MB", "CC-BY-4.0", "not allowed", "track.flac", "<th scope=\"row\">Anna</th><td class=\"number\">70%", "25%", "1 sat for each MiB"],
            part => Assert.Contains(part, html, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Page_OfHostileText_ShowsItAsText()
    {
        const string hostile = "\"><script>alert(1)<img src=x onerror=alert(1)>'&";
        SignedManifest manifest = await RegisterAsync(hostile, Payee(hostile, 7_000, "paymentpointer:$wallet.example/a'b&c;d,e"));
        (string html, string policy) = await GetAsync(manifest);

        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", html, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("&lt;script&gt;", html, StringComparison.Ordinal);
        Assert.Contains("monetization-src https://wallet.example/a'b&c%3Bd%2Ce;", policy, StringComparison.Ordinal);
        Assert.StartsWith("default-src 'none'; style-src 'sha256-", policy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/torrents/00")]
    [InlineData("/torrents/0000000000000000000000000000000000000000")]
    [InlineData("/torrents/0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("/torrents/%3Cscript%3E")]
    public async Task Page_OfNoTorrent_IsNotFound(string path)
    {
        using HttpResponseMessage answer = await http.GetAsync(new Uri(path, UriKind.Relative));

        Assert.Equal((HttpStatusCode.NotFound, "text/html"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
    }

    private static string[] AllBetween(string html, string start, string end) =>
        [.. html.Split(start).Skip(1).Select(part => part[..part.IndexOf(end, StringComparison.Ordinal)])];

    private static Payee Payee(string name, int shareBps, params string[] endpoints) =>
        new() { Name = name, ShareBps = shareBps, Endpoints = [.. endpoints.Select(Scene.Parse)] };

    private Task<SignedManifest> RegisterAsync(params Payee[] payees) => RegisterAsync("", payees);

    private async Task<SignedManifest> RegisterAsync(string name, params Payee[] payees)
    {
        HubCaller creator = hub.Caller();
        SignedManifest manifest = Scene.Sign(creator.Key, payees, name);
        (await creator.PostBytesAsync("/v1/registry/manifests", manifest.Bytes.ToArray(), "application/json")).Required();
        return manifest;
    }

    private async Task<(string Html, string Policy)> GetAsync(SignedManifest manifest)
    {
        using HttpResponseMessage page = await http.GetAsync(new Uri($"/torrents/{manifest.Manifest.Torrent.InfohashV2}", UriKind.Relative));
        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.StatusCode, page.Content.Headers.ContentType!.MediaType));
        return (await page.Content.ReadAsStringAsync(), page.Headers.GetValues("Content-Security-Policy").Single());
    }
}
