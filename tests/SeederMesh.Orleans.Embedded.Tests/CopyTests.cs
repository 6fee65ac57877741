using System.Collections.Immutable;
using Orleans.Serialization;
using Xunit;

namespace Orleans.Embedded.Tests;

// Goal: what crosses a call is copied as Orleans copies it, and what Orleans could not send is refused at first use.
[GenerateSerializer, Alias("leaf")]
public sealed class Leaf
{
    [Id(0)]
    public int Number { get; set; }

    [Id(1)]
    public List<string> Words { get; init; } = [];

    [Id(2)]
    public Leaf? Next { get; set; }
}

[GenerateSerializer, Alias("tree")]
public sealed record Tree(string Name, Leaf[] Leaves, Dictionary<string, Leaf> ByName, object? Anything);

[GenerateSerializer]
public abstract record Shape([property: Id(0)] int Id);

[GenerateSerializer]
public sealed record Square(int Id, [property: Id(0)] int[] Sides) : Shape(Id);

[GenerateSerializer]
public readonly record struct Pair(int Left, int[] Right);

[GenerateSerializer, Immutable]
public sealed class Frozen
{
    [Id(0)]
    public byte[] Bytes { get; init; } = [];
}

[GenerateSerializer]
public sealed class WithSecret
{
    [Id(0)]
    public int Open { get; set; }

    [field: NonSerialized]
    public int Secret { get; set; } = 1;
}

public sealed class Unmarked
{
    public int Number { get; set; }
}

[GenerateSerializer]
public sealed class HalfMarked
{
    [Id(0)]
    public int Known { get; set; }

    public int Forgotten { get; set; }
}

[GenerateSerializer]
public sealed class HoldsUnmarked
{
    [Id(0)]
    public List<Unmarked> Items { get; set; } = [];
}

public interface IHoldGrain : IGrainWithStringKey
{
    Task<Tree> KeepAsync(Tree tree);

    Task<Tree> KeptAsync();

    Task<object?> EchoAsync(object? value);

    Task<bool> IsSameAsync([Immutable] Leaf leaf);

    Task<IHoldGrain> SelfAsync();
}

public sealed class HoldGrain(Journal journal) : Grain, IHoldGrain
{
    private Tree? kept;

    public Task<Tree> KeepAsync(Tree tree)
    {
        kept = tree;
        return Task.FromResult(tree);
    }

    public Task<Tree> KeptAsync() => Task.FromResult(kept!);

    public Task<object?> EchoAsync(object? value) => Task.FromResult(value);

    public Task<bool> IsSameAsync(Leaf leaf)
    {
        journal.Note(leaf.Number.ToString());
        leaf.Number++;
        return Task.FromResult(true);
    }

    public Task<IHoldGrain> SelfAsync() => Task.FromResult(this.AsReference<IHoldGrain>());
}

public interface IUnmarkedArgumentGrain : IGrainWithStringKey
{
    Task TakeAsync(Unmarked value);
}

public sealed class UnmarkedArgumentGrain : Grain, IUnmarkedArgumentGrain
{
    public Task TakeAsync(Unmarked value) => Task.CompletedTask;
}

public interface IHalfMarkedResultGrain : IGrainWithStringKey
{
    Task<HalfMarked> GiveAsync();
}

public sealed class HalfMarkedResultGrain : Grain, IHalfMarkedResultGrain
{
    public Task<HalfMarked> GiveAsync() => Task.FromResult(new HalfMarked());
}

public interface INestedUnmarkedGrain : IGrainWithStringKey
{
    Task<HoldsUnmarked[]> GiveAsync();
}

public sealed class NestedUnmarkedGrain : Grain, INestedUnmarkedGrain
{
    public Task<HoldsUnmarked[]> GiveAsync() => Task.FromResult<HoldsUnmarked[]>([]);
}

