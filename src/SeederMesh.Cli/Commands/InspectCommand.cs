using System.CommandLine;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Inspection;
using SeederMesh.Cli.Terminal;

namespace SeederMesh.Cli.Commands;

/// <summary><c>mesh inspect X</c>.</summary>
internal static class InspectCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var subject = new Argument<string>("X")
        {
            Description = "A file (torrent, .prov manifest, receipts, grant), or a text: magnet link, BOLT 11 invoice, "
                + "did:key, payment endpoint, "
                + "a grant or receipt in hex or base64; - reads standard input.",
        };
        Option<bool> json = CommandOptions.Json(
            "Print one JSON document: {kind, valid, ...}; of something bad {kind, valid: false, reason}.");
        var command = new Command(
            "inspect", "Explain what something is and says, after checking all of it; nothing is sent anywhere.") { subject, json };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(subject), new Output(parsed.GetValue(json))));
        return command.WithExamples("""
            mesh inspect album.torrent            name, files, pieces, infohashes
            mesh inspect 4f2a...c1.prov           who signed, licence, price, split
            mesh inspect 'magnet:?xt=urn:btmh:...' --json
            mesh inspect lnbcrt100n1p...          amount, payee, expiry of an invoice (lnbcrt: play money)
            """);
    }

    private static int Run(string subject, Output output)
    {
        (Explanation? explanation, Fault? fault) = subject == "-" ? InspectInput() : Inspector.Inspect(subject);
        if (fault is not null)
        {
            if (output.Json)
            {
                output.Document(new JsonObject { ["kind"] = fault.Kind, ["valid"] = false, ["reason"] = fault.Reason });
            }

            throw new Refusal(fault.Kind == "unknown" ? fault.Reason : $"bad {fault.Kind}: {fault.Reason}");
        }

        if (output.Json)
        {
            output.Document(explanation!.ToJson());
        }
        else
        {
            output.Say(explanation!.Kind);
            FieldsText.Write(output, explanation.Fields, indent: 2);
        }

        return ExitCode.Ok;
    }

    private static (Explanation?, Fault?) InspectInput()
    {
        using Stream input = Console.OpenStandardInput();
        using var buffer = new MemoryStream();
        byte[] chunk = new byte[1 << 16];
        for (int read; (read = input.Read(chunk)) > 0 && buffer.Length <= Inspector.FileBytesMax;)
        {
            buffer.Write(chunk, 0, read);
        }

        return Inspector.InspectBytes(buffer.ToArray(), "standard input");
    }
}
