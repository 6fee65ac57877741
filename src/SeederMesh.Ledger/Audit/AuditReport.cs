namespace SeederMesh.Ledger.Audit;

/// <summary>What an audit of the database found.</summary>
/// <param name="Checks">Every check, passed or not, in a fixed order.</param>
public sealed record AuditReport(IReadOnlyList<AuditCheck> Checks)
{
    /// <summary>Whether every check held.</summary>
    public bool IsPassed => Checks.All(check => check.IsPassed);
}

/// <summary>One check.</summary>
/// <param name="Name">A stable name in lower case.</param>
/// <param name="IsPassed">Whether it held.</param>
/// <param name="Figures">The figures that it compared or counted, by name.</param>
/// <param name="Detail">What is wrong, with the first few ids; empty when it held.</param>
public sealed record AuditCheck(string Name, bool IsPassed, IReadOnlyList<AuditFigure> Figures, string Detail);

/// <summary>A named figure of a check.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">How much, or how many.</param>
/// <param name="IsMsat">Whether it is an amount in millisatoshi; otherwise a count.</param>
public sealed record AuditFigure(string Name, long Value, bool IsMsat = true);
