using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Ledger.ReceiptLogs;

/// <summary>Reads the file that <see cref="ReceiptLogWriter"/> writes, a line at a time.</summary>
/// <remarks>Every entry is checked against those before it: receipts follow each other, add up to their bytes, and come
/// to their amount at the grant's price. Memory holds the digests of the manifests, and one line.</remarks>
public sealed class ReceiptLogReader
{
    private readonly HashSet<Digest> manifests = [];
    private ReceiptLogTotals totals;
    private bool inChannel;
    private GrantEntry? grant;
    private long receipts;
    private long bytes;

    private ReceiptLogReader()
    {
    }

    /// <summary>Hands over every entry, in the order of the file.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="take">Takes an entry; what it throws ends the reading.</param>
    /// <param name="cancellation">Ends it between two lines.</param>
    /// <returns>What it comes to, as its last line says.</returns>
    /// <exception cref="ReceiptLogException">A line is not as the format states, or does not follow from those before.
    /// Entries before it were handed over.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static ReceiptLogTotals Read(Stream stream, Action<ReceiptLogEntry> take, CancellationToken cancellation = default)
    {
        var reader = new ReceiptLogReader();
        var lines = new LineReader(stream);
        bool ended = false;
        while (lines.TryRead(out ReadOnlyMemory<byte> text))
        {
            cancellation.ThrowIfCancellationRequested();
            using var line = new LogLine(lines.Number, text);
            if (ended)
            {
                throw line.Defect("", "follows the end");
            }

            if (lines.Number == 1)
            {
                ReadHeader(line);
            }
            else if (line.Text("type") == "end")
            {
                reader.ReadEnd(line);
                ended = true;
            }
            else
            {
                take(reader.ReadEntry(line));
            }
        }

        return ended ? reader.totals : throw new ReceiptLogException(lines.Number + 1, "", "the file was cut off: its end is missing");
    }

    private static void ReadHeader(LogLine line)
    {
        if (line.Text("format") is var format && format != ReceiptLogFormat.Name)
        {
            throw line.Defect("format", $"is not \"{ReceiptLogFormat.Name}\"");
        }

        if (line.Number("version", 1, int.MaxValue) is var version && version != ReceiptLogFormat.Version)
        {
            throw line.Defect("version", $"is {version}; this program reads {ReceiptLogFormat.Version}");
        }
    }

    private ReceiptLogEntry ReadEntry(LogLine line) => line.Text("type") switch
    {
        "manifest" => ReadManifest(line),
        "channel" => ReadChannel(line),
        "grant" => ReadGrant(line),
        "settlement" => ReadSettlement(line),
        _ => throw line.Defect("type", "is none of manifest, channel, grant, settlement, end"),
    };

    private ManifestEntry ReadManifest(LogLine line)
    {
        var manifest = new ManifestEntry(
            line.Digest("manifest"), line.Digest("torrent"), line.Price("price_msat_per_mib"), line.Split());
        return manifests.Add(manifest.Digest) ? manifest : throw line.Defect("manifest", "stands twice");
    }

    private ChannelEntry ReadChannel(LogLine line)
    {
        var channel = new ChannelEntry(
            line.Id("channel"), line.Digest("manifest"), line.Number("created_unix_ms", 0, long.MaxValue), line.Flag("direct"));
        (inChannel, grant) = (true, null);
        return manifests.Contains(channel.Manifest) ? channel : throw line.Defect("manifest", "is none of the manifests before");
    }

    private GrantEntry ReadGrant(LogLine line)
    {
        (receipts, bytes) = (0, 0);
        grant = new GrantEntry(
            line.Id("grant"),
            line.Key("seeder"),
            line.Price("price_msat_per_mib"),
            line.Amount("limit_msat"),
            line.Number("created_unix_ms", 0, long.MaxValue));
        return inChannel ? grant : throw line.Defect("type", "is a grant before any channel");
    }

    private SettlementEntry ReadSettlement(LogLine line)
    {
        if (grant is null)
        {
            throw line.Defect("type", "is a settlement without a grant before it in its channel");
        }

        var settlement = new SettlementEntry(
            line.Key("seeder"),
            line.Number("first_sequence", 1, long.MaxValue),
            line.Number("bytes", 1, long.MaxValue / 2),
            line.Amount("amount_msat"),
            line.Number("settled_unix_ms", 0, long.MaxValue),
            [.. line.Receipts()]);
        Require(settlement.Seeder == grant.Seeder, "seeder", "is not the grant's");
        Require(settlement.FirstSequence == receipts + 1, "first_sequence", $"is not {receipts + 1}, the next of the grant");
        long added = settlement.Receipts.Sum(receipt => (long)receipt.PieceBytes);
        Require(settlement.Bytes == added, "bytes", $"is not {added}, the sum of its receipts");

        // The price counts cumulative bytes, so that rounding never adds up.
        bool isMoney = grant.Price.TryOf(bytes, out Msat before) & grant.Price.TryOf(bytes + added, out Msat after);
        Require(isMoney && after <= grant.Limit, "amount_msat", "takes more than the grant's limit");
        Msat amount = after.Less(before);
        Require(settlement.Amount == amount, "amount_msat", $"is not {amount.Value}, what its bytes cost");
        Require(amount.Value <= Msat.Max.Value - totals.Amount.Value, "amount_msat", "makes the sum more than all bitcoin");
        receipts += settlement.Receipts.Length;
        bytes += added;
        totals = totals.And(settlement);
        return settlement;

        void Require(bool holds, string field, string defect)
        {
            if (!holds)
            {
                throw line.Defect(field, defect);
            }
        }
    }

    private void ReadEnd(LogLine line)
    {
        foreach ((string field, long counted) in (ReadOnlySpan<(string, long)>)
            [("settlements", totals.Settlements), ("receipts", totals.Receipts), ("amount_msat", totals.Amount.Value)])
        {
            if (line.Number(field, 0, long.MaxValue) != counted)
            {
                throw line.Defect(field, $"is not {counted}, what the lines before come to");
            }
        }
    }
}
