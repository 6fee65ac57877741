using System.Buffers.Binary;
using System.Globalization;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;

namespace SeederMesh.Client;

/// <summary>What was found when a receipt store was opened.</summary>
/// <param name="CutBytes">Bytes of a torn tail that were cut: a write that the machine did not finish, never
/// acknowledged.</param>
/// <param name="Damage">Places that are not what was written, for a person; the file was copied before anything
/// changed.</param>
internal sealed record ReceiptRecoveryReport(long CutBytes, IReadOnlyList<string> Damage);

/// <summary>Reads a receipt store's files back.</summary>
internal sealed class ReceiptRecovery(
    string folder, Dictionary<Id128, EarnedGrant> grants, Dictionary<PublicKey, EarnedTotals> forgotten)
{
    private const string Extension = ".smj";
    private readonly List<string> damage = [];

    public static string PathOf(string folder, int number) =>
        Path.Combine(folder, number.ToString("D8", CultureInfo.InvariantCulture) + Extension);

    public static void DeleteBefore(string folder, int number)
    {
        foreach (int old in NumbersIn(folder).Where(old => old < number))
        {
            File.Delete(PathOf(folder, old));
        }
    }

    /// <summary>Loads the newest file. An older one beside it is left over from a compaction that was cut
    /// short.</summary>
    public ReceiptRecoveryReport Run(out int number)
    {
        number = NumbersIn(folder).DefaultIfEmpty(0).Max();
        if (number == 0)
        {
            return new ReceiptRecoveryReport(0, damage);
        }

        string path = PathOf(folder, number);
        byte[] bytes = File.ReadAllBytes(path);
        var gaps = new List<Range>();
        List<ReceiptRecord> records = ReceiptJournal.Read(bytes, gaps, out int wholeLength);
        damage.AddRange(gaps.Select(gap => $"{path}: bytes {gap.Start} to {gap.End} are damaged"));
        if (records.Count == 0 || records[0].Kind != ReceiptRecordKind.Start)
        {
            damage.Add($"{path}: its beginning is damaged");
        }

        foreach (ReceiptRecord record in records)
        {
            if (!TryApply(record))
            {
                damage.Add($"{path}: a record of kind {record.Kind} does not fit what is before it");
            }
        }

        if (damage.Count > 0)
        {
            File.Copy(path, Path.ChangeExtension(path, ".damaged"), overwrite: true);
        }

        if (wholeLength < bytes.Length)
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
            file.SetLength(wholeLength);
            file.Flush(flushToDisk: true);
        }

        DeleteBefore(folder, number);
        return new ReceiptRecoveryReport(bytes.Length - wholeLength, damage);
    }

    private static List<int> NumbersIn(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*" + Extension)
            .Select(path => int.TryParse(
                Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0)
            .Where(number => number > 0),
    ];

    private bool TryApply(in ReceiptRecord record)
    {
        ReadOnlySpan<byte> payload = record.Payload.Span;
        return record.Kind switch
        {
            ReceiptRecordKind.Start => payload is [1],
            ReceiptRecordKind.Grant => TryAddGrant(payload),
            ReceiptRecordKind.Run => TryAddRun(payload),
            ReceiptRecordKind.Acknowledged or ReceiptRecordKind.Refused => TryAdvance(record.Kind, payload),
            ReceiptRecordKind.GrantClosed => TryClose(payload),
            ReceiptRecordKind.Totals => ReceiptSnapshot.TryReadTotals(payload, forgotten),
            _ => ReceiptSnapshot.TryRestore(record, grants),
        };
    }

    private bool TryAddGrant(ReadOnlySpan<byte> payload) =>
        SignedGrant.TryRead(payload, out SignedGrant? grant, out _)
        && (grants.TryAdd(grant!.Grant.GrantId, new EarnedGrant(grant))

            // A grant is known before its record is written: a new file may have begun with it in between.
            || grants[grant.Grant.GrantId].Signed.ToBytes().AsSpan().SequenceEqual(payload));

    private bool TryAddRun(ReadOnlySpan<byte> payload)
    {
        if (!ReceiptRunCodec.TryRead(payload, default, out ReceiptRun? run, out _)
            || !grants.TryGetValue(run!.GrantId, out EarnedGrant? grant)
            || run.Anchor.Sequence < grant.StoredSequence)
        {
            return false;
        }

        if (run.Anchor.Sequence > grant.StoredSequence)
        {
            // The receipts before are lost; the hub will refuse these, but it is the hub that judges, with the evidence
            // kept.
            damage.Add($"grant {run.GrantId}: receipts {grant.StoredSequence + 1} to {run.Anchor.Sequence} are missing");
        }

        grant.Add(run);
        return true;
    }

    private bool TryAdvance(ReceiptRecordKind kind, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < Id128.Size + sizeof(long) || !grants.TryGetValue(Id128.Read(payload[..Id128.Size]), out EarnedGrant? grant))
        {
            return false;
        }

        long sequence = BinaryPrimitives.ReadInt64BigEndian(payload[Id128.Size..]);
        if (kind == ReceiptRecordKind.Acknowledged)
        {
            grant.Settle(sequence);
        }
        else
        {
            grant.Refuse(sequence);
        }

        return true;
    }

    private bool TryClose(ReadOnlySpan<byte> payload)
    {
        if (payload.Length != Id128.Size || !grants.TryGetValue(Id128.Read(payload), out EarnedGrant? grant))
        {
            return false;
        }

        grant.Close();
        return true;
    }
}

