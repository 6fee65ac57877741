using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Receipts;
using SeederMesh.Core.Tests.Channels;
using Xunit;
using static SeederMesh.Core.Tests.Channels.TestSwarm;

namespace SeederMesh.Core.Tests.Receipts;

// Goal: the compact form is exact, small, and total on any bytes.
public sealed class ReceiptRunCodecTests
{
    private readonly TestSwarm swarm = new();

    [Fact]
    public void Report_RoundTrip_GivesTheSameRuns()
    {
        Grant grant = swarm.GiveGrant();
        ReceiptRun first = swarm.Sign(grant, ReceiptChain.Start(grant.Hash()), 5, 3, 60);
        ReceiptRun second = swarm.Sign(grant, After(grant, first), 0);
        Assert.True(ReceiptRunCodec.TryReadReport(
            ReceiptRunCodec.WriteReport([first, second]), out ImmutableArray<ReceiptRun> runs, out string error), error);
        Assert.Equal(2, runs.Length);
        Assert.Equal(first.Entries, runs[0].Entries);
        Assert.Equal(first.Anchor, runs[0].Anchor);
        Assert.Equal(second.TailSignature, runs[1].TailSignature);
        Assert.Equal(second.Anchor, runs[1].Anchor);
    }

    [Fact]
    public void Write_OneReceipt_StaysUnder150BytesOnTheWire()
    {
        Grant grant = swarm.GiveGrant();
        ReceiptRun run = swarm.SignEntries(
            grant,
            new ReceiptChain(1_000_000, 1L << 40, grant.Hash()),
            Downloader,
            new ReceiptEntry(1_000_000, 1 << 24, 1_800_000_000_000));
        // Length prefix, BEP 10 id, extended id and message kind come on top of the run.
        Assert.InRange(4 + 1 + 1 + 1 + ReceiptRunCodec.Write(run, anchored: false).Length, 1, 150);
    }

    [Fact]
    public void TryRead_ARunThatStartsElsewhere_IsRefused()
    {
        Grant grant = swarm.GiveGrant();
        ReceiptRun run = swarm.Sign(grant, ReceiptChain.Start(grant.Hash()), 0);
        byte[] bytes = ReceiptRunCodec.Write(run, anchored: false);
        Assert.True(ReceiptRunCodec.TryRead(bytes, ReceiptChain.Start(grant.Hash()), out _, out _));
        Assert.False(ReceiptRunCodec.TryRead(bytes, After(grant, run), out _, out string error));
        Assert.Contains("where the chain does not stand", error, StringComparison.Ordinal);
    }

    [Fact]
    public void TryReadReport_AnyBytes_GivesAValueOrAnError()
    {
        Grant grant = swarm.GiveGrant();
        byte[] valid = ReceiptRunCodec.WriteReport([swarm.Sign(grant, ReceiptChain.Start(grant.Hash()), 0, 1, 2)]);
        Gen<byte[]> mutated =
            from position in Gen.Choose(0, valid.Length - 1)
            from value in Gen.Choose(0, 255)
            from length in Gen.Choose(0, valid.Length)
            select valid.Select((old, index) => index == position ? (byte)value : old).Take(length).ToArray();
        Gen<byte[]> random =
            from tail in Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(200)
            select (byte[])[.. "SMR1"u8, .. tail];
        Prop.ForAll(Gen.OneOf(mutated, random).ToArbitrary(), bytes =>
        {
            bool read = ReceiptRunCodec.TryReadReport(bytes, out ImmutableArray<ReceiptRun> runs, out string error);
            // One value, one form: what is read writes the same bytes.
            return read ? ReceiptRunCodec.WriteReport(runs).AsSpan().SequenceEqual(bytes) : error.Length > 0 && runs.IsEmpty;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Fact]
    public void TryReadReport_ACountThatTheBytesCannotHold_IsRefusedWithoutMemory()
    {
        Grant grant = swarm.GiveGrant();
        byte[] bytes = ReceiptRunCodec.WriteReport([swarm.Sign(grant, ReceiptChain.Start(grant.Hash()), 0)]);
        bytes[4] = 0x7F;
        Assert.False(ReceiptRunCodec.TryReadReport(bytes, out _, out string error));
        Assert.Contains("At byte", error, StringComparison.Ordinal);
    }
}
