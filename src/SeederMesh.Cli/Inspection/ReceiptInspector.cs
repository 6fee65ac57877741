using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;

namespace SeederMesh.Cli.Inspection;

/// <summary>Explains the binary forms of Core: grants, receipts, receipt runs and reports.</summary>
internal static class ReceiptInspector
{
    private const int EntriesShown = 20;

    /// <summary>Whether the bytes start like one of them.</summary>
    public static bool Recognises(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith("SeederMesh/grnt1"u8) || bytes.StartsWith("SeederMesh/rcpt1"u8) || bytes.StartsWith("SMR1"u8);

    /// <summary>Explains bytes that <see cref="Recognises"/> accepts.</summary>
    public static (Explanation? Explanation, Fault? Fault) Explain(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith("SMR1"u8) ? ExplainReport(bytes)
        : bytes.StartsWith("SeederMesh/grnt1"u8) ? ExplainGrant(bytes)
        : ExplainReceipt(bytes);

    private static (Explanation?, Fault?) ExplainGrant(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != SignedGrant.Size)
        {
            return (null, new Fault("grant", $"A signed grant has {SignedGrant.Size} bytes, this has {bytes.Length}."));
        }

        if (!SignedGrant.TryRead(bytes, out SignedGrant? signed, out string error))
        {
            return (null, new Fault("grant", error));
        }

        Grant grant = signed!.Grant;
        if (!signed.Verify())
        {
            return (null, new Fault("grant", $"The signature is not that of the hub it names, {grant.Hub}: it was changed or forged."));
        }

        return (new Explanation("grant", new JsonObject
        {
            ["means"] = "A hub sets money of a downloader aside for one seeder.",
            ["grantId"] = grant.GrantId.ToString(),
            ["channelId"] = grant.ChannelId.ToString(),
            ["hub"] = grant.Hub.ToString(),
            ["downloader"] = grant.Downloader.ToString(),
            ["seeder"] = grant.Seeder.ToString(),
            ["infohash"] = grant.Infohash.ToString(),
            ["manifestDigest"] = grant.ManifestDigest.ToString(),
            ["pricePerMiBMsat"] = grant.Price.Msat.ToString(CultureInfo.InvariantCulture),
            ["limitMsat"] = Output.Amount(grant.Limit),
            ["limit"] = grant.Limit.ToString(),
            ["expires"] = Time(grant.ExpiresUnixMs),
            ["signature"] = "valid, by the hub",
        }), null);
    }

    private static (Explanation?, Fault?) ExplainReceipt(ReadOnlySpan<byte> bytes)
    {
        const int Signed = UploadReceipt.Size + Signature.Size;
        if (bytes.Length != UploadReceipt.Size && bytes.Length != Signed)
        {
            return (null, new Fault(
                "receipt", $"A receipt has {UploadReceipt.Size} bytes, {Signed} with its signature; this has {bytes.Length}."));
        }

        long sequence = BinaryPrimitives.ReadInt64BigEndian(bytes[32..]);
        int pieceIndex = BinaryPrimitives.ReadInt32BigEndian(bytes[40..]);
        int pieceBytes = BinaryPrimitives.ReadInt32BigEndian(bytes[44..]);
        long cumulativeBytes = BinaryPrimitives.ReadInt64BigEndian(bytes[80..]);
        long unixMs = BinaryPrimitives.ReadInt64BigEndian(bytes[128..]);
        bool moneyReads = Msat.TryFrom(BinaryPrimitives.ReadInt64BigEndian(bytes[88..]), out Msat amount);
        string? fault =
            sequence < 1 ? "its sequence is not positive"
            : pieceIndex < 0 ? "its piece index is negative"
            : pieceBytes < 1 ? "it is for no bytes"
            : cumulativeBytes < pieceBytes ? "its total is less than its own bytes"
            : !moneyReads ? "its amount is no amount of money"
            : !IsTime(unixMs) ? "its time is outside the years 1970 to 9999"
            : null;
        if (fault is not null)
        {
            return (null, new Fault("receipt", $"The receipt contradicts itself: {fault}."));
        }

        return (new Explanation("receipt", new JsonObject
        {
            ["means"] = "A downloader confirms a piece that a seeder uploaded; the total settles.",
            ["grantId"] = Id128.Read(bytes[16..32]).ToString(),
            ["sequence"] = sequence,
            ["pieceIndex"] = pieceIndex,
            ["pieceBytes"] = pieceBytes,
            ["piecesRoot"] = new Digest(bytes[48..80]).ToString(),
            ["cumulativeBytes"] = cumulativeBytes,
            ["cumulativeMsat"] = Output.Amount(amount),
            ["previousHash"] = new Digest(bytes[96..128]).ToString(),
            ["time"] = Time(unixMs),
            ["hash"] = Digest.Of(bytes[..UploadReceipt.Size]).ToString(),
            ["signature"] = bytes.Length == Signed ? "present; whose it is, the grant tells" : "absent",
        }), null);
    }

    private static (Explanation?, Fault?) ExplainReport(ReadOnlySpan<byte> bytes)
    {
        if (!ReceiptRunCodec.TryReadReport(bytes, out ImmutableArray<ReceiptRun> runs, out string error))
        {
            return (null, new Fault("receipt report", error));
        }

        var list = new JsonArray();
        foreach (ReceiptRun run in runs)
        {
            list.Add(Describe(run));
        }

        return (new Explanation("receipt report", new JsonObject
        {
            ["means"] = "Receipts as a seeder reports them to a hub.",
            ["bytes"] = bytes.Length,
            ["receipts"] = runs.Sum(run => run.Entries.Length),
            ["signatures"] = "not verified here: the grants that they belong to name the signer",
            ["runs"] = list,
        }), null);
    }

    private static JsonObject Describe(ReceiptRun run)
    {
        var pieces = new JsonArray();
        foreach (ReceiptEntry entry in run.Entries.Take(EntriesShown))
        {
            pieces.Add(
                new JsonObject { ["pieceIndex"] = entry.PieceIndex, ["pieceBytes"] = entry.PieceBytes, ["time"] = Time(entry.UnixMs) });
        }

        return new JsonObject
        {
            ["grantId"] = run.GrantId.ToString(),
            ["firstSequence"] = run.FirstSequence,
            ["lastSequence"] = run.LastSequence,
            ["bytesBefore"] = run.Anchor.CumulativeBytes,
            ["bytes"] = run.Entries.Sum(entry => (long)entry.PieceBytes),
            ["firstPieces"] = pieces,
        };
    }

    /// <summary>A time as ISO 8601, UTC.</summary>
    internal static string Time(long unixMs) =>
        IsTime(unixMs)
            ? DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
            : "after the year 9999";

    private static bool IsTime(long unixMs) => unixMs is >= 0 and <= 253_402_300_799_999;
}
