using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using Xunit;

namespace SeederMesh.Client.Tests.Receipts;

// Goal: what was acknowledged is there after any crash, and damage is told, never passed over.
// Method: a store is written, its file cut at every offset or changed in one bit, and read back; what is expected follows from the
// records' boundaries alone.
public sealed class ReceiptStoreTests : IDisposable
{
    private static readonly SigningKey Hub = Key(1);
    private static readonly SigningKey Downloader = Key(2);
    private static readonly SigningKey Seeder = Key(3);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Open_AfterRestart_KeepsGrantsAndUnreportedRuns()
    {
        SignedGrant grant = Grant(0);
        await WriteAsync(grant, runs: 3);

        await using ReceiptStore store = Open();

        Assert.Empty(store.Recovery.Damage);
        Assert.Equal(0, store.Recovery.CutBytes);
        Assert.True(store.IsUsed(grant.Grant.GrantId));
        Assert.Equal([1, 3, 5], store.UnreportedAt(Hub.PublicKey, 10).Select(run => run.FirstSequence));
        Assert.Equal(6, store.TotalsAt(Hub.PublicKey).Receipts);
    }

    [Fact]
    public async Task SettleAsync_AfterRestart_StaysSettled()
    {
        SignedGrant grant = Grant(0);
        await WriteAsync(grant, runs: 3);
        await using (ReceiptStore store = Open())
        {
            await store.SettleAsync(grant.Grant.GrantId, 4);
        }

        await using ReceiptStore again = Open();

        Assert.Equal([5], again.UnreportedAt(Hub.PublicKey, 10).Select(run => run.FirstSequence));
        EarnedTotals totals = again.TotalsAt(Hub.PublicKey);
        Assert.Equal(2, totals.Unreported);
        Assert.Equal(grant.Grant.Price.Of(4 * 1_000), totals.Settled);
        Assert.Empty(again.CloseableAt(Hub.PublicKey));
    }

    [Fact]
    public async Task CloseableAt_AllSettled_UntilClosed()
    {
        SignedGrant grant = Grant(0);
        await WriteAsync(grant, runs: 1);
        await using ReceiptStore store = Open();
        await store.SettleAsync(grant.Grant.GrantId, 2);

        Assert.Equal(grant.Grant, Assert.Single(store.CloseableAt(Hub.PublicKey)));
        Assert.Equal(grant.Grant.Limit.Less(grant.Grant.Price.Of(2_000)), store.OutstandingAt(Hub.PublicKey));

        await store.CloseAsync(grant.Grant.GrantId);

        Assert.Empty(store.CloseableAt(Hub.PublicKey));
        Assert.Equal(Msat.Zero, store.OutstandingAt(Hub.PublicKey));
        Assert.True(store.IsUsed(grant.Grant.GrantId));
    }

    [Fact]
    public async Task Open_CutAtEveryByte_KeepsEveryWholeRecord()
    {
        await WriteAsync(Grant(0), runs: 3);
        byte[] whole = await File.ReadAllBytesAsync(File0());
        int[] ends = [.. Boundaries(whole)];
        for (int length = 0; length <= whole.Length; length++)
        {
            using var other = new TemporaryFolder();
            await File.WriteAllBytesAsync(other["00000001.smj"], whole[..length]);

            await using ReceiptStore store = ReceiptStore.Open(other.Path, TimeProvider.System);

            // Records: start, grant, then the runs.
            int records = ends.Count(end => end <= length);
            Assert.Equal(Math.Max(0, records - 2), store.UnreportedAt(Hub.PublicKey, 10).Count);
            Assert.Equal(records >= 2, store.IsUsed(Grant(0).Grant.GrantId));
            Assert.Equal(length - ends.Where(end => end <= length).DefaultIfEmpty(0).Max(), store.Recovery.CutBytes);
        }
    }

    [Fact]
    public async Task AddAsync_AfterACutTail_IsThereNextTime()
    {
        SignedGrant grant = Grant(0);
        await WriteAsync(grant, runs: 2);
        using (var file = new FileStream(File0(), FileMode.Open))
        {
            file.SetLength(file.Length - 1);
        }

        await using (ReceiptStore store = Open())
        {
            await store.AddAsync(Run(grant, sequence: 2));
        }

        await using ReceiptStore again = Open();

        Assert.Empty(again.Recovery.Damage);
        Assert.Equal([1, 3], again.UnreportedAt(Hub.PublicKey, 10).Select(run => run.FirstSequence));
    }

    [Fact]
    public async Task Open_OneBitFlipped_IsToldOrCut_NeverMisread()
    {
        await WriteAsync(Grant(0), runs: 3);
        byte[] whole = await File.ReadAllBytesAsync(File0());
        int lastRecord = Boundaries(whole).ElementAt(3);
        (List<ReceiptRun> written, _) = await ReadAsync(folder.Path);

        // Every byte once, every bit of a byte in turn.
        for (int index = 0; index < whole.Length; index += 3)
        {
            using var other = new TemporaryFolder();
            byte[] changed = [.. whole];
            changed[index] ^= (byte)(1 << (index % 8));
            await File.WriteAllBytesAsync(other["00000001.smj"], changed);

            (List<ReceiptRun> runs, ReceiptRecoveryReport report) = await ReadAsync(other.Path);

            bool isTail = index >= lastRecord;
            Assert.True(isTail ? report.CutBytes > 0 : report.Damage.Count > 0, $"byte {index}");
            Assert.True(isTail || File.Exists(other["00000001.damaged"]), $"byte {index}");
            Assert.All(runs, run => Assert.Contains(
                written, original => original.Anchor == run.Anchor && original.TailSignature == run.TailSignature));
        }
    }

