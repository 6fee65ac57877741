using System.Text;
using QRCoder;

namespace SeederMesh.Cli.Wallets;

/// <summary>Draws an invoice as a QR code of half blocks, two modules a character, for a phone to scan from a
/// terminal.</summary>
internal static class InvoiceQr
{
    /// <summary>How much of the light margin, four modules by ISO/IEC 18004, may be left out on a narrow terminal.</summary>
    private const int MarginCutMax = 3;

    private const int WidthOfFiles = 1_000;

    /// <summary>The picture, one line a row. Upper case makes the code smaller (BOLT 11 allows it).</summary>
    public static string Draw(string invoice) => DrawText("lightning:" + invoice);

    /// <summary>The picture of a text whose case does not matter; a sentence where the terminal is too narrow for
    /// it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="columns">Columns of the terminal; null asks it.</param>
    public static string DrawText(string text, int? columns = null)
    {
        using QRCodeData code = QRCodeGenerator.GenerateQrCode(text.ToUpperInvariant(), QRCodeGenerator.ECCLevel.L);
        int width = columns ?? (Console.IsOutputRedirected ? WidthOfFiles : Console.WindowWidth);
        int size = code.ModuleMatrix.Count;
        int cut = Math.Clamp((size - width + 1) / 2, 0, MarginCutMax);
        if (size - (2 * cut) > width)
        {
            return $"(The QR code needs {size - (2 * cut)} columns, this terminal has {width}: make it wider, or copy the text.)\n";
        }

        var picture = new StringBuilder();
        for (int row = cut; row < size - cut; row += 2)
        {
            for (int column = cut; column < size - cut; column++)
            {
                bool upper = code.ModuleMatrix[row][column];
                bool lower = row + 1 < size - cut && code.ModuleMatrix[row + 1][column];

                // Light modules are drawn, so that it scans on a dark terminal.
                picture.Append((upper, lower) switch { (false, false) => '█', (false, true) => '▀', (true, false) => '▄', _ => ' ' });
            }

            picture.AppendLine();
        }

        return picture.ToString();
    }
}
