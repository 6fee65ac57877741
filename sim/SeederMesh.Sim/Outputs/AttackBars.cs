using System.Globalization;
using System.Net;
using System.Text;
using SeederMesh.Sim.Analysis;

namespace SeederMesh.Sim.Outputs;

/// <summary>Attackers' gains with defences off and on, as a share of the larger of the two: hatched is off, solid is
/// on.</summary>
internal static class AttackBars
{
    private const int RowHeight = 26;
    private const int Left = 170;
    private const int Middle = 470;
    private const int Reach = 150;

    public static string Make(string title, SortedDictionary<string, Estimate> summary)
    {
        string[] names = [.. Names(summary)];
        int height = 78 + (names.Length * RowHeight);
        var svg = new StringBuilder();
        svg.Append($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 {height}\" width=\"760\" height=\"{height}\" "
            + "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\" role=\"img\">\n"
            + "<defs><pattern id=\"off\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
            + "<rect width=\"6\" height=\"6\" fill=\"#ffffff\"/><rect width=\"3\" height=\"6\" fill=\"#D55E00\"/></pattern></defs>\n"
            + "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
        svg.Append($"<text x=\"16\" y=\"24\" font-size=\"15\" font-weight=\"bold\">"
            + $"{WebUtility.HtmlEncode(title)}: attacker's gain, msat</text>\n");
        svg.Append("<rect x=\"16\" y=\"36\" width=\"20\" height=\"10\" fill=\"url(#off)\" stroke=\"#D55E00\"/>"
            + "<text x=\"42\" y=\"45\">defence off</text>"
            + "<rect x=\"130\" y=\"36\" width=\"20\" height=\"10\" fill=\"#0072B2\"/><text x=\"156\" y=\"45\">defence on</text>"
            + "<text x=\"250\" y=\"45\" fill=\"#555555\">each row to its own scale; right of the line the attacker gains</text>\n");
        svg.Append($"<line x1=\"{Middle}\" y1=\"54\" x2=\"{Middle}\" y2=\"{height - 16}\" stroke=\"#333333\"/>\n");
        for (int index = 0; index < names.Length; index++)
        {
            double off = summary[names[index] + ".off.gain_msat"].Mean;
            double on = summary[names[index] + ".on.gain_msat"].Mean;
            double scale = Math.Max(1, Math.Max(Math.Abs(off), Math.Abs(on)));
            int y = 60 + (index * RowHeight);
            svg.Append($"<text x=\"{Left}\" y=\"{y + 14}\" text-anchor=\"end\">{names[index]}</text>\n");
            Bar(svg, y, off / scale, "url(#off)", off);
            Bar(svg, y + 10, on / scale, "#0072B2", on);
        }

        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>The attacks that a summary has, in its order.</summary>
    public static IEnumerable<string> Names(SortedDictionary<string, Estimate> summary) => summary.Keys
        .Where(name => name.EndsWith(".off.gain_msat", StringComparison.Ordinal))
        .Select(name => name[..^".off.gain_msat".Length]);

    /// <summary>Whether an attack's bound held in every replicate, as a word.</summary>
    public static string Bound(SortedDictionary<string, Estimate> summary, string prefix) =>
        !summary.TryGetValue(prefix + "bound_holds", out Estimate holds) || holds.N == 0 ? "none" : holds.Mean >= 1 ? "holds" : "BROKEN";

    private static void Bar(StringBuilder svg, int y, double share, string fill, double value)
    {
        double width = Math.Abs(share) * Reach;
        double x = share < 0 ? Middle - width : Middle;
        string text = value.ToString("#,0", CultureInfo.InvariantCulture);
        svg.Append(string.Create(
            CultureInfo.InvariantCulture,
            $"<rect x=\"{x:0.#}\" y=\"{y}\" width=\"{Math.Max(1, width):0.#}\" height=\"9\" ")
            + $"fill=\"{fill}\" stroke=\"#333333\" stroke-width=\"0.5\"/>");
        string anchor = share < 0 ? "end" : "start";
        double at = share < 0 ? x - 5 : x + width + 5;
        svg.Append(string.Create(
            CultureInfo.InvariantCulture,
                $"<text x=\"{at:0.#}\" y=\"{y + 9}\" font-size=\"10\" text-anchor=\"{anchor}\">{text}</text>\n"));
    }
}
