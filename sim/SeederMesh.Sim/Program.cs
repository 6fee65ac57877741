using System.CommandLine;
using SeederMesh.Sim.Commands;
using SeederMesh.Sim.Scenarios;

var root = new RootCommand("mesh-sim simulates swarms, payments and attacks with SeederMesh's own accounting. Every amount is play money.")
{
    RunCommand.Create(),
    ValidateCommand.Create(),
    SweepCommand.Create(),
    CompareCommand.Create(),
    BenchCommand.Create(),
    ReplayCommand.Create(),
    ReportCommand.Create(),
    SchemaCommands.CreateSchema(),
    SchemaCommands.CreateNew(),
};

try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        // After Ctrl-C: what was done so far is written down.
        ProcessTerminationTimeout = TimeSpan.FromMinutes(2),
    });
}
catch (ScenarioException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 2;
}
catch (IOException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
catch (UnauthorizedAccessException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
