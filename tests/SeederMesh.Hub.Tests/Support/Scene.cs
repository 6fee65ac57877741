using System.Collections.Immutable;
using System.Text.Json;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Hub.Tests.Support;

/// <summary>A registered work of 64 pieces of 256 KiB at 1,000 msat a MiB, its creator, and a downloader with a wallet.</summary>
internal sealed class Scene
{
    public const int PieceLength = 262_144;
    public const int Pieces = 64;
    public const long PricePerMiB = 1_000;

    private Scene(HubFixture hub, SignedManifest manifest, HubCaller downloader, EmbeddedNode purse, EmbeddedNode creator)
    {
        Hub = hub;
        Manifest = manifest;
        Downloader = downloader;
        Purse = purse;
        Creator = creator;
    }

    public HubFixture Hub { get; }

    public SignedManifest Manifest { get; }

    public HubCaller Downloader { get; private set; }

    public EmbeddedNode Purse { get; private set; }

    public EmbeddedNode Creator { get; private set; }

    public string ChannelId { get; private set; } = "";

    /// <summary>A work whose payee is paid by keysend, or at other endpoints: "keysend" stands for the creator's wallet.</summary>
    public static async Task<Scene> OpenAsync(
        HubFixture hub,
        string? creatorEndpoint = null,
        string name = "",
        string? next = null,
        HubCaller? author = null,
        HubCaller? downloader = null)
    {
        EmbeddedNode creator = await hub.WalletAsync("creator" + name);
        EmbeddedNode purse = await hub.WalletAsync("purse" + name, satoshi: 100_000);
        author ??= hub.Caller();
        string keysend = await HubFixture.KeysendToAsync(creator);
        string[] endpoints = [creatorEndpoint ?? keysend, .. next is null ? [] : (string[])[next == "keysend" ? keysend : next]];
        SignedManifest manifest = Sign(author.Key, string.Join('\n', endpoints), name);
        (await author.PostBytesAsync("/v1/registry/manifests", manifest.Bytes.ToArray(), "application/json")).Required();
        return new Scene(hub, manifest, downloader ?? hub.Caller(), purse, creator);
    }

    public static SignedManifest Sign(
        SigningKey creator, string endpoint, string name = "", long price = PricePerMiB, int hubBps = 300) => Sign(
        creator,
        [new Payee { Name = "Anna", ShareBps = 7_300 - hubBps, Endpoints = [.. endpoint.Split('\n').Select(Parse)] }],
        name,
        price,
        hubBps);

