using SeederMesh.Cli.Wallets;
using Xunit;

namespace SeederMesh.Cli.Tests.Terminal;

// Goal: a phone can scan what a terminal shows. Method: a code of 53 modules and a margin of four on terminals around its width; a row that
// wraps cannot be scanned.
public sealed class InvoiceQrTests
{
    private static readonly string Text = "lightning:lnbcrt" + new string('q', 280);

    // columns of the terminal -> columns of the picture; 0 for a sentence instead
    [Theory]
    [InlineData(200, 61)]
    [InlineData(61, 61)]
    [InlineData(60, 59)]
    [InlineData(56, 55)]
    [InlineData(55, 55)]
    [InlineData(54, 0)]
    public void DrawText_WidthOfTheTerminal_FitsOrSaysThatItDoesNot(int columns, int width)
    {
        string[] lines = InvoiceQr.DrawText(Text, columns).TrimEnd('\n').Split('\n');
        if (width == 0)
        {
            Assert.Equal("(The QR code needs 55 columns, this terminal has 54: make it wider, or copy the text.)", Assert.Single(lines));
            return;
        }

        Assert.Equal((width + 1) / 2, lines.Length);
        Assert.All(lines, line => Assert.Equal(width, line.Length));
        Assert.Matches("^█+▀*$|^[█▀]+$", lines[0]);
    }
}