public sealed class CopyTests
{
    [Fact]
    public async Task Argument_ChangedByCallerAfterwards_GrainKeepsItsOwn()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        Tree tree = NewTree();
        await fixture.Grain<IHoldGrain>().KeepAsync(tree);
        tree.Leaves[0].Words.Add("later");
        tree.Leaves[0].Number = 99;
        Tree kept = await fixture.Grain<IHoldGrain>().KeptAsync();
        Assert.Equal(["w"], kept.Leaves[0].Words);
        Assert.Equal(1, kept.Leaves[0].Number);
    }

    [Fact]
    public async Task Result_ChangedByCaller_GrainKeepsItsOwn()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        Tree answer = await fixture.Grain<IHoldGrain>().KeepAsync(NewTree());
        answer.Leaves[0].Words.Clear();
        Assert.Equal(["w"], (await fixture.Grain<IHoldGrain>().KeptAsync()).Leaves[0].Words);
    }

    [Fact]
    public async Task Argument_SameObjectTwiceAndCycle_KeepsItsShape()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        Tree tree = NewTree();
        tree.Leaves[0].Next = tree.Leaves[0];
        await fixture.Grain<IHoldGrain>().KeepAsync(tree);
        Tree kept = await fixture.Grain<IHoldGrain>().KeptAsync();
        Assert.Same(kept.Leaves[0], kept.ByName["one"]);
        Assert.Same(kept.Leaves[0], kept.Leaves[0].Next);
        Assert.NotSame(tree.Leaves[0], kept.Leaves[0]);
    }

    public static TheoryData<object> Values =>
    [
        1, "text", 1.5m, Guid.NewGuid(), new byte[] { 1, 2 }, new List<int> { 1 }, new HashSet<string> { "a" },
        new Dictionary<string, int> { ["a"] = 1 }, ImmutableArray.Create(1, 2), DateTimeOffset.UnixEpoch, (1, "b"),
        new Pair(1, [2]), new KeyValuePair<int, string>(1, "c"), new string[] { "d" }, DayOfWeek.Friday,
    ];

    [Theory]
    [MemberData(nameof(Values))]
    public async Task Argument_KnownType_ComesBackEqual(object value)
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        object? back = await fixture.Grain<IHoldGrain>().EchoAsync(value);
        Assert.Equivalent(value, back, strict: true);
        Assert.Equal(value.GetType(), back?.GetType());
    }

    [Fact]
    public async Task Argument_DerivedRecord_KeepsItsTypeAndAllMembers()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        Square square = new(4, [1, 2]);
        Square back = Assert.IsType<Square>(await fixture.Grain<IHoldGrain>().EchoAsync(square));
        Assert.Equal(4, back.Id);
        Assert.Equal([1, 2], back.Sides);
        Assert.NotSame(square.Sides, back.Sides);
    }

    [Fact]
    public async Task Argument_ImmutableType_IsSharedAndNotCopied()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        Frozen frozen = new() { Bytes = [1] };
        Assert.Same(frozen, await fixture.Grain<IHoldGrain>().EchoAsync(frozen));
    }

    [Fact]
    public async Task Argument_ImmutableParameter_IsSharedAndNotCopied()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        Leaf leaf = new() { Number = 1 };
        Assert.True(await fixture.Grain<IHoldGrain>().IsSameAsync(leaf));
        Assert.Equal(2, leaf.Number);
    }

    [Fact]
    public async Task Argument_NonSerializedMember_StaysBehind()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        WithSecret back = Assert.IsType<WithSecret>(
            await fixture.Grain<IHoldGrain>().EchoAsync(new WithSecret { Open = 3, Secret = 42 }));
        Assert.Equal((3, 1), (back.Open, back.Secret));
    }

    [Fact]
    public async Task Argument_TooDeep_FailsWithoutEndingTheProcess()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        Leaf top = new();
        for (int i = 0; i < 1_000_000; i++)
        {
            top = new Leaf { Next = top };
        }

        await Assert.ThrowsAsync<InsufficientExecutionStackException>(() => fixture.Grain<IHoldGrain>().EchoAsync(top));
    }

    [Fact]
    public async Task Argument_UnmarkedTypeInAnObject_IsRefused()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        await Assert.ThrowsAsync<CodecNotFoundException>(() => fixture.Grain<IHoldGrain>().EchoAsync(new Unmarked()));
        await Assert.ThrowsAsync<CodecNotFoundException>(() => fixture.Grain<IHoldGrain>().EchoAsync(new object()));
        await Assert.ThrowsAsync<CodecNotFoundException>(() => fixture.Grain<IHoldGrain>().EchoAsync(() => 1));
    }

    [Fact]
    public async Task GetGrain_SignatureThatOrleansCouldNotSend_IsRefusedByName()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        string unmarked = Assert.Throws<CodecNotFoundException>(() => fixture.Grain<IUnmarkedArgumentGrain>()).Message;
        Assert.Contains("parameter value of", unmarked, StringComparison.Ordinal);
        string half = Assert.Throws<CodecNotFoundException>(() => fixture.Grain<IHalfMarkedResultGrain>()).Message;
        Assert.Contains("HalfMarked.Forgotten has no [Id]", half, StringComparison.Ordinal);
        string nested = Assert.Throws<CodecNotFoundException>(() => fixture.Grain<INestedUnmarkedGrain>()).Message;
        Assert.Contains("HoldsUnmarked.Items", nested, StringComparison.Ordinal);

        // The refusal is not forgotten at the second try.
        Assert.Throws<CodecNotFoundException>(() => fixture.Grain<INestedUnmarkedGrain>());
    }

    [Fact]
    public async Task Result_ReferenceToAGrain_Works()
    {
        await using SiloFixture fixture = await SiloFixture.StartAsync();
        IHoldGrain grain = fixture.Grain<IHoldGrain>("k");
        IHoldGrain self = await grain.SelfAsync();
        Assert.Equal(grain, self);
        Assert.Equal("k", self.GetPrimaryKeyString());
    }

    private static Tree NewTree()
    {
        Leaf leaf = new() { Number = 1, Words = ["w"] };
        return new Tree("t", [leaf], new() { ["one"] = leaf }, null);
    }
}