    /// <summary>A work of several payees, whose shares are 7,300 basis points less the hub's.</summary>
    public static SignedManifest Sign(SigningKey creator, Payee[] payees, string name, long price = PricePerMiB, int hubBps = 300)
    {
        var manifest = new Manifest
        {
            Torrent = new ManifestTorrent
            {
                InfohashV2 = Digest.Of(System.Text.Encoding.UTF8.GetBytes("torrent" + name)),
                Name = "album" + name,
                PieceLength = PieceLength,
                Files =
                [
                    new ManifestFile
                    {
                        Path = "track.flac",
                        Length = (long)Pieces * PieceLength,
                        PiecesRoot = Digest.Of(System.Text.Encoding.UTF8.GetBytes("track" + name)),
                    },
                ],
            },
            Creator = new DidKey(creator.PublicKey),
            Licence = new Licence("CC-BY-4.0"),
            Rights = new Rights(TrainingRight.NotAllowed),
            Payment = new ManifestPayment
            {
                PricePerMiB = Msat.From(price),
                Payees = payees,
                SeedersBps = 2_500,
                RegistryBps = 200,
                HubBps = hubBps,
            },
            CreatedAt = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000),
        };
        ManifestVerification signed = SignedManifest.Sign(manifest, creator, DateTimeOffset.FromUnixTimeSeconds(1_790_000_000));
        Assert.True(signed.Signed is not null, signed.ToString());
        return signed.Signed!;
    }

    public static PaymentEndpoint Parse(string text)
    {
        Assert.True(PaymentEndpoint.TryParse(text, out PaymentEndpoint parsed), text);
        return parsed;
    }

    /// <summary>The body of a request to open a channel, which tests change.</summary>
    public async Task<Dictionary<string, object>> TermsAsync(long budget) => new()
    {
        ["downloaderKey"] = Downloader.Key.PublicKey.ToString(),
        ["infohash"] = Manifest.Manifest.Torrent.InfohashV2.ToString(),
        ["manifestDigest"] = Manifest.Digest.ToString(),
        ["budgetMsat"] = budget.ToString(),
        ["maxPricePerMiBMsat"] = "1000",
        ["expiresUnixMs"] = (DateTimeOffset.UtcNow + Downloader.Ahead).AddHours(1).ToUnixTimeMilliseconds(),
        ["refund"] = await HubFixture.KeysendToAsync(Purse),
    };

    /// <summary>The channel that calls are about from now on, which a test opens by itself.</summary>
    public void UseChannel(string id) => ChannelId = id;

    /// <summary>Opens a channel and pays its invoice.</summary>
    public async Task FundAsync(long budget)
    {
        HubReply opened = (await Downloader.PostAsync("/v1/channels", await TermsAsync(budget))).Required();
        ChannelId = opened.Text("channelId");
        await PayAsync(opened.Text("invoice"));
        await HubFixture.UntilAsync(async () => (await ChannelAsync()).Msat("fundedMsat") >= budget, "the channel's money");
    }

    public async Task PayAsync(string invoice, long? amount = null)
    {
        Payment payment = await Purse.PayAsync(new PayRequest(invoice, Msat.FromSatoshi(100))
        {
            Amount = amount is { } msat ? Msat.From(msat) : null,
        });
        Assert.True(payment.Status == PaymentStatus.Succeeded, payment.Reason);
    }

    public async Task<HubReply> ChannelAsync() => (await Downloader.GetAsync($"/v1/channels/{ChannelId}")).Required();

    /// <summary>A grant for a seeder, as the protocol's two sides use it.</summary>
    public async Task<TestChain> GrantAsync(HubCaller seeder, long limit, int generation = 0)
    {
        HubReply reply = (await Downloader.PostAsync(
            $"/v1/channels/{ChannelId}/grants",
            new { seederKey = seeder.Key.PublicKey.ToString(), limitMsat = limit.ToString(), generation })).Required();
        Assert.True(SignedGrant.TryRead(Convert.FromBase64String(reply.Text("grant")), out SignedGrant? grant, out string error), error);
        Assert.True(grant!.Verify());
        return new TestChain(grant.Grant, Downloader.Key, new PieceMap(Manifest.Manifest.Torrent), Downloader.Ahead);
    }

    public static async Task<HubReply> ReportAsync(HubCaller seeder, params ReceiptRun[] runs) =>
        await seeder.PostBytesAsync("/v1/receipts", ReceiptRunCodec.WriteReport(runs), ReceiptRunCodec.MediaType);

    /// <summary>The verdicts of a report, joined.</summary>
    public static async Task<string> VerdictsAsync(HubCaller seeder, params ReceiptRun[] runs) => string.Join(
        ' ',
        (await ReportAsync(seeder, runs)).Required().Json.GetProperty("verdicts").EnumerateArray()
            .Select(verdict => verdict.GetProperty("verdict").GetString()));

    /// <summary>Calls from now on go to the hub's present address.</summary>
    public async Task ReconnectAsync()
    {
        Downloader = Hub.CallerOf(Downloader.Key);
        Purse = await Hub.Hub.Network.NodeAsync(Purse.Name);
        Creator = await Hub.Hub.Network.NodeAsync(Creator.Name);
    }
}

/// <summary>A downloader's side of one grant: signs whatever a test wants.</summary>
internal sealed class TestChain(Grant grant, SigningKey downloader, IPieceLayout layout, TimeSpan ahead = default)
{
    private readonly long now = (DateTimeOffset.UtcNow + ahead).ToUnixTimeMilliseconds();

    public ReceiptChain Chain { get; private set; } = ReceiptChain.Start(grant.Hash());

    public Grant Grant => grant;

    /// <summary>The next run: whole pieces.</summary>
    public ReceiptRun Next(params int[] pieces) => NextOf([.. pieces.Select(piece => new ReceiptEntry(piece, Scene.PieceLength, now))]);

    /// <summary>The next run: any entries, signed by any key.</summary>
    public ReceiptRun NextOf(ReceiptEntry[] entries, SigningKey? signer = null)
    {
        ReceiptChain anchor = Chain;
        UploadReceipt tail = default;
        foreach (ReceiptEntry entry in entries)
        {
            Digest root = layout.TryGetPiece(entry.PieceIndex, out PieceGeometry piece) ? piece.Root : default;
            tail = Chain.Next(grant.GrantId, grant.Price, entry, root);
            Chain = ReceiptChain.After(tail);
        }

        return new ReceiptRun(grant.GrantId, anchor, [.. entries], tail.Sign(signer ?? downloader));
    }

    public void Rewind(ReceiptChain to) => Chain = to;
}
