using System.Diagnostics.CodeAnalysis;

namespace SeederMesh.Core;

/// <summary>Contradictions that must stop an operation, in release builds too.</summary>
public static class Invariant
{
    /// <summary>Stops when <paramref name="holds"/> is false.</summary>
    /// <param name="holds">What must be true.</param>
    /// <param name="statement">The sentence that must hold, for the person who reads the failure.</param>
    /// <exception cref="InvariantViolationException">It does not hold.</exception>
    public static void Require([DoesNotReturnIf(false)] bool holds, string statement)
    {
        if (!holds)
        {
            throw new InvariantViolationException(statement);
        }
    }
}

/// <summary>The program contradicts itself; the operation stops and nothing of it is stored.</summary>
public sealed class InvariantViolationException(string statement)
    : InvalidOperationException($"Invariant broken: {statement}.");
