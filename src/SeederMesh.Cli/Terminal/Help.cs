using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace SeederMesh.Cli.Terminal;

/// <summary>Help that ends with examples.</summary>
internal static class Help
{
    private static readonly Dictionary<Command, string> Examples = [];

    /// <summary>Gives a command its examples: lines of "command   what it does".</summary>
    public static Command WithExamples(this Command command, string examples)
    {
        Examples[command] = examples;
        return command;
    }

    /// <summary>Makes <c>--help</c> of all commands below <paramref name="root"/> print their examples.</summary>
    public static void Install(RootCommand root)
    {
        HelpOption option = root.Options.OfType<HelpOption>().Single();
        option.Action = new HelpWithExamples((HelpAction)option.Action!);
    }

    private sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            TextWriter output = parseResult.InvocationConfiguration.Output;
            if (parseResult.CommandResult.Command is RootCommand)
            {
                // The list of commands is the usual path, in order.
                output.WriteLine(Commands.MeshCommand.Welcome);
                return ExitCode.Ok;
            }

            usual.Invoke(parseResult);
            if (Examples.TryGetValue(parseResult.CommandResult.Command, out string? examples))
            {
                output.WriteLine("Examples:");
                foreach (string line in examples.Split('\n'))
                {
                    output.WriteLine(line.Length == 0 ? "" : "  " + line);
                }

                output.WriteLine();
            }

            output.WriteLine("Exit codes: 0 done, 1 failed, 2 bad input or refused (the reason is printed).");
            return ExitCode.Ok;
        }
    }
}
