using System.CommandLine;
using System.Globalization;
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

        output.Say($"hub at {address}; all amounts are {Lightning.NodeInfo.NameMoney((string?)status["network"] ?? "")}");
        FieldsText.Write(output, Readable(status), indent: 2);
        return ExitCode.Ok;
    }

    /// <summary>The same fields as a person reads them: amounts in satoshi, times as dates.</summary>
    private static JsonObject Readable(JsonObject status)
    {
        var readable = new JsonObject();
        foreach ((string name, JsonNode? value) in status)
        {
            string text = value?.ToString() ?? "";
            bool isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number);
            (string label, JsonNode? shown) = name switch
            {
                _ when isNumber && name.EndsWith("Msat", StringComparison.Ordinal) => (name[..^4], Core.Money.Msat.From(number).ToString()),
                _ when isNumber && name.EndsWith("UnixMs", StringComparison.Ordinal) =>
                    (name[..^6], DateTimeOffset.FromUnixTimeMilliseconds(number).ToString("u", CultureInfo.InvariantCulture)),
                "settledBytes" when isNumber => ("content", Units.Bytes(number)),
                _ when value is JsonObject inner => (name, Readable(inner)),
                _ => (name, value?.DeepClone()),
            };
            readable[label] = shown;
        }

        return readable;
    }
}
