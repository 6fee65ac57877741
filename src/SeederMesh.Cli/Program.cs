using System.CommandLine;
using SeederMesh.Cli.Commands;
using SeederMesh.Cli.Terminal;
using SeederMesh.Client;

RootCommand root = MeshCommand.Create();
if (args.Length == 0)
{
    Console.Out.WriteLine(MeshCommand.Welcome);
    return ExitCode.Ok;
}

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0 && parsed.Action is System.CommandLine.Invocation.ParseErrorAction)
{
    foreach (string message in parsed.Errors.Select(error => error.Message).Distinct(StringComparer.Ordinal))
    {
        Console.Error.WriteLine($"mesh: {message}");
    }

    Console.Error.WriteLine($"mesh: see \"mesh {string.Concat(MeshCommand.PathOf(parsed.CommandResult))}--help\".");
    return ExitCode.Refused;
}

using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(ParentWatch.Start());
try
{
    var configuration = new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = TimeSpan.FromSeconds(15),
    };
    return await parsed.InvokeAsync(configuration, stop.Token);
}
catch (Refusal refusal)
{
    Console.Error.WriteLine($"mesh: {refusal.Message}");
    return ExitCode.Refused;
}
catch (Failure failure)
{
    Console.Error.WriteLine($"mesh: {failure.Message}");
    return failure.InnerException is HubException { IsTransient: false } ? ExitCode.Refused : ExitCode.Failed;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("mesh: stopped.");
    return ExitCode.Failed;
}
catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or HttpRequestException)
{
    Console.Error.WriteLine($"mesh: {exception.Message}");
    return ExitCode.Failed;
}
