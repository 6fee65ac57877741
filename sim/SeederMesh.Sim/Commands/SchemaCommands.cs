using System.CommandLine;
using SeederMesh.Sim.Outputs;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Commands;

/// <summary><c>mesh-sim schema</c> and <c>mesh-sim new</c>.</summary>
internal static class SchemaCommands
{
    public static Command CreateSchema()
    {
        var json = new Option<bool>("--json") { Description = "As JSON Schema, for an editor that checks YAML while it is written" };
        var command = new Command("schema", "Prints every key of a scenario, and every attack") { json };
        command.SetAction(parsed => Console.Write(
            parsed.GetValue(json) ? JsonText.Of(ScenarioJsonSchema.Build()) : ScenarioSchema.Describe()));
        return command;
    }

    public static Command CreateNew()
    {
        var file = new Argument<string?>("file")
        {
            Description = "Where to write it; standard output by default",
            Arity = ArgumentArity.ZeroOrOne
        };
        var command = new Command("new", "Writes a scenario to start from") { file };
        command.SetAction(parsed =>
        {
            string text = CommonOptions.Load("fairness/flash-crowd");
            if (parsed.GetValue(file) is not { } path)
            {
                Console.Write(text);
                return 0;
            }

            if (File.Exists(path))
            {
                Console.Error.WriteLine($"{path} exists; choose another name");
                return 1;
            }

            File.WriteAllText(path, text);
            return 0;
        });
        return command;
    }
}
