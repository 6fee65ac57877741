using System.CommandLine;
using SeederMesh.Sim.Published;
using SeederMesh.Sim.Scenarios;

namespace SeederMesh.Sim.Commands;

/// <summary><c>mesh-sim validate</c>: the published results, expected against got.</summary>
internal static class ValidateCommand
{
    public static Command Create()
    {
        var scenarios = new Argument<string[]>("scenarios")
        {
            Description = "Scenarios with a published case; all that come with mesh-sim by default",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string[]> set = CommonOptions.Set();
        Option<ulong?> seed = CommonOptions.Seed();
        Option<int?> replicates = CommonOptions.Replicates();
        var command = new Command("validate",
            "Reproduces published results: expected, got, tolerance, verdict") { scenarios, set, seed, replicates };
        command.SetAction(async (parsed, cancellation) =>
        {
            // Ctrl-C is listened to once this returns a task.
            await Task.Yield();
            string[] names = parsed.GetValue(scenarios) is { Length: > 0 } given
                ? given : [.. CommonOptions.ShippedNames("validate")];
            IReadOnlyList<string> assignments = CommonOptions.Assignments(parsed, set, seed, replicates);
            Console.WriteLine($"{"scenario",-34} {"quantity",-38} {"expected",14} {"got",14}  {"tolerance",-24} verdict");
            int failed = 0;
            foreach (string name in names.TakeWhile(_ => !cancellation.IsCancellationRequested))
            {
                failed += Validate(name, assignments, cancellation);
            }

            Console.WriteLine(failed == 0 ? "all inside their tolerances" : $"{failed} outside");
            return cancellation.IsCancellationRequested ? 130 : failed == 0 ? 0 : 1;
        });
        return command;
    }

    private static int Validate(string name, IReadOnlyList<string> assignments, CancellationToken cancellation)
    {
        Scenario scenario = ScenarioReader.Read(CommonOptions.Load(name), assignments);
        int failed = 0;
        foreach (PublishedRow row in PublishedCases.Find(scenario.PublishedCase).Compute(scenario, cancellation))
        {
            Console.WriteLine($"{scenario.Name,-34} {row.Quantity,-38} {row.Expected,14:0.####} {row.Got,14:0.####}  {row.Tolerance,-24} "
                + (row.Passed ? "pass" : "FAIL"));
            failed += row.Passed ? 0 : 1;
        }

        return failed;
    }
}
