using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Splits;
using SeederMesh.Hub.Api;
using SeederMesh.Hub.Hosting;
using SeederMesh.Lightning;
using SeederMesh.Registry;

namespace SeederMesh.Hub.Pages;

/// <summary>A registered torrent for people, with the monetization links that browsers pay by.</summary>
internal sealed class TorrentPage(ManifestRegistry registry, HubOptions options, HubIdentity identity, PublicAddress address)
{
    /// <summary>Files that are named one by one; a torrent may have 200,000.</summary>
    private const int FilesMax = 1_000;

    private const int DigestDigitsShown = 16;

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/torrents/{infohash}", ShowAsync).WithTags("Pages")
        .Produces(200, contentType: "text/html").WithSummary("A torrent's page: what it is, who is paid, its magnet link.");

    private async Task<IResult> ShowAsync(string infohash, HttpContext http)
    {
        RegisteredManifest? registered = infohash.Length == 2 * InfohashV1.Size && InfohashV1.TryParseHex(infohash, out InfohashV1 old)
            ? await registry.FindAsync(old)
            : Digest.TryParseHex(infohash, out Digest full) ? await registry.FindAsync(full) : null;
        if (registered is null || SignedManifest.Verify(registered.Sidecar.ToArray()).Signed is not { } signed)
        {
            return new HtmlPage
            {
                Title = "Unknown torrent",
                Main = "<h1>Unknown torrent</h1><p>No manifest of that torrent is registered here. "
                    + "Ask another registry, or its creator.</p>",
            }.ToResult(http, StatusCodes.Status404NotFound);
        }

        IReadOnlyList<MonetizationAnswer> wallets = MonetizationAnswer.Of(signed.Manifest);
        return new HtmlPage
        {
            Title = $"{signed.Manifest.Torrent.Name} · {options.Name}",
            Head = string.Concat(wallets.Select(wallet => $"""<link rel="monetization" href="{Text(wallet.WalletAddress)}">""" + "\n")),
            Monetization = [.. wallets.Select(wallet => wallet.WalletAddress)],
            Main = Main(signed, registered, wallets, http),
        }.ToResult(http);
    }

    private string Main(
        SignedManifest signed, RegisteredManifest registered, IReadOnlyList<MonetizationAnswer> wallets, HttpContext http)
    {
        Manifest manifest = signed.Manifest;
        long bytes = manifest.Torrent.Files.Sum(file => file.Length);
        int count = manifest.Torrent.Files.Count;
        string magnet = MagnetOf(manifest, registered, http).ToString();
        return $"""
            <header>
            <h1>{Text(manifest.Torrent.Name)}</h1>
            <p class="soft">{count.ToString("N0", CultureInfo.InvariantCulture)} {(count == 1 ? "file" : "files")}, {Size(bytes)}</p>
            <p><a class="button" href="{Text(magnet)}">Open the magnet link</a></p>
            <p class="soft">{Price(manifest)}</p>
            </header>
            <section aria-labelledby="who"><h2 id="who">Who made it, and what you may do</h2>
            <dl>
            <dt>Creator</dt><dd class="mono">{Text(manifest.Creator.ToString())}</dd>
            <dt>Signed</dt><dd>{manifest.CreatedAt.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)}</dd>
            <dt>Licence</dt><dd>{LicenceOf(manifest.Licence)}</dd>
            <dt>Training of models</dt><dd>{RightsOf(manifest.Rights)}</dd>
            <dt>Version</dt><dd>{manifest.Sequence} <span class="mono soft">{signed.Digest.ToString()[..DigestDigitsShown]}…</span></dd>
            </dl></section>
            {SplitOf(manifest)}
            {WalletsOf(wallets)}
            {FilesOf(manifest.Torrent)}
            <footer>Infohash <span class="mono">{manifest.Torrent.InfohashV2}</span>.
            <a href="/v1/registry/manifests/{manifest.Torrent.InfohashV2}">Signed manifest</a>,
            <a href="/v1/registry/manifests/{manifest.Torrent.InfohashV2}/receipt">registry's receipt</a>,
            <a href="/v1/torrents/{manifest.Torrent.InfohashV2}">figures</a>.
            {Text(options.Name)}: {Text(NodeInfo.NameMoney(identity.Network))}.</footer>
            """;
    }

    private MagnetLink MagnetOf(Manifest manifest, RegisteredManifest registered, HttpContext http) => new()
    {
        InfohashV2 = manifest.Torrent.InfohashV2,
        InfohashV1 = manifest.Torrent.InfohashV1,
        DisplayName = manifest.Torrent.Name,
        Trackers = [address.Of(http, "/announce").AbsoluteUri],
        Registry = address.Of(http).GetLeftPart(UriPartial.Authority),
        RegistryReceipt = registered.Receipt.Digest,
    };

