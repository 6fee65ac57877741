using SeederMesh.Sim.Analytic;
using SeederMesh.Sim.Commands;
using SeederMesh.Sim.Published;
using SeederMesh.Sim.Scenarios;
using Xunit;

namespace SeederMesh.Sim.Tests.Published;

// Goal: published results come out of the simulator, for the published parameters and for others.
// The long ones are left to mesh-sim validate.
public sealed class PublishedCaseTests
{
    public static TheoryData<string> Quick =>
    [
        .. CommonOptions.ShippedNames("validate").Where(name =>
            !name.Contains("pieces", StringComparison.Ordinal)
            && !name.Contains("kumar-ross-1000", StringComparison.Ordinal)
            && !name.Contains("fluid", StringComparison.Ordinal)
            && !name.Contains("bittyrant", StringComparison.Ordinal)
            && !name.Contains("flash-growth", StringComparison.Ordinal)),
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
    [InlineData("validate/free-rider-share", "parameters.N=30", "parameters.n_u=3", "replicates=8")]
    [InlineData("validate/missing-piece-unstable", "parameters.K=2", "parameters.L=4", "parameters.Us=2", "parameters.gamma=3")]
    [InlineData("validate/missing-piece-stable", "parameters.L=5", "parameters.gamma=0.9")]
    [InlineData("validate/proportional-response-path5", "parameters.w1=9", "parameters.w3=4", "parameters.w6=2")]
    [InlineData("validate/qiu-srikant-pieces-2", "parameters.L=0.5", "parameters.mu=0.04", "parameters.c=0.2", "parameters.gamma=0.1")]
    [InlineData("validate/qiu-srikant-fluid-2", "parameters.mu=0.03", "parameters.c=inf", "parameters.gamma=0.1")]
    [InlineData("validate/mundinger", "parameters.N=1", "parameters.M=1")]
    [InlineData("validate/mundinger", "parameters.N=6", "parameters.M=3")]
    [InlineData("validate/mundinger", "parameters.N=1000", "parameters.M=7")]
    [InlineData("validate/wash-trade", "parameters.P=50000", "parameters.f=7")]
    [InlineData("validate/mundinger", "parameters.N=255", "parameters.M=20")]
    [InlineData("validate/mundinger", "parameters.N=100", "parameters.M=50")]
    [InlineData("validate/flash-growth", "parameters.mu=5", "parameters.N=4096", "replicates=8", "published.tolerance=0.1")]
    [InlineData("validate/flashflow", "parameters.r=0.6", "parameters.seconds=11")]
    [InlineData("validate/random-walk", "parameters.a=0.3", "parameters.k=3")]
    [InlineData("validate/flashflow", "parameters.r=0.5")]
    [InlineData("validate/kumar-ross-100", "populations[leechers].up=600kbit/s", "content.size=750MB", "content.piece=1875kB")]
    [InlineData("validate/kumar-ross-10", "parameters.N=30", "parameters.F=3e9", "parameters.us=20e6", "parameters.d=4e6",
        "parameters.u=500e3")]
    public void Compute_OtherParameters_IsInsideItsTolerance(string preset, params string[] assignments) =>
        AssertPasses(preset, assignments);

    // preset, what is wrong -> what the message has to say
    [Theory]
    [InlineData("validate/mundinger", "parameters.Q=1", "--set", "parameters.Q", "N, M")]
    [InlineData("validate/mundinger", "parameters.N=1.5", "--set", "parameters.N", "a whole number, 1 to 100000")]
    [InlineData("validate/flashflow", "parameters.r=1", "--set", "parameters.r", "0 to 0.99")]
    [InlineData("validate/wash-trade", "parameters.f=0", "--set", "parameters.f", "above 0")]
    [InlineData("validate/wash-trade", "mode=pieces", "published.case", "wash-trade", "mode: published")]
    [InlineData("validate/wash-trade", "parameters.f=cheap", "--set", "parameters.f", "a number")]
    [InlineData("fairness/flash-crowd", "attacks=replay", "--set", "attacks", "mode: attack")]
    [InlineData("sybil/all", "attack.identity=3", "--set", "attack.identity", "identities, bonus")]
    [InlineData("sybil/all", "attack.share=1.5", "--set", "attack.share", "0 to 1")]
    public void Read_WrongParameter_NamesKeyAndWhatIsAllowed(string preset, string assignment, params string[] parts)
    {
        ScenarioException exception = Assert.Throws<ScenarioException>(() =>
            ScenarioReader.Read(CommonOptions.Load(preset), [assignment]));
        Assert.All(parts, part => Assert.Contains(part, exception.Message, StringComparison.Ordinal));
    }

    // Peers, parts: the schedule needs exactly M + floor(log2 N) rounds, whatever N is.
    [Fact]
    public void Rounds_AnyNumberOfPeersAndParts_MeetsTheFloor()
    {
        for (int peers = 1; peers <= 70; peers++)
        {
            for (int parts = 1; parts <= 12; parts++)
            {
                Assert.Equal(parts + int.Log2(peers), new BinomialPipeline(peers, parts).Rounds());
            }
        }
    }

    private static void AssertPasses(string preset, params string[] assignments)
    {
        Scenario scenario = ScenarioReader.Read(CommonOptions.Load(preset), assignments);
        IReadOnlyList<PublishedRow> rows = PublishedCases.Find(scenario.PublishedCase)
            .Compute(scenario, TestContext.Current.CancellationToken);
        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.True(row.Passed, $"{preset}: {row}"));
    }
}
