using System.CommandLine;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;
using SeederMesh.Client;

namespace SeederMesh.Cli.Commands;

/// <summary><c>mesh status</c>.</summary>
internal static class StatusCommand
{
    private static readonly string[] Amounts =
    [
        "fundedMsat", "reservedMsat", "settledMsat", "refundedMsat", "paidMsat", "pendingMsat", "owedMsat", "routingFeesMsat",
        "hubRevenueMsat", "registryMsat",
    ];

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        Option<string> hub = CommandOptions.Hub();
        Option<bool> json = CommandOptions.Json("Print the hub's own answer, /v1/status.");
        var command = new Command("status", "Show what a hub has received, holds, owes and has paid.") { hub, json };
        command.SetAction((parsed, ct) => RunAsync(parsed.GetRequiredValue(hub), new Output(parsed.GetValue(json)), ct));
        return command.WithExamples("""
            mesh status
            mesh status --hub https://hub.example.org --json
            """);
    }

    private static async Task<int> RunAsync(string address, Output output, CancellationToken cancellationToken)
    {
        JsonObject status;
        try
        {
            using var hub = new HubClient(new Uri(address), caller: null);
            status = await hub.ReadAsync("v1/status", cancellationToken) as JsonObject ?? [];
        }
        catch (ClientException exception)
        {
            throw new Failure(exception.Message, exception);
        }

        if (output.Json)
        {
            output.Document(status);
            return ExitCode.Ok;
        }

        output.Say($"hub at {address}; all amounts are play money");
        foreach (string name in Amounts)
        {
            if (long.TryParse((string?)status[name], out long msat))
            {
                status[name] = Core.Money.Msat.From(msat).ToString();
            }
        }

        FieldsText.Write(output, status, indent: 2);
        return ExitCode.Ok;
    }
}
