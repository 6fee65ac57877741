using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Audit;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Cli.Audits;

/// <summary>What an audit came to.</summary>
/// <param name="Held">Whether every check held.</param>
/// <param name="Summary">One line for a person.</param>
/// <param name="Report">Every check of the ledger: the books, and from receipts to signatures.</param>
/// <param name="Network">The play-money network's own books, where its file lies beside the ledger.</param>
internal sealed record AuditOutcome(bool Held, string Summary, AuditReport Report, EmbeddedNetworkAudit? Network);

/// <summary>Audits a hub's database, from the file alone.</summary>
internal static class BookAudit
{
    /// <summary>Runs every check. The hub may be running.</summary>
    /// <exception cref="Refusal">There is no such database, or it is none of a hub.</exception>
    public static Task<AuditOutcome> RunAsync(string database, CancellationToken cancellationToken) =>
        Task.Run(() => Run(database), cancellationToken);

    private static AuditOutcome Run(string database)
    {
        AuditReport report;
        try
        {
            report = new AuditReport([.. LedgerAudit.Run(database).Checks, .. ReceiptsAudit.Run(database).Checks]);
        }
        catch (LedgerDatabaseException exception)
        {
            throw new Refusal(exception.Message);
        }

        string beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(database))!, "lightning.db");
        EmbeddedNetworkAudit? network = File.Exists(beside) ? EmbeddedNetworkAudit.Run(beside) : null;
        int failed = report.Checks.Count(check => !check.IsPassed);
        bool held = report.IsPassed && network is not { Holds: false };
        string summary = held
            ? $"{report.Checks.Count} checks of the ledger held"
                + (network is null
                    ? ""
                    : $", and the play-money network's {network.Payments:N0} payments balance over {network.Nodes} nodes")
            : failed > 0 ? $"{failed} of {report.Checks.Count} checks failed, first: {report.Checks.First(check => !check.IsPassed).Name}"
            : $"the play-money network: {network!.Findings[0]}";
        return new AuditOutcome(held, summary, report, network);
    }

    /// <summary>For scripts.</summary>
    public static JsonObject ToJson(AuditOutcome outcome) => new()
    {
        ["held"] = outcome.Held,
        ["summary"] = outcome.Summary,
        ["checks"] = new JsonArray([.. outcome.Report.Checks.Select(check => (JsonNode)new JsonObject
        {
            ["check"] = check.Name,
            ["held"] = check.IsPassed,
            ["detail"] = check.Detail,
            ["figures"] = new JsonObject(check.Figures.Select(figure => KeyValuePair.Create(
                figure.Name, (JsonNode?)figure.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)))),
        })]),
        ["playMoneyNetwork"] = outcome.Network is { } network
            ? new JsonObject
            {
                ["held"] = network.Holds,
                ["nodes"] = network.Nodes,
                ["payments"] = network.Payments,
                ["feesMsat"] = network.FeesMsat.ToString(System.Globalization.CultureInfo.InvariantCulture),
                ["findings"] = new JsonArray([.. network.Findings.Select(finding => (JsonNode)finding)]),
            }
            : null,
    };
}
