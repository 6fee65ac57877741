using SeederMesh.Cli.Audits;
using SeederMesh.Cli.Commands;
using SeederMesh.Cli.Terminal;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.ReceiptLogs;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Cli.Tests.Audits;

// Goal: the file holds every receipt of the ledger, whole or not at all.
// Method: a small ledger with one signed manifest, exported and read back.
public sealed class ReceiptLogExportTests : IDisposable
{
    private static readonly SigningKey Creator = SigningKey.FromSeed([.. Enumerable.Repeat((byte)1, SigningKey.SeedSize)]);
    private static readonly Id128 Channel = Id128.Derive("channel", [1]);
    private static readonly PublicKey[] Seeders = [new(Digest.Of([11]).Span), new(Digest.Of([12]).Span)];

    private readonly TemporaryFolder folder = new();

    private string Database => folder.In("hub.db");

    private string File => folder.In("receipts.jsonl");

    [Fact]
    public async Task Run_Ledger_EveryReceiptIsReadBackInTheOrderOfFirstSettlement()
    {
        // The second grant settled first; one was never drawn on.
        await MakeLedgerAsync([(1, 1, 2), (0, 1, 3), (1, 3, 1)], grants: 3);

        ReceiptLogTotals totals = Export(pseudonyms: false);

        List<ReceiptLogEntry> log = Read(out ReceiptLogTotals read);
        Assert.Equal(new ReceiptLogTotals(3, 6, Msat.From(6_000)), totals);
        Assert.Equal(totals, read);
        ManifestEntry manifest = Assert.IsType<ManifestEntry>(log[0]);
        Assert.Equal(
            (1_000, 7_000, 2_500),
            (manifest.Price.Msat, manifest.Split.Payees.Single().Share.Value, manifest.Split.Seeders.Value));
        Assert.Equal(new ChannelEntry(Channel, manifest.Digest, 1, IsDirect: false), log[1]);
        Assert.Equal(["g1", "s1+2", "s3+1", "g0", "s1+3", "g2"], log.Skip(2).Select(entry => entry switch
        {
            GrantEntry grant => $"g{Enumerable.Range(0, 3).Single(index => GrantId(index) == grant.Id)}",
            SettlementEntry settlement => $"s{settlement.FirstSequence}+{settlement.Receipts.Length}",
            _ => "?",
        }));
        Assert.Equal(
            [new ReceiptEntry(1, 1 << 20, 101), new ReceiptEntry(2, 1 << 20, 102)], log.OfType<SettlementEntry>().First().Receipts);
        Assert.Equal(["receipts.jsonl"], Files());
    }

