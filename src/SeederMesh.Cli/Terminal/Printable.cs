using System.Globalization;
using System.Text;

namespace SeederMesh.Cli.Terminal;

/// <summary>Text that a stranger wrote, made harmless: it must not move the cursor or the direction of writing of who
/// reads it.</summary>
internal static class Printable
{
    /// <summary>Replaces control and format characters by U+FFFD.</summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool harmless = !Rune.IsControl(rune) && Rune.GetUnicodeCategory(rune) != UnicodeCategory.Format;
            clean.Append(harmless ? rune.ToString() : "\uFFFD");
        }

        return clean.ToString();
    }
}
