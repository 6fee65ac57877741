using System.Globalization;
using System.Net;
using System.Text;
using SeederMesh.Sim.Analysis;
using SeederMesh.Sim.Running;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Outputs;

/// <summary>One page with everything inside it: it opens without a network.</summary>
internal static class HtmlReport
{
    private const string Style =
        "body{font:15px/1.5 Helvetica,Arial,sans-serif;max-width:860px;margin:2em auto;padding:0 1em;color:#222}"
        + "table{border-collapse:collapse;margin:1em 0;width:100%}td,th{padding:.25em .6em;border-bottom:1px solid #ddd;text-align:right}"
        + "td:first-child,th:first-child{text-align:left}td{white-space:nowrap}svg{max-width:100%;height:auto;margin:1em 0}"
        + "pre{background:#f6f6f6;padding:1em;overflow:auto;font-size:12px}.note{color:#555}"
        + "figure{margin:0}@media print{figure,tr{break-inside:avoid}body{max-width:none}pre{white-space:pre-wrap}}";

    private static readonly string[] defences = ["off", "on"];

    public static string Make(
        Scenario scenario, RunOutcome outcome, SortedDictionary<string, Estimate> summary, IEnumerable<string> plots)
    {
        var page = new StringBuilder("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
            + "<meta name=\"viewport\" content=\"width=device-width\">");
        page.Append($"<title>{Encode(scenario.Name)}</title><style>{Style}</style></head><body>\n<h1>{Encode(scenario.Name)}</h1>\n");
        page.Append($"<p class=\"note\">Seed {scenario.Seed}, {outcome.Replicates.Count} replicate(s), trace {outcome.Trace:x16}"
            + $"{(outcome.IsPartial ? ", <b>ended early: what follows is partial</b>" : "")}. Amounts are play money in msat.</p>\n");
        if (outcome.AttackTables.Count > 0)
        {
            AppendAttacks(page, summary);
        }

        foreach (string plot in plots)
        {
            page.Append("<figure>").Append(plot).Append("</figure>\n");
        }

        page.Append("<h2>Metrics</h2>\n<table><tr><th>metric</th><th>mean</th><th>95% &plusmn;</th><th>n</th></tr>\n");
        foreach ((string name, Estimate value) in summary.Where(entry => entry.Value.N > 0))
        {
            page.Append($"<tr><td>{Encode(name)}</td><td>{Number(value.Mean)}</td><td>{Number(value.Ci95)}</td><td>{value.N}</td></tr>\n");
        }

        page.Append("</table>\n<h2>Scenario</h2>\n<pre>").Append(Encode(scenario.ToCanonicalText()));
        return page.Append("</pre></body></html>\n").ToString();
    }

    private static void AppendAttacks(StringBuilder page, SortedDictionary<string, Estimate> summary)
    {
        page.Append("<h2>Attacks</h2>\n<p class=\"note\">Against the same economy with everybody honest (common random numbers).</p>\n"
            + "<table><tr><th>attack</th><th>defence</th><th>attacker's gain</th><th>victims' loss</th><th>honest dilution</th>"
            + "<th>cost</th><th>bound</th></tr>\n");
        foreach (string name in AttackBars.Names(summary))
        {
            foreach (string defence in defences)
            {
                string prefix = $"{name}.{defence}.";
                page.Append($"<tr><td>{(defence == "off" ? name : "")}</td><td>{defence}</td><td>{Mean(prefix + "gain_msat")}</td>"
                    + $"<td>{Mean(prefix + "victims_loss_msat")}</td><td>{Mean(prefix + "honest_dilution")}</td>"
                    + $"<td>{Mean(prefix + "cost_msat")}</td><td>{(defence == "off" ? "" : Bound(prefix))}</td></tr>\n");
            }
        }

        page.Append("</table>\n<p class=\"note\">msat; &plusmn; is half of the 95% interval over the replicates.</p>\n");

        string Mean(string metric)
        {
            Estimate value = summary[metric];
            string format = metric.EndsWith("_msat", StringComparison.Ordinal) ? "#,0" : "0.###";
            string mean = value.Mean.ToString(format, CultureInfo.InvariantCulture);
            return value.Ci95 == 0 ? mean : $"{mean} &plusmn; {value.Ci95.ToString(format, CultureInfo.InvariantCulture)}";
        }

        string Bound(string prefix) => AttackBars.Bound(summary, prefix);
    }

    private static string Number(double value) => value.ToString(
        Math.Abs(value) >= 100 ? "#,0.#" : "0.####", CultureInfo.InvariantCulture);

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