/// <summary>The records that a compacted file starts with.</summary>
internal static class ReceiptSnapshot
{
    /// <summary>The one kind that only a snapshot writes: where a grant stands whose settled receipts were
    /// dropped.</summary>
    private const ReceiptRecordKind Standing = (ReceiptRecordKind)8;

    /// <summary>Writes grants that are still needed, adding up the others.</summary>
    public static void Write(
        Stream file, Dictionary<Id128, EarnedGrant> grants, Dictionary<PublicKey, EarnedTotals> forgotten, long nowUnixMs)
    {
        foreach (EarnedGrant grant in grants.Values.ToList())
        {
            if (grant.IsClosed && grant.UnreportedRuns == 0 && grant.Grant.ExpiresUnixMs < nowUnixMs)
            {
                forgotten[grant.Grant.Hub] = forgotten.GetValueOrDefault(grant.Grant.Hub).With(grant);
                grants.Remove(grant.Grant.GrantId);
            }
        }

        foreach ((PublicKey hub, EarnedTotals totals) in forgotten)
        {
            file.Write(ReceiptJournal.Frame(
                ReceiptRecordKind.Totals,
                [
                    .. hub.Span,
                    .. Numbers(totals.Receipts, totals.Bytes, totals.Earned.Value, totals.Settled.Value, totals.Unreported, totals.Refused),
                ]));
        }

        foreach (EarnedGrant grant in grants.Values)
        {
            file.Write(ReceiptJournal.Frame(ReceiptRecordKind.Grant, grant.Signed.ToBytes()));
            file.Write(ReceiptJournal.Frame(
                Standing,
                [
                    .. grant.Grant.GrantId.ToArray(),
                    .. Numbers(
                        grant.SettledSequence,
                        grant.SettledBytes,
                        grant.RefusedReceipts,
                        grant.IsClosed ? 1 : 0,
                        grant.Dropped.Sequence,
                        grant.Dropped.Bytes),
                ]));
            foreach (ReceiptRun run in grant.Unreported)
            {
                file.Write(ReceiptJournal.Frame(ReceiptRecordKind.Run, ReceiptRunCodec.Write(run, anchored: true)));
            }
        }
    }

    public static bool TryReadTotals(ReadOnlySpan<byte> payload, Dictionary<PublicKey, EarnedTotals> forgotten)
    {
        if (payload.Length != PublicKey.Size + (6 * sizeof(long)))
        {
            return false;
        }

        ReadOnlySpan<byte> numbers = payload[PublicKey.Size..];
        if (!Msat.TryFrom(NumberAt(numbers, 2), out Msat earned) || !Msat.TryFrom(NumberAt(numbers, 3), out Msat settled))
        {
            return false;
        }

        forgotten[new PublicKey(payload[..PublicKey.Size])] = new EarnedTotals(
            NumberAt(numbers, 0), NumberAt(numbers, 1), earned, settled, NumberAt(numbers, 4), NumberAt(numbers, 5));
        return true;
    }

    public static bool TryRestore(in ReceiptRecord record, Dictionary<Id128, EarnedGrant> grants)
    {
        ReadOnlySpan<byte> payload = record.Payload.Span;
        if (record.Kind != Standing
            || payload.Length != Id128.Size + (6 * sizeof(long))
            || !grants.TryGetValue(Id128.Read(payload[..Id128.Size]), out EarnedGrant? grant))
        {
            return false;
        }

        ReadOnlySpan<byte> numbers = payload[Id128.Size..];
        grant.Restore(
            (NumberAt(numbers, 0), NumberAt(numbers, 1)),
            (NumberAt(numbers, 4), NumberAt(numbers, 5)),
            NumberAt(numbers, 2),
            NumberAt(numbers, 3) == 1);
        return true;
    }

    private static byte[] Numbers(params ReadOnlySpan<long> numbers)
    {
        byte[] bytes = new byte[numbers.Length * sizeof(long)];
        for (int index = 0; index < numbers.Length; index++)
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(index * sizeof(long)), numbers[index]);
        }

        return bytes;
    }

    private static long NumberAt(ReadOnlySpan<byte> numbers, int index) =>
        BinaryPrimitives.ReadInt64BigEndian(numbers[(index * sizeof(long))..]);
}