    private static string Price(Manifest manifest) => manifest.Payment is { PricePerMiB.IsZero: false } payment
        ? $"A paying download costs {Text(payment.PricePerMiB.ToString())} for each MiB; never more than the budget that you set."
        : "The creator asks nothing for it.";

    private static string LicenceOf(Licence licence) => licence.Url is { } url
        ? $"""<a href="{Text(url)}" rel="license noopener">{Text(licence.Spdx)}</a>"""
        : Text(licence.Spdx);

    private static string RightsOf(Rights rights)
    {
        string said = rights.Training switch
        {
            TrainingRight.Allowed => "allowed within the licence",
            TrainingRight.NotAllowed => "not allowed",
            TrainingRight.Paid => "for a price, under contract",
            _ => $"for {new BasisPoints(rights.RevenueShareBps ?? 0)} of the revenue, under contract",
        };
        string contract = rights.Contract is { } words ? $": {Text(words)}" : "";
        return rights.Terms is { } terms ? $"""{said}{contract} (<a href="{Text(terms)}" rel="noopener">terms</a>)""" : said + contract;
    }

    private static string SplitOf(Manifest manifest)
    {
        if (manifest.Payment is not { } payment)
        {
            return "";
        }

        var rows = new StringBuilder();
        IEnumerable<(string Who, int Bps)> parts =
        [
            .. payment.Payees.Select(payee => (payee.Name ?? "Payee " + payee.Id.ToString()[..DigestDigitsShown], payee.ShareBps)),
            ("Seeders, each for the bytes that it uploaded", payment.SeedersBps),
            ("Registry", payment.RegistryBps),
            ("Hub", payment.HubBps),
        ];
        foreach ((string who, int bps) in parts.Where(part => part.Bps > 0))
        {
            rows.Append(Row(who, new BasisPoints(bps).ToString()));
        }

        return $"""
            <section aria-labelledby="split"><h2 id="split">Who is paid</h2>
            <div class="wide"><table><thead><tr><th scope="col">Who</th><th scope="col" class="number">Share</th></tr></thead>
            <tbody>{rows}</tbody></table></div></section>
            """;
    }

    private static string WalletsOf(IReadOnlyList<MonetizationAnswer> wallets) => wallets.Count == 0
        ? ""
        : $"""
            <section aria-labelledby="wallets"><h2 id="wallets">Web Monetization</h2>
            <p>A browser with a Web Monetization wallet pays while you read: {string.Join(", ", wallets.Select(wallet =>
                $"<a class=\"mono\" href=\"{Text(wallet.WalletAddress)}\" rel=\"noopener\">{Text(wallet.PaymentPointer)}</a>"))}.
            Where there are several, your wallet decides how it divides.</p></section>
            """;

    private static string FilesOf(ManifestTorrent torrent)
    {
        var rows = new StringBuilder();
        foreach (ManifestFile file in torrent.Files.Take(FilesMax))
        {
            rows.Append(Row(file.Path, Size(file.Length)));
        }

        int more = torrent.Files.Count - FilesMax;
        string rest = more > 0 ? $"<p class=\"soft\">And {more.ToString("N0", CultureInfo.InvariantCulture)} more.</p>" : "";
        return $"""
            <section aria-labelledby="files"><h2 id="files">Files</h2>
            <div class="wide"><table><thead><tr><th scope="col">File</th><th scope="col" class="number">Size</th></tr></thead>
            <tbody>{rows}</tbody></table></div>{rest}</section>
            """;
    }

    private static string Row(string what, string figure) =>
        $"<tr><th scope=\"row\">{Text(what)}</th><td class=\"number\">{Text(figure)}</td></tr>";

    /// <summary>Decimal units, as disks and networks have them, to a tenth.</summary>
    private static string Size(long bytes)
    {
        (long unit, string name) = bytes switch
        {
            < 1_000 => (1L, "B"),
            < 1_000_000 => (1_000L, "kB"),
            < 1_000_000_000 => (1_000_000L, "MB"),
            _ => (1_000_000_000L, "GB"),
        };
        long tenths = unit == 1 ? 0 : bytes / (unit / 10) % 10;
        return $"{(bytes / unit).ToString("N0", CultureInfo.InvariantCulture)}{(tenths == 0 ? "" : "." + tenths)} {name}";
    }

    private static string Text(string text) => HtmlPage.Text(text);
}