    [Fact]
    public async Task Open_DamagedMiddle_KeepsWhatComesAfterAndSaysWhatIsMissing()
    {
        await WriteAsync(Grant(0), runs: 3);
        byte[] whole = await File.ReadAllBytesAsync(File0());
        int[] ends = [.. Boundaries(whole)];
        whole[ends[2] + 20] ^= 0xFF;
        await File.WriteAllBytesAsync(File0(), whole);

        await using ReceiptStore store = Open();

        Assert.Equal([1, 5], store.UnreportedAt(Hub.PublicKey, 10).Select(run => run.FirstSequence));
        Assert.Contains(store.Recovery.Damage, text => text.Contains($"bytes {ends[2]} to {ends[3]}", StringComparison.Ordinal));
        Assert.Contains(store.Recovery.Damage, text => text.Contains("receipts 3 to 4 are missing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Open_LeftoverOfACompaction_IsPassedOver()
    {
        await WriteAsync(Grant(0), runs: 1);
        await File.WriteAllBytesAsync(folder["00000002.smj.new"], [1, 2, 3]);

        await using ReceiptStore store = Open();

        Assert.Single(store.UnreportedAt(Hub.PublicKey, 10));
    }

    [Fact]
    public async Task Open_GrantWrittenTwice_IsNoDamage()
    {
        // A new file may begin with a grant whose own record is still to be written.
        await WriteAsync(Grant(0), runs: 1);
        byte[] whole = await File.ReadAllBytesAsync(File0());
        int[] ends = [.. Boundaries(whole)];
        await File.WriteAllBytesAsync(File0(), [.. whole[..ends[1]], .. whole[ends[0]..ends[1]], .. whole[ends[1]..]]);

        await using ReceiptStore store = Open();

        Assert.Empty(store.Recovery.Damage);
        Assert.Single(store.UnreportedAt(Hub.PublicKey, 10));
    }

    [Fact]
    public async Task StartFile_AfterManyReceipts_ForgetsTheSettledAndKeepsTheRest()
    {
        SignedGrant old = Grant(0);
        SignedGrant current = Grant(1);
        await using (ReceiptStore store = Open())
        {
            await store.AddGrantAsync(old);
            await store.AddGrantAsync(current);
            var waiting = new List<Task>();
            for (int sequence = 0; sequence < 80_000; sequence += 2)
            {
                waiting.Add(store.AddAsync(Run(old, sequence)));
            }

            waiting.Add(store.SettleAsync(old.Grant.GrantId, 79_990));
            await Task.WhenAll(waiting);

            // The file is past the size at which it is written anew: the next record starts that.
            await store.AddAsync(Run(current, 0));
        }

        await using ReceiptStore again = Open();

        Assert.Equal([79_991, 79_993, 79_995, 79_997, 79_999, 1], again.UnreportedAt(Hub.PublicKey, 100).Select(run => run.FirstSequence));
        Assert.Equal(80_002, again.TotalsAt(Hub.PublicKey).Receipts);
        Assert.Equal(old.Grant.Price.Of(79_990L * 1_000) + Msat.Zero, again.TotalsAt(Hub.PublicKey).Settled);
        Assert.Single(Directory.GetFiles(folder.Path, "*.smj"));
    }

    private static async Task<(List<ReceiptRun> Runs, ReceiptRecoveryReport Report)> ReadAsync(string path)
    {
        await using ReceiptStore store = ReceiptStore.Open(path, TimeProvider.System);
        return (store.UnreportedAt(Hub.PublicKey, 10), store.Recovery);
    }

    /// <summary>Where each record ends, told by the lengths in the file.</summary>
    private static IEnumerable<int> Boundaries(byte[] file)
    {
        for (int position = 0; position < file.Length;)
        {
            position += 12 + BitConverter.ToInt32(file, position + 4);
            yield return position;
        }
    }

    private static SigningKey Key(byte fill) => SigningKey.FromSeed([.. Enumerable.Repeat(fill, SigningKey.SeedSize)]);

    private static SignedGrant Grant(int generation)
    {
        Id128 channel = ChannelTerms.IdFor(Hub.PublicKey, Downloader.PublicKey);
        return SignedGrant.Sign(
            new Grant(
                Core.Channels.Grant.IdFor(channel, Seeder.PublicKey, generation),
                channel,
                Hub.PublicKey,
                Downloader.PublicKey,
                Seeder.PublicKey,
                Digest.Of("torrent"u8),
                Digest.Of("manifest"u8),
                new PricePerMebibyte(100_000),
                Msat.From(100_000_000),
                DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()),
            Hub);
    }

    /// <summary>Two receipts of 1,000 bytes each that follow <paramref name="sequence"/>.</summary>
    private static ReceiptRun Run(SignedGrant grant, long sequence) => new(
        grant.Grant.GrantId,
        new ReceiptChain(sequence, sequence * 1_000, Digest.Of(BitConverter.GetBytes(sequence))),
        [new ReceiptEntry((int)sequence, 1_000, 1_700_000_000_000), new ReceiptEntry((int)sequence + 1, 1_000, 1_700_000_000_001)],
        Downloader.Sign(BitConverter.GetBytes(sequence)));

    private string File0() => folder["00000001.smj"];

    private ReceiptStore Open() => ReceiptStore.Open(folder.Path, TimeProvider.System);

    private async Task WriteAsync(SignedGrant grant, int runs)
    {
        await using ReceiptStore store = Open();
        await store.AddGrantAsync(grant);
        for (int run = 0; run < runs; run++)
        {
            await store.AddAsync(Run(grant, run * 2));
        }
    }
}
