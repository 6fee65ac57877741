using Microsoft.Data.Sqlite;
using Orleans.Runtime;
using Orleans.Storage;
using Xunit;

namespace Orleans.Embedded.Tests;

// Goal: a grain's record survives restarts and crashes, and a write over another's write is refused.
public sealed class CountState
{
    public int Count { get; set; }

    public List<string> Names { get; set; } = [];
}

public interface ICountGrain : IGrainWithStringKey
{
    Task<int> AddAsync(string name);

    Task<string> ShowAsync();

    Task ClearAsync();

    Task ReloadAsync();

    Task AddToBothAsync();
}

public sealed class CountGrain(
    [PersistentState("count", "store")] IPersistentState<CountState> first,
    Journal journal,
    [PersistentState("other", "store")] IPersistentState<CountState> second) : Grain, ICountGrain
{
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        journal.Note($"activate {first.State.Count}");
        return Task.CompletedTask;
    }

    public async Task<int> AddAsync(string name)
    {
        first.State.Count++;
        first.State.Names.Add(name);
        await first.WriteStateAsync();
        return first.State.Count;
    }

    public Task<string> ShowAsync() => Task.FromResult(
        $"{first.State.Count} {string.Join(',', first.State.Names)} {first.RecordExists} {first.Etag ?? "none"}, {second.State.Count}");

    public Task ClearAsync() => first.ClearStateAsync();

    public Task ReloadAsync() => first.ReadStateAsync();

    public async Task AddToBothAsync()
    {
        first.State.Count++;
        second.State.Count += 10;
        await Task.WhenAll(first.WriteStateAsync(), second.WriteStateAsync());
    }
}

public sealed class StateTests
{
    [Fact]
    public async Task WriteState_Restart_IsThere()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        Assert.Equal("0  False none, 0", await fixture.Grain<ICountGrain>().ShowAsync());
        await fixture.Grain<ICountGrain>().AddAsync("x");
        await fixture.Grain<ICountGrain>().AddAsync("y");
        await fixture.Grain<ICountGrain>().AddToBothAsync();
        await fixture.RestartAsync();
        Assert.Equal("3 x,y True 3, 10", await fixture.Grain<ICountGrain>().ShowAsync());
        Assert.Equal("0  False none, 0", await fixture.Grain<ICountGrain>("b").ShowAsync());
    }

    [Fact]
    public async Task WriteState_CrashAfterReply_IsThere()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        await fixture.Grain<ICountGrain>().AddAsync("x");
        fixture.Silo.Kill();
        await fixture.StartAgainAsync();
        Assert.Equal("1 x True 1, 0", await fixture.Grain<ICountGrain>().ShowAsync());
    }

    [Fact]
    public async Task WriteState_AnotherWrote_ThrowsAndTheGrainLoadsAgain()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ICountGrain grain = fixture.Grain<ICountGrain>();
        await grain.AddAsync("x");
        Change(fixture, "UPDATE grain_state SET version = 7, content = '{\"Count\":40,\"Names\":[]}'");
        InconsistentStateException error = await Assert.ThrowsAsync<InconsistentStateException>(() => grain.AddAsync("y"));
        Assert.Equal(("7", "1"), (error.StoredEtag, error.CurrentEtag));
        Assert.Equal(41, await grain.AddAsync("z"));
        Assert.Equal(["activate 0", "activate 40"], fixture.Journal.Events);
    }

    [Fact]
    public async Task WriteState_RecordAppearedOrWentMeanwhile_Throws()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ICountGrain grain = fixture.Grain<ICountGrain>();
        await grain.ShowAsync();
        Change(fixture, "INSERT INTO grain_state VALUES ('count', 'a', 'count', 5, '{}')");
        Assert.Equal("5", (await Assert.ThrowsAsync<InconsistentStateException>(() => grain.AddAsync("x"))).StoredEtag);
        await grain.ShowAsync();
        Change(fixture, "DELETE FROM grain_state");
        Assert.Null((await Assert.ThrowsAsync<InconsistentStateException>(() => grain.AddAsync("x"))).StoredEtag);
        Assert.Equal(1, await grain.AddAsync("x"));
    }

    [Fact]
    public async Task ClearState_ThenWrite_StartsOver()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        ICountGrain grain = fixture.Grain<ICountGrain>();
        await grain.ClearAsync();
        await grain.AddAsync("x");
        await grain.ClearAsync();
        Assert.Equal("0  False none, 0", await grain.ShowAsync());
        Assert.Equal(1, await grain.AddAsync("y"));
        await grain.ReloadAsync();
        Assert.Equal("1 y True 1, 0", await grain.ShowAsync());
    }

    [Fact]
    public async Task WriteState_ManyGrainsAtOnce_AllAreDurable()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 2_000).Select(i => fixture.Grain<ICountGrain>($"g{i}").AddAsync("x")));
        fixture.Silo.Kill();
        await fixture.StartAgainAsync();
        int[] counts = await Task.WhenAll(Enumerable.Range(0, 2_000).Select(i => fixture.Grain<ICountGrain>($"g{i}").AddAsync("y")));
        Assert.All(counts, count => Assert.Equal(2, count));
    }

    [Fact]
    public async Task ReadState_StoredTextIsBroken_FailsTheCallAndTheNextTriesAgain()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        await fixture.Grain<ICountGrain>().AddAsync("x");
        await fixture.RestartAsync();
        Change(fixture, "UPDATE grain_state SET content = '{'");
        await Assert.ThrowsAsync<System.Text.Json.JsonException>(() => fixture.Grain<ICountGrain>().ShowAsync());
        Change(fixture, "UPDATE grain_state SET content = '{\"Count\":1}'");
        Assert.Equal("1  True 1, 0", await fixture.Grain<ICountGrain>().ShowAsync());
    }

    private static void Change(SiloFixture fixture, string sql)
    {
        using SqliteConnection connection = new($"Data Source={fixture.DatabasePath};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.Equal(1, command.ExecuteNonQuery());
    }
}
