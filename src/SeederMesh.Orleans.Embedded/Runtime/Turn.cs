namespace Orleans.Embedded;

/// <summary>One unit of work of an activation: a call or a timer's tick.</summary>
internal abstract class Turn
{
    /// <summary>Links the turns that wait at one activation.</summary>
    internal Turn? Next { get; set; }

    internal Activation? Activation { get; set; }

    /// <summary>May start while others wait at an await.</summary>
    internal bool Interleaves { get; set; }

    /// <summary>May start while other such turns wait at an await.</summary>
    internal bool IsReadOnly { get; init; }

    /// <summary>Whether the activation counts as used because of it.</summary>
    internal virtual bool KeepsAlive => true;

    /// <summary>How often it went from an activation that ended to the next one.</summary>
    internal int Forwards { get; set; }

    /// <summary>Nobody waits for it any more, so that it need not start.</summary>
    internal abstract bool IsAbandoned { get; }

    /// <summary>Runs it; it keeps its own failures.</summary>
    internal abstract Task RunAsync(Activation activation);

    /// <summary>It will never run.</summary>
    internal abstract void Fail(Exception exception);
}
