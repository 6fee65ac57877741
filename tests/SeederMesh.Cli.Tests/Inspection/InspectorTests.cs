using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using SeederMesh.Cli.Inspection;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;

namespace SeederMesh.Cli.Tests.Inspection;

// What `mesh inspect` says: each kind is recognised by its content, and a bad one is refused with a reason, never with an exception.
public sealed class InspectorTests
{
    private static readonly SigningKey HubKey = SigningKey.FromSeed([.. Enumerable.Repeat((byte)1, 32)]);
    private static readonly SigningKey DownloaderKey = SigningKey.FromSeed([.. Enumerable.Repeat((byte)2, 32)]);
    private static readonly SigningKey SeederKey = SigningKey.FromSeed([.. Enumerable.Repeat((byte)3, 32)]);

    private static SignedGrant Grant => SignedGrant.Sign(
        new Grant(
            Id128.Derive("grant", [1]), Id128.Derive("channel", [1]), HubKey.PublicKey, DownloaderKey.PublicKey, SeederKey.PublicKey,
            Digest.Of("torrent"u8), Digest.Of("manifest"u8), new PricePerMebibyte(2_000), Msat.From(50_000), 1_800_000_000_000),
        HubKey);

    [Fact]
    public void Inspect_Grant_IsExplained()
    {
        Explanation explanation = Explained(Grant.ToBytes());
        Assert.Equal("grant", explanation.Kind);
        Assert.Equal("50000", (string?)explanation.Fields["limitMsat"]);
        Assert.Equal(HubKey.PublicKey.ToString(), (string?)explanation.Fields["hub"]);
    }

    [Fact]
    public void Inspect_GrantAsHexOrBase64_IsTheSame()
    {
        byte[] bytes = Grant.ToBytes();
        Assert.Equal("grant", Inspector.InspectText(Convert.ToHexString(bytes), isPath: false).Explanation!.Kind);
        Assert.Equal("grant", Inspector.InspectText(Convert.ToBase64String(bytes), isPath: false).Explanation!.Kind);
    }

