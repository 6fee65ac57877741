using System.Text;
using QRCoder;

namespace SeederMesh.Cli.Wallets;

/// <summary>Draws an invoice as a QR code of half blocks, two modules a character, for a phone to scan from a
/// terminal.</summary>
internal static class InvoiceQr
{
    /// <summary>The picture, one line a row. Upper case makes the code smaller (BOLT 11 allows it).</summary>
    public static string Draw(string invoice) => DrawText("lightning:" + invoice);

    /// <summary>The picture of a text whose case does not matter.</summary>
    public static string DrawText(string text)
    {
        using QRCodeData code = QRCodeGenerator.GenerateQrCode(text.ToUpperInvariant(), QRCodeGenerator.ECCLevel.L);
        int size = code.ModuleMatrix.Count;
        var picture = new StringBuilder();
        for (int row = 0; row < size; row += 2)
        {
            for (int column = 0; column < size; column++)
            {
                bool upper = code.ModuleMatrix[row][column];
                bool lower = row + 1 < size && code.ModuleMatrix[row + 1][column];
                // Light modules are drawn, so that it scans on a dark terminal.
                picture.Append((upper, lower) switch { (false, false) => '█', (false, true) => '▀', (true, false) => '▄', _ => ' ' });
            }

            picture.AppendLine();
        }

        return picture.ToString();
    }
}
