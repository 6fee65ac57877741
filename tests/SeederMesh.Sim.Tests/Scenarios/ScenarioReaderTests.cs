using SeederMesh.Sim.Commands;
using SeederMesh.Sim.Scenarios;
using Xunit;

namespace SeederMesh.Sim.Tests.Scenarios;

// Goal: an error names the line, the key and what is allowed; what comes along is valid.
public sealed class ScenarioReaderTests
{
    private const string Valid = """
        name: valid
        populations:
          - { name: seed, role: seed }
          - { name: leechers, count: 10 }
        """;

    // what is appended -> what the message has to say
    [Theory]
    [InlineData("contnt: { size: 1MiB }", "line 5", "contnt", "allowed here")]
    [InlineData("time: { end: soon }", "line 5", "time.end", "500ms")]
    [InlineData("network: { selection: newest }", "line 5", "network.selection", "rarest-first, random")]
    [InlineData("network: { neighbours: 65 }", "line 5", "network.neighbours", "2 to 64")]
    [InlineData("content: { size: 3MiB, piece: 2MiB }", "content.size", "whole pieces", "content.piece")]
    [InlineData("mechanism: { split: { creator: 1 } }", "mechanism.split", "3001", "10000")]
    [InlineData("attacks: [teleport]", "line 5", "attacks", "seeder-split")]
    [InlineData("mechanism: { price: 5msat }", "line 5", "mechanism.price", "msat/MiB")]
    [InlineData("sweep: { network.neighbors: [1] }", "sweep.network.neighbors", "neighbours", "no such key")]
    public void Read_Invalid_NamesLineKeyAndWhatIsAllowed(string line, string first, string second, string third)
    {
        ScenarioException exception = Assert.Throws<ScenarioException>(() => ScenarioReader.Read(Valid + "\n" + line));
        Assert.Contains(first, exception.Message, StringComparison.Ordinal);
        Assert.Contains(second, exception.Message, StringComparison.Ordinal);
        Assert.Contains(third, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[1, 2]")]
    [InlineData("name: [unclosed")]
    [InlineData("a: &x { b: 1 }\nc: *x")]
    [InlineData("populations: 3")]
    public void Read_NotAScenario_IsAnErrorAndNothingElse(string yaml) =>
        Assert.Throws<ScenarioException>(() => ScenarioReader.Read(yaml));

    [Fact]
    public void Read_TwoErrors_ReportsBoth()
    {
        ScenarioException exception = Assert.Throws<ScenarioException>(() => ScenarioReader.Read(Valid + "\nx: 1\ny: 2"));
        Assert.Equal(2, exception.Message.Split('\n').Length);
    }

    [Fact]
    public void Read_Assignments_OverrideByIndexAndByName()
    {
        Scenario scenario = ScenarioReader.Read(Valid, ["populations[leechers].count=77", "populations[0].up=3Mbit/s", "seed=9"]);
        Assert.Equal((77, 375_000.0, 9UL), (scenario.Populations[1].Count, scenario.Populations[0].Up.A, scenario.Seed));
        Assert.Throws<ScenarioException>(() => ScenarioReader.Read(Valid, ["populations[nobody].count=1"]));
    }

    [Fact]
    public void Read_SweepOnTheCommandLine_TakesAListOfValues()
    {
        Scenario scenario = ScenarioReader.Read(Valid, ["sweep.populations[leechers].count=[20, 40]", "sweep.network.neighbours=4,8"]);
        Assert.Equal(["20", "40"], scenario.Sweep["populations[leechers].count"]);
        Assert.Equal(["4", "8"], scenario.Sweep["network.neighbours"]);
        Assert.Throws<ScenarioException>(() => ScenarioReader.Read(Valid, ["sweep.network.nobody=1"]));
    }

    [Theory]
    [InlineData("1Mbit/s", 125_000)]
    [InlineData("64KiB/s", 65_536)]
    [InlineData("300kbit/s", 37_500)]
    public void TryCapacity_Units_AreBytesASecond(string text, double expected)
    {
        Assert.True(Quantity.TryCapacity(text, out Distribution capacity));
        Assert.Equal(expected, capacity.A, 9);
    }

    [Theory]
    [InlineData("uniform(1Mbit/s)")]
    [InlineData("uniform(2Mbit/s, 1Mbit/s)")]
    [InlineData("choice(1Mbit/s)")]
    [InlineData("1Mbit")]
    [InlineData("-1Mbit/s")]
    [InlineData("normal(1Mbit/s, 2)")]
    public void TryCapacity_Malformed_IsRefused(string text) => Assert.False(Quantity.TryCapacity(text, out _));

    [Fact]
    public void Read_EveryShippedScenario_IsValid()
    {
        string[] names = [.. CommonOptions.ShippedNames("")];
        Assert.True(names.Length > 20);
        Assert.All(names, name => ScenarioReader.Read(CommonOptions.Load(name)));
    }
}
