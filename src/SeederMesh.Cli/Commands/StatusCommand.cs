using System.CommandLine;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;
using SeederMesh.Client;

namespace SeederMesh.Cli.Commands;

/// <summary><c>mesh status</c>.</summary>
internal static class StatusCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        Option<string> hub = CommandOptions.Hub();
        Option<bool> json = CommandOptions.Json("Print the hub's own answer, /v1/status.");
        Option<string?> payee = new("--payee")
        {
            Description = "Show one payee instead: what it earned and got, and how it is paid.",
            HelpName = "ID",
        };
        var command = new Command("status", "Show what a hub has received, holds, owes and has paid.") { hub, json, payee };
        command.SetAction((parsed, ct) => RunAsync(
            parsed.GetRequiredValue(hub), PathOf(parsed.GetValue(payee)), new Output(parsed.GetValue(json)), ct));
        return command.WithExamples("""
            mesh status
            mesh status --hub https://hub.example.org --json
            mesh status --payee 4f0c...
            """);
    }

    private static string PathOf(string? payee) => payee is null ? "v1/status"
        : Core.Identity.Id128.TryParseHex(payee, out Core.Identity.Id128 id) ? $"v1/payees/{id}"
        : throw new Refusal($"'{payee}' is no payee's id: 32 hexadecimal digits, as mesh payouts shows them.");

    private static async Task<int> RunAsync(string address, string path, Output output, CancellationToken cancellationToken)
    {
        JsonObject status;
        string network;
        try
        {
            using var hub = new HubClient(new Uri(address), caller: null);
            status = await hub.ReadAsync(path, cancellationToken) as JsonObject ?? [];
            network = (string?)status["network"] ?? (await hub.GetHubAsync(cancellationToken)).Network;
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

        output.Say($"hub at {address}; all amounts are {Lightning.NodeInfo.NameMoney(network)}");
        FieldsText.Write(output, FieldsText.Readable(status), indent: 2);
        return ExitCode.Ok;
    }
}
