using System.Globalization;

namespace SeederMesh.Benchmarks.Measuring;

/// <summary>One entry of the benchmarks' table.</summary>
/// <param name="What">What was measured, and how.</param>
/// <param name="Figure">The figure with its unit.</param>
/// <param name="Ratio">What the same run gave for what it is held against.</param>
/// <param name="Target">The target of DESIGN section 10; null where it names none.</param>
internal sealed record Finding(string What, string Figure, string Ratio, Target? Target)
{
    /// <summary>The entry as it is printed.</summary>
    public override string ToString() =>
        $"  what:   {What}\n  figure: {Figure}\n  ratio:  {Ratio}\n  target: {Target?.ToString() ?? "none set"}";
}

/// <summary>A target, and what was measured of the same thing.</summary>
/// <param name="Text">The target, with its unit.</param>
/// <param name="IsReached">Whether this run reached it.</param>
internal sealed record Target(string Text, bool IsReached)
{
    public static Target AtLeast(double least, double measured, string of) =>
        new($"at least {least.ToString(CultureInfo.InvariantCulture)} {of}", measured >= least);

    public static Target AtMost(double most, double measured, string unit) =>
        new($"at most {most.ToString(CultureInfo.InvariantCulture)} {unit}", measured <= most);

    public override string ToString() => $"{Text}: {(IsReached ? "reached" : "not reached")}";
}

/// <summary>A benchmark cannot run on this machine; the message says why.</summary>
internal sealed class SkippedException(string reason) : Exception(reason);
