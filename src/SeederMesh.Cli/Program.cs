using System.CommandLine;
using SeederMesh.Cli.Commands;
using SeederMesh.Cli.Terminal;
using SeederMesh.Client;
using SeederMesh.Lightning;

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
    return Tell(failure, failure.InnerException);
}
catch (ClientException exception)
{
    return Tell(exception, exception);
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("mesh: stopped.");
    return ExitCode.Failed;
}
catch (Exception exception) when (exception is IOException or UnauthorizedAccessException
    or HttpRequestException or LightningNodeException)
{
    Console.Error.WriteLine($"mesh: {exception.Message}");
    return ExitCode.Failed;
}

// What a hub refused was bad input; that it is away, or anything else, is a failure.
static int Tell(Exception told, Exception? cause)
{
    Console.Error.WriteLine($"mesh: {told.Message}");
    return cause is HubException { IsTransient: false } ? ExitCode.Refused : ExitCode.Failed;
}
