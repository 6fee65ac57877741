using System.Globalization;

namespace SeederMesh.Sim.Scenarios;

/// <summary>A number that an attack, a published result or an analytic mode takes: under <c>attack:</c> or
/// <c>parameters:</c> of a scenario.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Default">Taken when it is left out; NaN when it must be given.</param>
/// <param name="Explanation">What it is.</param>
/// <param name="Minimum">The least allowed.</param>
/// <param name="Maximum">The most allowed.</param>
/// <param name="IsWhole">Whether it counts something.</param>
internal sealed record ScenarioParameter(
    string Name,
    double Default,
    string Explanation,
    double Minimum = 0,
    double Maximum = double.PositiveInfinity,
    bool IsWhole = false)
{
    /// <summary>The smallest number above zero that a scenario may write where zero makes no sense.</summary>
    public const double AboveZero = 1e-12;

    /// <summary>Whether a value is allowed.</summary>
    public bool Allows(double value) =>
        value >= Minimum && value <= Maximum && (!IsWhole || value == Math.Floor(value));

    /// <summary>What is allowed, as a person reads it.</summary>
    public string Allowed => string.Create(
        CultureInfo.InvariantCulture,
        $"{(IsWhole ? "a whole number, " : "")}{(Minimum == AboveZero ? "above 0" : Minimum)} "
        + $"{(double.IsPositiveInfinity(Maximum) ? "or more" : $"to {Maximum}")}");

    /// <summary>Its line in <c>mesh-sim schema</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name,-16} {(double.IsNaN(Default) ? "(must be given)" : $"= {Default}"),-16} {Allowed}: {Explanation}");
}
