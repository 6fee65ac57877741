using SeederMesh.Sim.Commands;
using SeederMesh.Sim.Published;
using SeederMesh.Sim.Scenarios;
using Xunit;

namespace SeederMesh.Sim.Tests.Published;

// Goal: published results come out of the simulator, for the published parameters and for others. The long ones are left to mesh-sim validate.
public sealed class PublishedCaseTests
{
    public static TheoryData<string> Quick =>
    [
        .. CommonOptions.ShippedNames("validate").Where(name =>
            !name.Contains("pieces", StringComparison.Ordinal)
            && !name.Contains("kumar-ross-1000", StringComparison.Ordinal)
            && !name.Contains("fluid", StringComparison.Ordinal)),
    ];

    [Theory]
    [MemberData(nameof(Quick))]
    public void Compute_ShippedPreset_IsInsideItsTolerance(string preset) => AssertPasses(preset);

    // preset, other parameters
    [Theory]
    [InlineData("validate/qiu-srikant-markov-1", "parameters.L=2", "parameters.mu=0.005", "parameters.c=0.01", "parameters.gamma=0.004")]
    [InlineData("validate/qiu-srikant-markov-2", "parameters.L=5", "parameters.theta=0.002")]
    [InlineData("validate/missing-piece-unstable", "parameters.K=3", "parameters.L=3", "parameters.Us=0.5", "parameters.gamma=2")]
    [InlineData("validate/eigentrust", "parameters.e=0.4", "parameters.a=0.3")]
    [InlineData("validate/proportional-response", "parameters.w1=3", "parameters.w2=7", "parameters.w3=2")]
    [InlineData("validate/free-rider-share", "parameters.N=20", "parameters.n_u=3")]
    [InlineData("validate/wash-trade", "parameters.P=50000", "parameters.f=7")]
    [InlineData("validate/mundinger", "parameters.N=255", "parameters.M=20")]
    [InlineData("validate/mundinger", "parameters.N=100", "parameters.M=50")]
    [InlineData("validate/random-walk", "parameters.a=0.3", "parameters.k=3")]
    [InlineData("validate/flash-growth", "parameters.mu=0.2")]
    [InlineData("validate/flashflow", "parameters.r=0.5")]
    [InlineData("validate/kumar-ross-100", "populations[leechers].up=600kbit/s", "content.size=750MB", "content.piece=1875kB")]
    public void Compute_OtherParameters_IsInsideItsTolerance(string preset, params string[] assignments) =>
        AssertPasses(preset, assignments);

    private static void AssertPasses(string preset, params string[] assignments)
    {
        Scenario scenario = ScenarioReader.Read(CommonOptions.Load(preset), assignments);
        IReadOnlyList<PublishedRow> rows = PublishedCases.Find(scenario.PublishedCase).Compute(scenario, TestContext.Current.CancellationToken);
        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.True(row.Passed, $"{preset}: {row}"));
    }
}