    [Fact]
    public async Task Run_Pseudonyms_OneForEachSeederAndAnotherInTheNextExport()
    {
        await MakeLedgerAsync([(0, 1, 1), (1, 1, 1), (0, 2, 1)], grants: 2);

        Export(pseudonyms: true);
        PublicKey[] first = [.. Read(out _).OfType<SettlementEntry>().Select(settlement => settlement.Seeder)];
        System.IO.File.Delete(File);
        Export(pseudonyms: true);
        PublicKey[] second = [.. Read(out _).OfType<SettlementEntry>().Select(settlement => settlement.Seeder)];

        Assert.Equal(2, first.Distinct().Count());
        Assert.Equal(first[0], first[1]);
        Assert.Empty(first.Intersect(second));
        Assert.Empty(first.Concat(second).Intersect(Seeders));
        string text = await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken);
        Assert.Contains("\"pseudonyms\":true", text, StringComparison.Ordinal);
        Assert.All(
            [.. Seeders.Select(key => key.ToString()), Channel.ToString(), GrantId(0).ToString(), Digest.Of("album"u8).ToString()],
            name => Assert.DoesNotContain(name, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_FileExists_IsRefusedAndKept()
    {
        await MakeLedgerAsync([], grants: 1);
        await System.IO.File.WriteAllTextAsync(File, "mine", TestContext.Current.CancellationToken);

        Refusal refusal = Assert.Throws<Refusal>(() => Export(pseudonyms: false));

        Assert.Contains(File, refusal.Message, StringComparison.Ordinal);
        Assert.Equal("mine", await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Run_LedgerThatDoesNotVerify_LeavesNoFile()
    {
        await MakeLedgerAsync([(0, 1, 1)], grants: 1, receipts: [1, 2, 3]);

        Assert.Throws<Refusal>(() => Export(pseudonyms: false));

        Assert.Empty(Files());
    }

    [Fact]
    public void Run_NoLedger_IsRefused()
    {
        Assert.Throws<Refusal>(() => Export(pseudonyms: false));
        Assert.Empty(Files());
    }

    [Fact]
    public async Task HubExport_DataFolderAfterTheHub_ExportsThatHub()
    {
        await MakeLedgerAsync([(0, 1, 1)], grants: 1);
        Directory.CreateDirectory(folder.In("hub"));
        System.IO.File.Move(Database, folder.In("hub/hub.db"));

        int code = await MeshCommand.Create().Parse(["hub", "export", File, "--data", folder.Path]).InvokeAsync(
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Ok, code);
        Assert.Single(Read(out _).OfType<SettlementEntry>());
    }

    private ReceiptLogTotals Export(bool pseudonyms) =>
        ReceiptLogExport.Run(Database, File, pseudonyms, TimeProvider.System, TestContext.Current.CancellationToken);

    private List<ReceiptLogEntry> Read(out ReceiptLogTotals totals)
    {
        var log = new List<ReceiptLogEntry>();
        using FileStream file = System.IO.File.OpenRead(File);
        totals = ReceiptLogReader.Read(file, log.Add, TestContext.Current.CancellationToken);
        return log;
    }

    /// <summary>What there is besides the ledger's files.</summary>
    private IEnumerable<string?> Files() =>
        Directory.GetFiles(folder.Path).Select(Path.GetFileName)
            .Where(name => !name!.StartsWith("hub.db", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private static Id128 GrantId(int grant) => Id128.Derive("grant", [(byte)grant]);

    /// <summary>A channel at 1,000 msat for each MiB, grants, and settlements (grant, first sequence, pieces of 1 MiB).</summary>
    private async Task MakeLedgerAsync((int Grant, int First, int Pieces)[] settlements, int grants, byte[]? receipts = null)
    {
        using LedgerStore ledger = LedgerStore.OpenSqlite(Database);
        SignedManifest manifest = Manifest();
        await PostAsync(0,
        [
            new ManifestRecord
            {
                Digest = manifest.Digest, Infohash = Digest.Of("album"u8), Sequence = 1, Creator = "did:key:creator",
                Body = manifest.Bytes.ToArray(), Receipt = [1], RegisteredUnixMs = 1,
            },
            new ChannelRecord
            {
                Id = Channel, HubKey = default, DownloaderKey = default, Infohash = Digest.Of("album"u8), ManifestDigest = manifest.Digest,
                Budget = Msat.From(9_000), MaxPricePerMib = Msat.From(1_000), ExpiresUnixMs = 1, Status = ChannelStatus.Open,
                CreatedUnixMs = 1,
            },
            .. Enumerable.Range(0, grants).Select(grant => new GrantRecord
            {
                Id = GrantId(grant), ChannelId = Channel, SeederKey = Seeders[grant % 2], Limit = Msat.From(9_000),
                PricePerMib = Msat.From(1_000), ExpiresUnixMs = 1, Body = [1], Status = GrantStatus.Open, CreatedUnixMs = 1,
            }),
        ]);
        for (int index = 0; index < settlements.Length; index++)
        {
            (int grant, int first, int pieces) = settlements[index];
            var run = new ReceiptRun(
                GrantId(grant), new ReceiptChain(first - 1, (first - 1L) << 20, default),
                [.. Enumerable.Range(first, pieces).Select(piece => new ReceiptEntry(piece, 1 << 20, 100 + piece))], default);
            await PostAsync(index + 1,
            [
                new SettlementRecord
                {
                    Id = Id128.Derive("settlement", [(byte)index]), GrantId = GrantId(grant), FirstSequence = first,
                    LastSequence = first + pieces - 1, Bytes = (long)pieces << 20, Amount = Msat.From(1_000 * pieces),
                    Receipts = receipts ?? ReceiptRunCodec.Write(run, anchored: true), TailSignature = default, SettledUnixMs = 200,
                },
            ]);
        }

        async Task PostAsync(int number, LedgerRecord[] records)
        {
            var posting = new Posting { Id = Id128.Derive("posting", [(byte)number]), Records = [.. records] };
            PostingResult result = await ledger.PostAsync(posting, TestContext.Current.CancellationToken);
            Assert.Equal(PostingOutcome.Posted, result.Outcome);
        }
    }

    private static SignedManifest Manifest()
    {
        Assert.True(PaymentEndpoint.TryParse("lnaddress:anna@example.org", out PaymentEndpoint endpoint));
        return SignedManifest.Sign(
            new Manifest
            {
                Torrent = new ManifestTorrent
                {
                    InfohashV2 = Digest.Of("album"u8),
                    Name = "Album",
                    PieceLength = 16_384,
                    Files = [new ManifestFile { Path = "a.flac", Length = 40_000, PiecesRoot = Digest.Of("a"u8) }],
                },
                Creator = new DidKey(Creator.PublicKey),
                Licence = new Licence("CC-BY-4.0", "https://example.org/licence"),
                Rights = new Rights(TrainingRight.NotAllowed),
                Payment = new ManifestPayment
                {
                    PricePerMiB = Msat.From(1_000),
                    Payees = [new Payee { ShareBps = 7_000, Endpoints = [endpoint] }],
                    SeedersBps = 2_500,
                    RegistryBps = 200,
                    HubBps = 300,
                },
                CreatedAt = DateTimeOffset.UnixEpoch,
                Sequence = 1,
            },
            Creator,
            DateTimeOffset.UnixEpoch).Signed!;
    }

    public void Dispose() => folder.Dispose();
}
