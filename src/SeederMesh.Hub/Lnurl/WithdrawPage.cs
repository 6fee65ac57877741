using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using QRCoder;
using SeederMesh.Hub.Api;
using SeederMesh.Hub.Hosting;
using SeederMesh.Hub.Pages;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Hub.Lnurl;

/// <summary>A withdrawal link for people: the QR code to scan, and what became of it.</summary>
internal sealed class WithdrawPage(LedgerStore ledger, HubIdentity identity, PublicAddress address, TimeProvider clock)
{
    private const int ModulePixels = 4;

    public static string PathOf(string k1) => $"/withdraw/{k1}";

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/withdraw/{k1}", ShowAsync).ExcludeFromDescription();

    private async Task<IResult> ShowAsync(string k1, HttpContext http)
    {
        if (await WithdrawService.FindAsync(ledger, k1) is not { } link)
        {
            return Page("No such link", "Ask for a new one.").ToResult(http, StatusCodes.Status404NotFound);
        }

        WithdrawalState state = await WithdrawalState.ReadAsync(ledger.Reader, link, clock.GetUtcNow());
        return (state switch
        {
            { Name: "open" } => Scan(link, k1, http),
            { Name: "expired" } => Page("This link is too old", "Nothing was paid. Ask for a new one."),
            { Name: "paid", Payout: { } payout } => Page(
                "Paid", $"{payout.Amount} arrived. The payment hash is {payout.PaymentHash}."),
            { Name: "failed", Payout: { } payout } => Page(
                "Not paid", $"The payment failed, and the money is still yours: {payout.Reason} Ask for a new link."),
            _ => Page("Paying your invoice", "This page looks again by itself.", waits: true),
        }).ToResult(http);
    }

    private HtmlPage Page(string title, string sentence, bool waits = false, string more = "") => new()
    {
        Title = title,
        Main = $"<h1>{HtmlPage.Text(title)}</h1><p>{HtmlPage.Text(sentence)}</p>{more}"
            + $"<footer>{HtmlPage.Text(NodeInfo.NameMoney(identity.Network))}</footer>",
        Head = waits ? """<meta http-equiv="refresh" content="3">""" : "",
        IsPublic = false,
    };

    private HtmlPage Scan(WithdrawalRecord link, string k1, HttpContext http)
    {
        string lnurl = LnurlText.Write(address.Of(http, WithdrawService.PathOf(k1)));
        using QRCodeData code = QRCodeGenerator.GenerateQrCode("LIGHTNING:" + lnurl, QRCodeGenerator.ECCLevel.L);
        using var drawing = new SvgQRCode(code);
        string picture = drawing.GetGraphic(
            ModulePixels, "#000000", "#ffffff", drawQuietZones: true, SvgQRCode.SizingMode.ViewBoxAttribute);
        string until = DateTimeOffset.FromUnixTimeMilliseconds(link.ExpiresUnixMs).ToString("HH:mm 'UTC'", CultureInfo.InvariantCulture);
        return Page(
            "Withdraw what you are owed",
            $"Scan this with a Lightning wallet. It can be used once, until {until}; whoever has it can use it.",
            waits: true,
            $"""
            <div class="qr" role="img" aria-label="QR code of the withdrawal link below">{picture}</div>
            <p><a class="button" href="lightning:{lnurl}">Open in a wallet on this device</a></p>
            <p class="mono">{lnurl}</p>
            """);
    }
}
