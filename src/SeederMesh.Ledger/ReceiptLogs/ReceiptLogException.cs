namespace SeederMesh.Ledger.ReceiptLogs;

/// <summary>A file is no receipt log of this version, or was changed or cut off.</summary>
/// <param name="line">The line, from 1.</param>
/// <param name="field">The field, as the format names it; empty where the whole line is meant.</param>
/// <param name="defect">What is wrong, and what is allowed.</param>
public sealed class ReceiptLogException(long line, string field, string defect)
    : Exception(field.Length == 0 ? $"line {line}: {defect}" : $"line {line}, \"{field}\": {defect}")
{
    /// <summary>The line, from 1.</summary>
    public long Line { get; } = line;

    /// <summary>The field, as the format names it; empty where the whole line is meant.</summary>
    public string Field { get; } = field;
}
