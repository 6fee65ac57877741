using System.Globalization;
using System.Net;
using System.Text;

namespace SeederMesh.Sim.Outputs;

/// <summary>A line or scatter plot that reads in print and without colours: Okabe and Ito's palette, dashes and
/// markers that differ.</summary>
/// <param name="title">Above it.</param>
/// <param name="xLabel">What is across, with its unit.</param>
/// <param name="yLabel">What is up, with its unit.</param>
/// <param name="isLogX">Whether what is across stands by its logarithm: above zero, then.</param>
internal sealed class SvgPlot(string title, string xLabel, string yLabel, bool isLogX = false)
{
    private const int LegendHeight = 24;
    private const int LegendCharacterWidth = 8;
    private const int Width = 720;
    private const int Height = 420;
    private const int Left = 84;
    private const int Right = 24;
    private const int TitleHeight = 44;
    private const int Bottom = 60;
    private const int PointsMax = 2000;

    private static readonly string[] colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9"];
    private static readonly string[] dashes = ["", "7 4", "2 3", "9 3 2 3", "", "5 2", "1 4"];

    /// <summary>Where the plot itself begins: below the title, and the legend where there is one.</summary>
    private int Top => TitleHeight + (series.Count > 1 ? LegendHeight : 0);

    private readonly List<(string Name, IReadOnlyList<(double X, double Y)> Points, bool IsLine)> series = [];

