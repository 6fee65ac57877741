namespace SeederMesh.Benchmarks.Measuring;

/// <summary>One line of the benchmarks' table.</summary>
/// <param name="What">What was measured, and how.</param>
/// <param name="Value">The figure with its unit.</param>
/// <param name="Against">The ratio that the same run gave.</param>
/// <param name="Target">The target of the design, or nothing.</param>
internal sealed record Finding(string What, string Value, string Against, string Target);
