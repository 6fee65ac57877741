using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using QRCoder;
using SeederMesh.Core.Money;
using SeederMesh.Hub.Hosting;
using SeederMesh.Hub.Pages;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Hub.Lnurl;

/// <summary>A withdrawal link for people: the QR code to scan, and what became of it.</summary>
internal sealed class WithdrawPage(LedgerStore ledger, PublicAddress address, TimeProvider clock)
{
    private const int ModulePixels = 4;

    public static string PathOf(string k1) => $"/withdraw/{k1}";

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/withdraw/{k1}", ShowAsync).ExcludeFromDescription();

    private async Task<IResult> ShowAsync(string k1, HttpContext http)
    {
        if (await WithdrawService.FindAsync(ledger, k1) is not { } link)
        {
            return Page("No such link", "<h1>No such link</h1><p>Ask for a new one.</p>", waits: false).ToResult(http, 404);
        }

        WithdrawalState state = await WithdrawalState.ReadAsync(ledger.Reader, link, clock.GetUtcNow());
        return (state switch
        {
            { Name: "open" } => Page("Withdraw", Scan(link, k1, http), waits: true),
            { Name: "expired" } => Page("Too old", "<h1>This link is too old</h1><p>Nothing was paid. Ask for a new one.</p>", waits: false),
            { Name: "paid", Payout: { } payout } => Page(
                "Paid", $"<h1>Paid</h1><p>{Amount(payout.Amount)} arrived. Payment hash:</p><p class=\"mono\">{payout.PaymentHash}</p>", waits: false),
            { Name: "failed", Payout: { } payout } => Page(
                "Not paid",
                $"<h1>Not paid</h1><p>The payment failed and the money is still yours: {HtmlPage.Text(payout.Reason)}</p><p>Ask for a new link.</p>",
                waits: false),
            _ => Page("Paying", "<h1>Paying your invoice</h1><p>This page looks again by itself.</p>", waits: true),
        }).ToResult(http);
    }

    private static HtmlPage Page(string title, string main, bool waits) => new()
    {
        Title = title,
        Main = main,
        Head = waits ? """<meta http-equiv="refresh" content="3">""" : "",
        IsPublic = false,
    };

    private static string Amount(Msat amount) => HtmlPage.Text(amount.ToString());

    private string Scan(WithdrawalRecord link, string k1, HttpContext http)
    {
        string lnurl = LnurlText.Write(address.Of(http, WithdrawService.PathOf(k1)));
        using QRCodeData code = QRCodeGenerator.GenerateQrCode("LIGHTNING:" + lnurl, QRCodeGenerator.ECCLevel.L);
        using var drawing = new SvgQRCode(code);
        string picture = drawing.GetGraphic(ModulePixels, "#000000", "#ffffff", drawQuietZones: true, SvgQRCode.SizingMode.ViewBoxAttribute);
        string until = DateTimeOffset.FromUnixTimeMilliseconds(link.ExpiresUnixMs).ToString("HH:mm 'UTC'", CultureInfo.InvariantCulture);
        return $"""
            <h1>Withdraw what you are owed</h1>
            <p>Scan this with a Lightning wallet. It can be used once, until {until}; whoever has it can use it.</p>
            <div class="qr" role="img" aria-label="QR code of the withdrawal link below">{picture}</div>
            <p><a class="button" href="lightning:{lnurl}">Open in a wallet on this device</a></p>
            <p class="mono">{lnurl}</p>
            """;
    }
}