    /// <summary>Adds a line, or points with <paramref name="isLine"/> off; at most 2,000 of them are drawn, evenly
    /// chosen.</summary>
    public SvgPlot Add(string name, IEnumerable<(double X, double Y)> points, bool isLine = true)
    {
        (double X, double Y)[] finite =
        [
            .. points.Select(point => (X: isLogX ? Math.Log10(point.X) : point.X, point.Y))
                .Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y)),
        ];
        int step = (finite.Length / PointsMax) + 1;
        series.Add((name, [.. finite.Where((_, index) => index % step == 0 || index == finite.Length - 1)], isLine));
        return this;
    }

    public override string ToString()
    {
        (double X, double Y)[] all = [.. series.SelectMany(entry => entry.Points)];
        (double low, double high, double step) x = isLogX
            ? (Math.Floor(all.Min(point => point.X)), Math.Ceiling(all.Max(point => point.X)), 1)
            : Axis(all.Select(point => point.X));
        (double low, double high, double step) y = Axis(all.Select(point => point.Y));
        var svg = new StringBuilder();
        svg.Append($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\" "
            + "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\" role=\"img\">\n");
        svg.Append($"<title>{Encode(title)}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
        Text(svg, Left, 24, Encode(title), "start", "font-weight=\"bold\" font-size=\"15\"");
        DrawAxes(svg, x, y);
        for (int index = 0; index < series.Count; index++)
        {
            DrawSeries(svg, index, x, y);
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static double PlaceX(double value, (double Low, double High, double Step) axis) =>
        Left + ((value - axis.Low) / (axis.High - axis.Low) * (Width - Left - Right));

    private double PlaceY(double value, (double Low, double High, double Step) axis) =>
        Height - Bottom - ((value - axis.Low) / (axis.High - axis.Low) * (Height - Top - Bottom));

    private void DrawAxes(StringBuilder svg, (double Low, double High, double Step) x, (double Low, double High, double Step) y)
    {
        for (double tick = x.Low; tick <= x.High + (x.Step / 2); tick += x.Step)
        {
            double at = PlaceX(tick, x);
            Line(svg, at, Top, at, Height - Bottom, "#e4e4e4");
            Text(svg, at, Height - Bottom + 18, Label(isLogX ? Math.Pow(10, tick) : tick), "middle");
        }

        for (double tick = y.Low; tick <= y.High + (y.Step / 2); tick += y.Step)
        {
            double at = PlaceY(tick, y);
            Line(svg, Left, at, Width - Right, at, "#e4e4e4");
            Text(svg, Left - 8, at + 4, Label(tick), "end");
        }

        Line(svg, Left, Height - Bottom, Width - Right, Height - Bottom, "#333333");
        Line(svg, Left, Top, Left, Height - Bottom, "#333333");
        Text(svg, (Left + Width - Right) / 2.0, Height - 16, Encode(xLabel), "middle");
        int middle = (Top + Height - Bottom) / 2;
        Text(svg, 18, middle, Encode(yLabel), "middle", $"transform=\"rotate(-90 18 {middle})\"");
    }

    private void DrawSeries(
        StringBuilder svg, int index, (double Low, double High, double Step) x, (double Low, double High, double Step) y)
    {
        (string name, IReadOnlyList<(double X, double Y)> points, bool isLine) = series[index];
        string colour = colours[index % colours.Length];
        string dash = dashes[index % dashes.Length];
        if (isLine && points.Count > 0)
        {
            svg.Append("<polyline fill=\"none\" stroke=\"").Append(colour).Append("\" stroke-width=\"2\"");
            svg.Append(dash.Length > 0 ? $" stroke-dasharray=\"{dash}\"" : "").Append(" points=\"");
            foreach ((double px, double py) in points)
            {
                svg.Append(Number(PlaceX(px, x))).Append(',').Append(Number(PlaceY(py, y))).Append(' ');
            }

            svg.Append("\"/>\n");
        }

        if (!isLine || points.Count <= 24)
        {
            foreach ((double px, double py) in points)
            {
                Marker(svg, index, PlaceX(px, x), PlaceY(py, y), colour);
            }
        }

        if (series.Count > 1)
        {
            int legendX = Left + series.Take(index).Sum(entry => 48 + (entry.Name.Length * LegendCharacterWidth));
            const int legendY = TitleHeight + 4;
            if (isLine)
            {
                svg.Append($"<line x1=\"{legendX}\" y1=\"{legendY - 4}\" x2=\"{legendX + 26}\" "
                    + $"y2=\"{legendY - 4}\" stroke=\"{colour}\" stroke-width=\"2\"");
                svg.Append(dash.Length > 0 ? $" stroke-dasharray=\"{dash}\"/>\n" : "/>\n");
            }
            else
            {
                Marker(svg, index, legendX + 13, legendY - 4, colour);
            }

            Text(svg, legendX + 32, legendY, Encode(name), "start");
        }
    }

    private static void Marker(StringBuilder svg, int index, double x, double y, string colour) => svg.Append((index % 3) switch
    {
        0 => $"<circle cx=\"{Number(x)}\" cy=\"{Number(y)}\" r=\"3\" fill=\"{colour}\" fill-opacity=\"0.7\"/>\n",
        1 => $"<rect x=\"{Number(x - 3)}\" y=\"{Number(y - 3)}\" width=\"6\" height=\"6\" fill=\"{colour}\" fill-opacity=\"0.7\"/>\n",
        _ => $"<path d=\"M{Number(x)} {Number(y - 4)}l4 7h-8z\" fill=\"{colour}\" fill-opacity=\"0.7\"/>\n",
    });

    private static void Line(StringBuilder svg, double x1, double y1, double x2, double y2, string colour) =>
        svg.Append($"<line x1=\"{Number(x1)}\" y1=\"{Number(y1)}\" x2=\"{Number(x2)}\" y2=\"{Number(y2)}\" stroke=\"{colour}\"/>\n");

    private static void Text(StringBuilder svg, double x, double y, string text, string anchor, string extra = "") =>
        svg.Append($"<text x=\"{Number(x)}\" y=\"{Number(y)}\" text-anchor=\"{anchor}\" {extra}>{text}</text>\n");

    /// <summary>A range of round steps (1, 2 or 5 times a power of ten) that covers the values, zero included when
    /// near.</summary>
    private static (double Low, double High, double Step) Axis(IEnumerable<double> values)
    {
        double[] all = [.. values];
        double low = all.Length == 0 ? 0 : all.Min();
        double high = all.Length == 0 ? 1 : all.Max();
        low = low > 0 && low < high * 0.6 ? 0 : low;
        high = high < 0 && high > low * 0.6 ? 0 : high;
        double span = high - low;
        if (span <= Math.Abs(high) * 1e-9)
        {
            span = Math.Max(1, Math.Abs(high));
            (low, high) = (low - (span / 2), high + (span / 2));
        }

        double raw = span / 6;
        double power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        double step = power * (raw / power <= 1 ? 1 : raw / power <= 2 ? 2 : raw / power <= 5 ? 5 : 10);
        return (Math.Floor(low / step) * step, Math.Ceiling(high / step) * step, step);
    }

    private static string Label(double value)
    {
        double size = Math.Abs(value);
        (double scale, string suffix) = size switch
        {
            >= 1e9 => (1e9, "G"),
            >= 1e6 => (1e6, "M"),
            >= 1e4 => (1e3, "k"),
            _ => (1.0, ""),
        };
        return (Math.Round(value / scale, 6) + 0.0).ToString("0.####", CultureInfo.InvariantCulture) + suffix;
    }

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
