using System.Buffers;
using System.Text.Json;
using SeederMesh.Core.Receipts;
using SeederMesh.Core.Splits;

namespace SeederMesh.Ledger.ReceiptLogs;

/// <summary>Writes a receipt log as <see cref="ReceiptLogFormat"/> states, an entry at a time.</summary>
/// <remarks>Not thread safe. The stream becomes its own; nothing is flushed but by closing it.</remarks>
public sealed class ReceiptLogWriter : IDisposable
{
    private readonly ArrayBufferWriter<byte> line = new();
    private readonly Utf8JsonWriter json;
    private readonly Stream stream;

    /// <summary>Writes the first line.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="pseudonyms">Whether the entries have pseudonyms for keys and ids.</param>
    /// <param name="exportedUnixMs">The time, unix milliseconds.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public ReceiptLogWriter(Stream stream, bool pseudonyms, long exportedUnixMs)
    {
        this.stream = stream;
        json = new Utf8JsonWriter(line);
        json.WriteStartObject();
        json.WriteString("format", ReceiptLogFormat.Name);
        json.WriteNumber("version", ReceiptLogFormat.Version);
        json.WriteBoolean("pseudonyms", pseudonyms);
        json.WriteNumber("exported_unix_ms", exportedUnixMs);
        EndLine();
    }

    /// <summary>What was written so far.</summary>
    public ReceiptLogTotals Totals { get; private set; }

    /// <summary>Writes an entry.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(ReceiptLogEntry entry)
    {
        json.WriteStartObject();
        switch (entry)
        {
            case ManifestEntry manifest:
                Write(manifest);
                break;
            case ChannelEntry channel:
                json.WriteString("type", "channel");
                json.WriteString("channel", channel.Id.ToString());
                json.WriteString("manifest", channel.Manifest.ToString());
                json.WriteNumber("created_unix_ms", channel.CreatedUnixMs);
                if (channel.IsDirect)
                {
                    json.WriteBoolean("direct", true);
                }

                break;
            case GrantEntry grant:
                json.WriteString("type", "grant");
                json.WriteString("grant", grant.Id.ToString());
                json.WriteString("seeder", grant.Seeder.ToString());
                json.WriteNumber("price_msat_per_mib", grant.Price.Msat);
                json.WriteNumber("limit_msat", grant.Limit.Value);
                json.WriteNumber("created_unix_ms", grant.CreatedUnixMs);
                break;
            case SettlementEntry settlement:
                Write(settlement);
                break;
            default:
                throw new ArgumentException($"A receipt log has no {entry.GetType().Name}.", nameof(entry));
        }

        EndLine();
    }

    /// <summary>Writes the last line.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void WriteEnd()
    {
        json.WriteStartObject();
        json.WriteString("type", "end");
        json.WriteNumber("settlements", Totals.Settlements);
        json.WriteNumber("receipts", Totals.Receipts);
        json.WriteNumber("amount_msat", Totals.Amount.Value);
        EndLine();
    }

    /// <summary>Closes the stream.</summary>
    public void Dispose()
    {
        json.Dispose();
        stream.Dispose();
    }

    private void Write(ManifestEntry manifest)
    {
        json.WriteString("type", "manifest");
        json.WriteString("manifest", manifest.Digest.ToString());
        json.WriteString("torrent", manifest.Torrent.ToString());
        json.WriteNumber("price_msat_per_mib", manifest.Price.Msat);
        json.WriteStartObject("split");
        json.WriteStartArray("payees");
        foreach (PayeeShare payee in manifest.Split.Payees)
        {
            json.WriteStartArray();
            json.WriteStringValue(payee.Payee.ToString());
            json.WriteNumberValue(payee.Share.Value);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteNumber("seeders_bps", manifest.Split.Seeders.Value);
        json.WriteNumber("registry_bps", manifest.Split.Registry.Value);
        json.WriteNumber("hub_bps", manifest.Split.Hub.Value);
        json.WriteEndObject();
    }

    private void Write(SettlementEntry settlement)
    {
        Totals = Totals.And(settlement);
        json.WriteString("type", "settlement");
        json.WriteString("seeder", settlement.Seeder.ToString());
        json.WriteNumber("first_sequence", settlement.FirstSequence);
        json.WriteNumber("bytes", settlement.Bytes);
        json.WriteNumber("amount_msat", settlement.Amount.Value);
        json.WriteNumber("settled_unix_ms", settlement.SettledUnixMs);
        json.WriteStartArray("receipts");
        foreach (ReceiptEntry receipt in settlement.Receipts)
        {
            json.WriteStartArray();
            json.WriteNumberValue(receipt.PieceIndex);
            json.WriteNumberValue(receipt.PieceBytes);
            json.WriteNumberValue(receipt.UnixMs);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private void EndLine()
    {
        json.WriteEndObject();
        json.Flush();
        line.GetSpan(1)[0] = (byte)'\n';
        line.Advance(1);
        stream.Write(line.WrittenSpan);
        line.ResetWrittenCount();
        json.Reset();
    }
}
