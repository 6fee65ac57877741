using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Core.Splits;

namespace SeederMesh.Ledger.ReceiptLogs;

/// <summary>The fields of one line: each is there, and in its range, or the defect names it.</summary>
internal sealed class LogLine : IDisposable
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    private readonly long number;
    private readonly JsonDocument document;

    public LogLine(long number, ReadOnlyMemory<byte> text)
    {
        this.number = number;
        try
        {
            document = JsonDocument.Parse(text, Strict);
        }
        catch (JsonException defect)
        {
            throw new ReceiptLogException(number, "", $"is no JSON object ({defect.Message})");
        }

        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            document.Dispose();
            throw new ReceiptLogException(number, "", "is no JSON object");
        }
    }

    public void Dispose() => document.Dispose();

    public ReceiptLogException Defect(string field, string defect) => new(number, field, defect);

    public string Text(string field) => Find(field) is { ValueKind: JsonValueKind.String } value
        ? value.GetString()!
        : throw Defect(field, "is no text");

    public long Number(string field, long min, long max) => Number(Find(field), field, min, max);

    /// <summary>True or false; false where it is not there.</summary>
    public bool Flag(string field) =>
        document.RootElement.TryGetProperty(field, out JsonElement value)
        && (value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw Defect(field, "is neither true nor false"));

    public Digest Digest(string field) =>
        Core.Identity.Digest.TryParseHex(Text(field), out Digest value) ? value : throw Defect(field, "is not 64 hexadecimal digits");

    public PublicKey Key(string field) =>
        PublicKey.TryParseHex(Text(field), out PublicKey value) ? value : throw Defect(field, "is not 64 hexadecimal digits");

    public Id128 Id(string field) => Id(Text(field), field);

    public Msat Amount(string field) => Msat.From(Number(field, 0, Msat.Max.Value));

    public PricePerMebibyte Price(string field) => new(Number(field, 0, PricePerMebibyte.MsatMax));

    public SplitPolicy Split()
    {
        var payees = new List<PayeeShare>();
        foreach (JsonElement payee in Rows("split.payees", 2, 0, SplitPolicy.PayeesMax))
        {
            string? id = payee[0].ValueKind == JsonValueKind.String ? payee[0].GetString() : null;
            int share = (int)Number(payee[1], "split.payees", 0, BasisPoints.Whole);
            payees.Add(new PayeeShare(Id(id, "split.payees"), new BasisPoints(share)));
        }

        try
        {
            return new SplitPolicy([.. payees], Share("split.seeders_bps"), Share("split.registry_bps"), Share("split.hub_bps"));
        }
        catch (ArgumentException defect)
        {
            throw Defect("split", defect.Message);
        }
    }

    public IEnumerable<ReceiptEntry> Receipts()
    {
        foreach (JsonElement receipt in Rows("receipts", 3, 1, ReceiptRun.EntriesMax))
        {
            yield return new ReceiptEntry(
                (int)Number(receipt[0], "receipts", 0, int.MaxValue),
                (int)Number(receipt[1], "receipts", 1, int.MaxValue),
                Number(receipt[2], "receipts", 0, long.MaxValue));
        }
    }

    private BasisPoints Share(string field) => new((int)Number(field, 0, BasisPoints.Whole));

    private Id128 Id(string? text, string field) =>
        Id128.TryParseHex(text, out Id128 value) ? value : throw Defect(field, "is not 32 hexadecimal digits");

    private IEnumerable<JsonElement> Rows(string field, int columns, int rowsMin, int rowsMax)
    {
        JsonElement rows = Find(field);
        if (rows.ValueKind != JsonValueKind.Array || rows.GetArrayLength() < rowsMin || rows.GetArrayLength() > rowsMax)
        {
            throw Defect(field, $"is no array of {rowsMin} to {rowsMax} rows");
        }

        foreach (JsonElement row in rows.EnumerateArray())
        {
            yield return row.ValueKind == JsonValueKind.Array && row.GetArrayLength() == columns
                ? row
                : throw Defect(field, $"has a row that is no array of {columns}");
        }
    }

    private long Number(JsonElement value, string field, long min, long max) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= min && number <= max
            ? number
            : throw Defect(field, $"is no whole number from {min} to {max}");

    private JsonElement Find(string path)
    {
        JsonElement value = document.RootElement;
        foreach (string name in path.Split('.'))
        {
            value = value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out JsonElement inner)
                ? inner
                : throw Defect(path, "is missing");
        }

        return value;
    }
}