    [Fact]
    public void Inspect_GrantWithOneBitChanged_IsRefused()
    {
        byte[] bytes = Grant.ToBytes();
        bytes[220] ^= 1;
        Assert.Contains("changed or forged", Refused(bytes).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_Receipt_IsExplained()
    {
        UploadReceipt receipt = ReceiptChain.Start(Grant.Grant.Hash())
            .Next(Grant.Grant.GrantId, Grant.Grant.Price, new ReceiptEntry(7, 1 << 20, 1_790_000_000_000), Digest.Of("root"u8));
        byte[] bytes = new byte[UploadReceipt.Size];
        receipt.Write(bytes);
        Explanation explanation = Explained([.. bytes, .. receipt.Sign(DownloaderKey).Span]);
        Assert.Equal("receipt", explanation.Kind);
        Assert.Equal("2000", (string?)explanation.Fields["cumulativeMsat"]);
        Assert.Equal(receipt.Hash().ToString(), (string?)explanation.Fields["hash"]);
    }

    [Fact]
    public void Inspect_Report_CountsItsReceipts()
    {
        ImmutableArray<ReceiptEntry> entries = [new(0, 100, 1_790_000_000_000), new(1, 100, 1_790_000_000_001)];
        var run = new ReceiptRun(Grant.Grant.GrantId, ReceiptChain.Start(Grant.Grant.Hash()), entries, default);
        Explanation explanation = Explained(ReceiptRunCodec.WriteReport([run]));
        Assert.Equal("receipt report", explanation.Kind);
        Assert.Equal(2, (int?)explanation.Fields["receipts"]);
    }

    [Fact]
    public void Inspect_DidKey_ShowsTheKey()
    {
        string did = new DidKey(HubKey.PublicKey).ToString();
        Assert.Equal(HubKey.PublicKey.ToString(), (string?)Inspector.InspectText(did, isPath: false).Explanation!.Fields["publicKey"]);
    }

    // text -> kind of the fault
    [Theory]
    [InlineData("", "unknown")]
    [InlineData("hello", "unknown")]
    [InlineData("deadbeef", "unknown")]
    [InlineData("magnet:?", "magnet")]
    [InlineData("magnet:?xt=urn:btmh:1220abcd", "magnet")]
    [InlineData("magnet:?dn=no-topic", "magnet")]
    [InlineData("lnbc1qqqq", "invoice")]
    [InlineData("lightning:lnbcrt1pvjluez", "invoice")]
    [InlineData("did:web:example.org", "did")]
    [InlineData("did:key:z6MkXXXX", "did")]
    public void InspectText_Bad_IsRefusedWithAReason(string text, string kind)
    {
        (Explanation? explanation, Fault? fault) = Inspector.InspectText(text, isPath: false);
        Assert.Null(explanation);
        Assert.Equal(kind, fault!.Kind);
        Assert.NotEmpty(fault.Reason);
    }

    // content -> kind of the fault
    [Theory]
    [InlineData("", "unknown")]
    [InlineData("\u0001\u0002\u0003", "unknown")]
    [InlineData("de", "torrent")]
    [InlineData("d4:info", "torrent")]
    [InlineData("{", "manifest")]
    [InlineData("{}", "manifest")]
    [InlineData("{\"type\":\"SeederMeshRegistryReceipt\"}", "registry receipt")]
    [InlineData("SMR1", "receipt report")]
    [InlineData("SeederMesh/grnt1", "grant")]
    [InlineData("SeederMesh/rcpt1", "receipt")]
    public void InspectBytes_Bad_IsRefusedWithAReason(string content, string kind)
    {
        Fault fault = Refused(Encoding.UTF8.GetBytes(content));
        Assert.Equal(kind, fault.Kind);
        Assert.NotEmpty(fault.Reason);
    }

    [Fact]
    public void InspectBytes_AnyBytes_NeverThrow()
    {
        byte[][] starts = [
            [], [.. "d4:info"u8], [.. "{\"type\":"u8], [.. "SMR1"u8], [.. "SeederMesh/grnt1"u8], [.. "SeederMesh/rcpt1"u8]];
        var random = new Random(1);
        for (int round = 0; round < 2_000; round++)
        {
            byte[] noise = new byte[random.Next(300)];
            random.NextBytes(noise);
            (Explanation? explanation, Fault? fault) = Inspector.InspectBytes([.. starts[round % starts.Length], .. noise], "noise");
            Assert.True(explanation is null != fault is null);
        }
    }

    [Fact]
    public void InspectBytes_TorrentVectors_GetTheExpectedVerdict()
    {
        string? folder = Parents(AppContext.BaseDirectory).Select(
            root => Path.Combine(root, "shared", "vectors", "torrents")).FirstOrDefault(Directory.Exists);
        Assert.SkipUnless(folder is not null, "../shared/vectors/torrents is not here.");
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder!, "expected.json")));
        foreach (JsonElement torrent in expected.RootElement.GetProperty("torrents").EnumerateArray())
        {
            string file = torrent.GetProperty("file").GetString()!;
            (Explanation? explanation, Fault? fault) = Inspector.InspectBytes(File.ReadAllBytes(Path.Combine(folder!, file)), file);
            string expect = torrent.GetProperty("expect").GetString()!;
            bool agrees = expect switch
            {
                "pass" => explanation is not null,
                "fail" => fault is not null,
                _ => true,
            };
            Assert.True(agrees, $"{file}: {fault?.Reason ?? "accepted"}");
        }
    }

    private static Explanation Explained(byte[] bytes)
    {
        (Explanation? explanation, Fault? fault) = Inspector.InspectBytes(bytes, "test");
        Assert.Null(fault);
        return explanation!;
    }

    private static Fault Refused(byte[] bytes)
    {
        (Explanation? explanation, Fault? fault) = Inspector.InspectBytes(bytes, "test");
        Assert.Null(explanation);
        return fault!;
    }

    private static IEnumerable<string> Parents(string start)
    {
        for (DirectoryInfo? at = new(start); at is not null; at = at.Parent)
        {
            yield return at.FullName;
        }
    }

    [Theory]
    [InlineData("LNURL1DP68GURN8GHJ7UM9WFMXJCM99E3K7MF0V9CXJ0M385EKVCENXC6R2C35XVUKXEFCV5MKVV34X5EKZD3EV56NYD3HXQURZEPEXEJXXEPNXSCRVWFNV9NXZCN9XQ6XYEFHVGCXXCMYXYMNSERXFQ5FNS", "service.com")]
    [InlineData("lnurlw://wallet.example/withdraw/1", "wallet.example")]
    [InlineData("lightning:lnurlp://wallet.example/pay", "wallet.example")]
    public void InspectText_Lnurl_NamesItsHost(string text, string host)
    {
        (Explanation? explanation, Fault? fault) = Inspector.InspectText(text, isPath: false);

        Assert.Null(fault);
        Assert.Equal(("LNURL", host), (explanation!.Kind, (string?)explanation.Fields["host"]));
    }

    [Fact]
    public void InspectText_BrokenLnurl_IsRefused() => Assert.Equal("lnurl", Inspector.InspectText("lnurl1xyz", isPath: false).Fault!.Kind);
}
