namespace SeederMesh.Cli.Terminal;

/// <summary>Lines from standard input, and the end of a process that another one started.</summary>
/// <remarks>
/// A process that the demo starts has <see cref="Variable"/> set and its standard input on a pipe that the parent holds
/// open and never
/// fills. However the parent ends, the kernel closes the pipe; then this process stops, first gently, after
/// <see cref="GraceSeconds"/> at once. So no process is left behind even when the parent is killed.
/// </remarks>
internal static class ParentWatch
{
    /// <summary>The environment variable that says that a parent watches.</summary>
    public const string Variable = "SEEDERMESH_WATCHED";

    /// <summary>Seconds to end gently.</summary>
    public const int GraceSeconds = 8;

    /// <summary>Whether another process started this one.</summary>
    public static bool IsWatched => Environment.GetEnvironmentVariable(Variable) == "1";

    /// <summary>Answers that the parent gave, one a line; read by a prompt.</summary>
    public static System.Threading.Channels.Channel<string> Lines { get; } =
        System.Threading.Channels.Channel.CreateBounded<string>(16);

    /// <summary>Starts watching, when a parent said so.</summary>
    /// <returns>A token that is cancelled when the parent is gone or wants this process to end.</returns>
    public static CancellationToken Start()
    {
        if (!IsWatched)
        {
            return CancellationToken.None;
        }

        var gone = new CancellationTokenSource();
        var thread = new Thread(() =>
        {
            while (Console.In.ReadLine() is { } line)
            {
                Lines.Writer.TryWrite(line);
            }

            Lines.Writer.TryComplete();
            gone.Cancel();
            Thread.Sleep(TimeSpan.FromSeconds(GraceSeconds));
            Environment.Exit(ExitCode.Failed);
        })
        { IsBackground = true, Name = "parent watch" };
        thread.Start();
        return gone.Token;
    }
}
