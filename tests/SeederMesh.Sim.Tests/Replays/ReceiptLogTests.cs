using System.Collections.Immutable;
using System.Text;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Core.Splits;
using SeederMesh.Ledger;
using SeederMesh.Ledger.ReceiptLogs;
using SeederMesh.Sim.Replays;
using Xunit;

namespace SeederMesh.Sim.Tests.Replays;

// Goal: an exported log is read as it was written, or refused with line and field. Method: a small log, as it is and with one thing changed.
public sealed class ReceiptLogTests : IDisposable
{
    private static readonly PublicKey Seeder = new(Digest.Of([9]).Span);
    private readonly string path = Path.GetTempFileName();

    [Fact]
    public void Read_LogAsWritten_AddsUpItsChannels()
    {
        LoggedChannel channel = Assert.Single(Read(Log()));

        Assert.Equal([new LoggedGrant(Seeder, new PricePerMebibyte(1000), 3 << 19, 3)], channel.Grants);
        Assert.Equal(2777, channel.Split.Seeders.Value);
        Assert.True(channel.IsDirect);
    }

    [Theory]
    // what is there, what stands there instead -> line, field
    [InlineData("seedermesh-receipt-log", "other", 1, "format")]
    [InlineData("\"version\":1", "\"version\":2", 1, "version")]
    [InlineData("\"type\":\"manifest\"", "\"type\":\"x\"", 2, "type")]
    [InlineData("\"hub_bps\":333", "\"hub_bps\":334", 2, "split")]
    [InlineData("\"hub_bps\":333", "\"hub_bps\":10001", 2, "split.hub_bps")]
    [InlineData("\"registry_bps\":223,", "", 2, "split.registry_bps")]
    [InlineData("\"price_msat_per_mib\":1000,\"split\"", "\"price_msat_per_mib\":1000000001,\"split\"", 2, "price_msat_per_mib")]
    [InlineData("\"type\":\"channel\",\"channel\":\"", "\"type\":\"channel\",\"channel\":\"x", 3, "channel")]
    [InlineData("\"type\":\"channel\"", "\"type\":\"settlement\"", 3, "type")]
    [InlineData("\"type\":\"channel\"", "\"type\":\"grant\",\"grant\":\"00000000000000000000000000000001\"", 3, "seeder")]
    [InlineData("\"direct\":true", "\"direct\":1", 3, "direct")]
    [InlineData("\"limit_msat\":1500", "\"limit_msat\":-1", 4, "limit_msat")]
    [InlineData("\"limit_msat\":1500", "\"limit_msat\":1499", 6, "amount_msat")]
    [InlineData("\"first_sequence\":1", "\"first_sequence\":2", 5, "first_sequence")]
    [InlineData("\"bytes\":1048576", "\"bytes\":1048575", 5, "bytes")]
    [InlineData("\"amount_msat\":1000", "\"amount_msat\":1001", 5, "amount_msat")]
    [InlineData("[0,524288,7]", "[0,524288]", 5, "receipts")]
    [InlineData("[0,524288,7]", "[0,0,7]", 5, "receipts")]
    [InlineData("[0,524288,7]", "[0,1.5,7]", 5, "receipts")]
    [InlineData("\"first_sequence\":3", "\"first_sequence\":3,\"first_sequence\":3", 6, "")]
    [InlineData("\"receipts\":3", "\"receipts\":4", 7, "receipts")]
    [InlineData("\"type\":\"end\"", "\"type\":\"end\"}\n{\"a\":1", 7, "settlements")]
    [InlineData("{\"type\":\"grant\"", "{\"type\":\"grant\"\n", 4, "")]
    public void Read_OneThingChanged_NamesLineAndField(string found, string instead, long line, string field)
    {
        string log = Log();
        int at = log.IndexOf(found, StringComparison.Ordinal);
        Assert.True(at >= 0);

        ReceiptLogException exception = Assert.Throws<ReceiptLogException>(() => Read(log[..at] + instead + log[(at + found.Length)..]));

        Assert.Equal((line, field), (exception.Line, exception.Field));
        Assert.Contains($"line {line}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_CutOffAnywhereAfterItsFirstCharacter_IsRefused()
    {
        string log = Log();
        for (int length = 1; length < log.Length; length += 7)
        {
            string cut = log[..length];
            Assert.Throws<ReceiptLogException>(() => Read(cut));
        }
    }

    [Fact]
    public void Read_LineAfterTheEnd_IsRefused() =>
        Assert.Equal(8, Assert.Throws<ReceiptLogException>(() => Read(Log() + "{}\n")).Line);

    [Fact]
    public void Read_LongestLine_IsReadAndOneByteMoreIsRefused()
    {
        string[] lines = Log().Split('\n');
        lines[0] += new string(' ', ReceiptLogFormat.LineBytesMax - lines[0].Length);
        Assert.Single(Read(string.Join('\n', lines)));

        lines[0] += " ";
        Assert.Equal(1, Assert.Throws<ReceiptLogException>(() => Read(string.Join('\n', lines))).Line);
    }

    [Fact]
    public void Read_NeitherLogNorLedger_IsRefused() => Assert.Throws<LedgerDatabaseException>(() => Read("no log, and no database either"));

    [Fact]
    public void Write_LargestSettlement_FitsIntoALine()
    {
        using var stream = new MemoryStream();
        using var writer = new ReceiptLogWriter(stream, false, long.MaxValue);
        long before = stream.Length;
        writer.Write(new SettlementEntry(
            Seeder, long.MaxValue, long.MaxValue, Msat.Max, 253_402_300_799_999,
            [.. Enumerable.Repeat(new ReceiptEntry(int.MaxValue, int.MaxValue, 253_402_300_799_999), ReceiptRun.EntriesMax)]));

        Assert.InRange(stream.Length - before, ReceiptRun.EntriesMax * 30, ReceiptLogFormat.LineBytesMax);
    }

    private static string Log()
    {
        var split = new SplitPolicy(
            [new PayeeShare(Id128.Derive("payee", [1]), new BasisPoints(6667))],
            new BasisPoints(2777), new BasisPoints(223), new BasisPoints(333));
        var price = new PricePerMebibyte(1000);
        Digest manifest = Digest.Of([1]);
        using var stream = new MemoryStream();
        using var writer = new ReceiptLogWriter(stream, false, 5);
        writer.Write(new ManifestEntry(manifest, Digest.Of([2]), price, split));
        writer.Write(new ChannelEntry(Id128.Derive("channel", [1]), manifest, 6, IsDirect: true));
        writer.Write(new GrantEntry(Id128.Derive("grant", [1]), Seeder, price, Msat.From(1500), 6));
        writer.Write(Run(1, 1000, new ReceiptEntry(0, 1 << 19, 7), new ReceiptEntry(2, 1 << 19, 8)));
        writer.Write(Run(3, 500, new ReceiptEntry(1, 1 << 19, 9)));
        writer.WriteEnd();
        return Encoding.UTF8.GetString(stream.ToArray());

        static SettlementEntry Run(long first, long msat, params ImmutableArray<ReceiptEntry> receipts) =>
            new(Seeder, first, receipts.Sum(receipt => (long)receipt.PieceBytes), Msat.From(msat), 10, receipts);
    }

    private List<LoggedChannel> Read(string content)
    {
        File.WriteAllText(path, content);
        var channels = new List<LoggedChannel>();
        ReceiptLog.Read(path, channels.Add, TestContext.Current.CancellationToken);
        return channels;
    }

    public void Dispose() => File.Delete(path);
}
