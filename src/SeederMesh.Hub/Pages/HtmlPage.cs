using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;

namespace SeederMesh.Hub.Pages;

/// <summary>A page of this hub: plain HTML without scripts, under a content security policy that allows none.</summary>
/// <remarks>Everything that is not written in this program goes through <see cref="Text"/>.</remarks>
internal sealed class HtmlPage
{
    private const string Style = """
        :root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --page: #ffffff; --box: #f6f8fa;
          --link: #0a58ca; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e6edf3; --soft: #9aa4af; --line: #30363d; --page: #0d1117; --box: #161b22; --link: #6cb0ff; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
        main { max-width: 46rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
        h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
        h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
        a { color: var(--link); }
        p { margin: .5rem 0; }
        .soft { color: var(--soft); }
        .mono { font-family: ui-monospace, monospace; font-size: .875rem; overflow-wrap: anywhere; }
        .button { display: inline-block; margin: 1rem 0 .25rem; padding: .6rem 1.1rem; border-radius: .4rem; background: var(--link);
          color: var(--page); text-decoration: none; font-weight: 600; }
        .button:focus-visible, a:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.25rem; margin: .5rem 0; }
        dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
        .wide { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; }
        table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: .45rem .8rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top;
          overflow-wrap: anywhere; }
        thead th { background: var(--box); font-weight: 600; } tbody th { font-weight: 400; } tr:last-child > * { border-bottom: 0; }
        .number { text-align: right; white-space: nowrap; }
        .qr { width: min(20rem, 100%); padding: 1rem; background: #fff; border: 1px solid var(--line); border-radius: .5rem; }
        .qr svg { display: block; width: 100%; height: auto; }
        footer { margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .9rem; }
        """;

    private static readonly string StyleSource =
        $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'";

    /// <summary>The page's title, as plain text.</summary>
    public required string Title { get; init; }

    /// <summary>What stands in the body, as HTML.</summary>
    public required string Main { get; init; }

    /// <summary>Further elements of the head, as HTML.</summary>
    public string Head { get; init; } = "";

    /// <summary>Wallet addresses that the page's monetization links name: the policy allows these and no other.</summary>
    public IReadOnlyList<string> Monetization { get; init; } = [];

    /// <summary>Whether a browser may keep the page; not where its address is a secret.</summary>
    public bool IsPublic { get; init; } = true;

    /// <summary>Text as HTML, also inside a quoted attribute.</summary>
    public static string Text(string? text) => HtmlEncoder.Default.Encode(text ?? "");

    /// <summary>The answer to a request.</summary>
    public IResult ToResult(HttpContext http, int status = StatusCodes.Status200OK)
    {
        IHeaderDictionary headers = http.Response.Headers;
        string wallets = Monetization.Count == 0
            ? "'none'"
            : string.Join(' ', Monetization.Select(SourceOf).Distinct(StringComparer.Ordinal));
        headers.ContentSecurityPolicy = string.Join(
            "; ",
            "default-src 'none'",
            $"style-src {StyleSource}",
            $"monetization-src {wallets}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'");
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = IsPublic ? "max-age=60" : "no-store";
        return Results.Text(
            $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Text(Title)}</title>
            <style>{Style}</style>
            {Head}
            </head>
            <body>
            <main>
            {Main}
            </main>
            </body>
            </html>
            """,
            "text/html; charset=utf-8",
            Encoding.UTF8,
            status);
    }

    // CSP 3, section 2.3.1: in a source, ; and , end it, so they are percent-encoded.
    private static string SourceOf(string address) =>
        address.Replace(";", "%3B", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);
}
