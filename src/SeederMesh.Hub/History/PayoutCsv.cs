using System.Buffers;
using System.Globalization;
using System.Text;
using SeederMesh.Hub.Api;

namespace SeederMesh.Hub.History;

/// <summary>Writes payouts as CSV: a row for each line of a payout, one row for a payout without lines.</summary>
/// <remarks>
/// RFC 4180, UTF-8 without a mark, amounts in whole millisatoshi, times in UTC. Text that others chose and that a
/// spreadsheet would run as a formula gets an apostrophe in front. The payout's own figures stand in its first row only,
/// so that columns add up.
/// </remarks>
internal sealed class PayoutCsv : IAsyncDisposable
{
    private static readonly string[] Columns =
    [
        "payout_id", "paid_by", "created_utc", "finished_utc", "state", "payee_id", "channel_id", "destination", "amount_msat",
        "fee_paid_msat", "payment_hash", "preimage", "reason", "line", "line_amount_msat", "manifest_digest",
        "manifest_sequence", "infohash", "settlement_id", "donation_id", "grant_id", "seeder_key", "first_receipt", "last_receipt",
        "from_bytes", "to_bytes", "chain_hash",
    ];

    /// <summary>A field with one of these is quoted.</summary>
    private static readonly SearchValues<char> Quoted = SearchValues.Create("\",\r\n");

    /// <summary>A field that begins with one of these is a formula to a spreadsheet.</summary>
    private static readonly SearchValues<char> Formula = SearchValues.Create("=+-@\t\r\n");

    private static readonly string[] NoLine = [.. Enumerable.Repeat("", 14)];

    private readonly StreamWriter writer;

    public PayoutCsv(Stream stream) =>
        writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);

    public Task WriteHeaderAsync() => WriteRowAsync(Columns);

    /// <summary>Writes a payout and its lines.</summary>
    public async Task WriteAsync(PayoutAnswer payout)
    {
        IReadOnlyList<PayoutLineAnswer> lines = payout.Lines ?? [];
        for (int index = 0; index < Math.Max(1, lines.Count); index++)
        {
            string?[] line = index < lines.Count ? LineFields(index + 1, lines[index]) : NoLine;
            await WriteRowAsync([.. PayoutFields(payout, isFirst: index == 0), .. line]);
        }
    }

    public async ValueTask DisposeAsync() => await writer.DisposeAsync();

    private static string?[] PayoutFields(PayoutAnswer payout, bool isFirst) =>
    [
        payout.PayoutId,
        payout.Direct ? "downloader" : "hub",
        Time(payout.CreatedUnixMs),
        Time(payout.FinishedUnixMs),
        payout.State,
        payout.PayeeId,
        payout.ChannelId,
        payout.Destination,
        isFirst ? payout.AmountMsat : "",
        isFirst ? payout.FeePaidMsat : "",
        payout.PaymentHash,
        payout.Preimage,
        payout.Reason,
    ];

    private static string?[] LineFields(int number, PayoutLineAnswer line) =>
    [
        Number(number),
        line.AmountMsat,
        line.ManifestDigest,
        Number(line.ManifestSequence),
        line.Infohash,
        line.SettlementId,
        line.DonationId,
        line.Receipts?.GrantId,
        line.Receipts?.SeederKey,
        Number(line.Receipts?.FirstSequence),
        Number(line.Receipts?.LastSequence),
        Number(line.Receipts?.FromBytes),
        Number(line.Receipts?.ToBytes),
        line.Receipts?.ChainHash,
    ];

    private static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static string Time(long? unixMs) => unixMs is { } known
        ? DateTimeOffset.FromUnixTimeMilliseconds(known).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
        : "";

    /// <summary>A field as a row has it.</summary>
    internal static string Field(string? text)
    {
        string field = text ?? "";
        if (field.Length > 0 && Formula.Contains(field[0]))
        {
            field = "'" + field;
        }

        return field.AsSpan().ContainsAny(Quoted)
            ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : field;
    }

    private Task WriteRowAsync(IEnumerable<string?> fields) => writer.WriteAsync(string.Join(',', fields.Select(Field)) + "\r\n");
}
