using System.Globalization;
using System.Text.Json.Nodes;

namespace SeederMesh.EndToEnd;

// The demo as a script runs it: exit code 0 and every check held, undisturbed and with processes killed by SIGKILL in the middle.
[Collection("machine")]
public sealed class DemoTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Demo_SmallAlbum_EveryCheckHolds()
    {
        await using MeshProcess demo = await MeshProcess.RunAsync(0, "demo", "--yes", "--json", "--size", "4MB", "--seconds", "3");
        JsonObject figures = await demo.EventAsync("figures");
        Assert.True((bool)figures["held"]!, figures.ToJsonString());
        Assert.Equal(4, ((JsonArray)figures["receivers"]!).Count);
    }

    [Fact]
    public async Task Demo_SeedboxKilled_LosesNothingThatItHadAReceiptFor()
    {
        await using MeshProcess demo = await MeshProcess.RunAsync(
            0, "demo", "--yes", "--json", "--size", "8MB", "--seconds", "6", "--kill-seeder");
        Assert.Contains("was killed (SIGKILL)", demo.Errors, StringComparison.Ordinal);
        AssertHeld(await demo.EventAsync("figures"));
    }

    // Every kill hits the hub in another state: funding, granting, settling, paying. What would be a failure: money lost or made in the
    // books, a payee paid twice, an acknowledged receipt not settled, a download that does not complete.
    [Fact]
    public async Task Demo_HubKilledTwentyTimes_NothingIsLostOrPaidTwice()
    {
        int seed = Random.Shared.Next(1, int.MaxValue);
        output.WriteLine($"seed {seed}");
        await using MeshProcess demo = await MeshProcess.RunAsync(
            0, "demo", "--yes", "--json", "--size", "20MB", "--seconds", "30", "--kill-hub", "20", "--seed",
            seed.ToString(CultureInfo.InvariantCulture));
        Assert.Contains("(20 of 20)", demo.Errors, StringComparison.Ordinal);
        AssertHeld(await demo.EventAsync("figures"));
    }

    [Theory]
    [InlineData("--seeders", "0")]
    [InlineData("--size", "10")]
    [InlineData("--budget", "lots")]
    [InlineData("/nowhere/at/all", "--yes")]
    public async Task Demo_BadInput_IsRefused(string one, string other)
    {
        await using MeshProcess demo = await MeshProcess.RunAsync(2, "demo", one, other);
        Assert.StartsWith("mesh: ", demo.Errors, StringComparison.Ordinal);
    }

    private static void AssertHeld(JsonObject figures)
    {
        IEnumerable<string> failed = ((JsonArray)figures["checks"]!).OfType<JsonObject>()
            .Where(check => !(bool)check["held"]!).Select(check => check.ToJsonString());
        Assert.Empty(failed);
    }
}
