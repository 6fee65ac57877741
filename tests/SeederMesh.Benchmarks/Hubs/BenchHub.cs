using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Http;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using SeederMesh.Grains.Channels;
using SeederMesh.Hub;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Benchmarks.Hubs;

/// <summary>A hub in this process with one registered work of a million pieces, and channels that are funded and granted on it.</summary>
internal sealed class BenchHub : IAsyncDisposable
{
    private const int PieceLength = 1 << 18;
    private const long BudgetMsat = 900_000_000;

    private readonly HttpClient http = new();
    private readonly string folder = Directory.CreateTempSubdirectory("seedermesh-bench-").FullName;
    private readonly SigningKey seeder = KeyOf(1);
    private SignedManifest manifest = null!;
    private EmbeddedNode purse = null!;
    private string creatorAt = "lnaddress:nobody@example.org";
    private long priceMsat = 1_000;
    private int keys = 100;

    public RunningHub Hub { get; private set; } = null!;

    public IPieceLayout Pieces { get; private set; } = null!;

    public SigningKey SeederKey => seeder;

    public PublicKey Seeder => seeder.PublicKey;

    public Id128 CreatorPayee => manifest.Manifest.Payment!.Payees[0].Id;

    /// <summary>Starts.</summary>
    /// <param name="pays">Whether the creator can be paid, and each piece is worth a payment; else nothing is ever paid
    /// out.</param>
    public static async Task<BenchHub> StartAsync(bool pays = false)
    {
        var bench = new BenchHub();
        await bench.OpenAsync();
        await bench.Hub.Network.OpenWalletAsync("purse", new string('a', 64), Msat.FromSatoshi(100_000_000));
        bench.purse = (await bench.Hub.Network.AuthenticateAsync("purse", new string('a', 64)))!;
        if (pays)
        {
            bench.priceMsat = 100_000;
            bench.creatorAt = await bench.OpenPayeeAsync("creator");
        }

        SigningKey creator = KeyOf(2);
        bench.manifest = SignedManifest.Sign(bench.Describe(creator), creator, DateTimeOffset.UnixEpoch.AddYears(56)).Signed!;
        bench.Pieces = new PieceMap(bench.manifest.Manifest.Torrent);
        await bench.PostAsync(creator, "/v1/registry/manifests", bench.manifest.Bytes.ToArray(), "application/json");
        return bench;
    }

    public async Task OpenAsync() => Hub = await HubApplication.StartAsync(
        new HubOptions { DataFolder = folder, Listen = "http://127.0.0.1:0", BudgetMsatMax = BudgetMsat });

    /// <summary>A wallet that can be paid.</summary>
    /// <returns>Its payout destination.</returns>
    public async Task<string> OpenPayeeAsync(string name)
    {
        await Hub.Network.OpenWalletAsync(name, new string('b', 64), Msat.Zero);
        return "keysend:" + (await (await Hub.Network.NodeAsync(name)).GetInfoAsync()).NodeId;
    }

    /// <summary>A funded channel of a fresh downloader with grants for the seeder.</summary>
    public async Task<BenchChain[]> FundAsync(int grants)
    {
        SigningKey downloader = KeyOf(++keys);
        string? hubKey = (await ReadAsync("/v1/hub")).GetProperty("publicKey").GetString();
        Core.Invariant.Require(PublicKey.TryParseHex(hubKey, out PublicKey hub), "a hub says its key");
        string id = ChannelTerms.IdFor(hub, downloader.PublicKey).ToString();
        JsonElement channel = await OpenChannelAsync(downloader);
        Payment paid = await purse.PayAsync(new PayRequest(channel.GetProperty("invoice").GetString()!, Msat.FromSatoshi(1_000)));
        Core.Invariant.Require(paid.Status == PaymentStatus.Succeeded, "the purse pays");
        while ((await ReadAsync($"/v1/channels/{id}")).GetProperty("fundedMsat").GetString() == "0")
        {
            await Task.Delay(5);
        }

        var chains = new BenchChain[grants];
        for (int generation = 0; generation < grants; generation++)
        {
            JsonElement grant = await PostJsonAsync(
                downloader,
                $"/v1/channels/{id}/grants",
                new { seederKey = Seeder.ToString(), limitMsat = (BudgetMsat / grants).ToString(), generation });
            SignedGrant.TryRead(Convert.FromBase64String(grant.GetProperty("grant").GetString()!), out SignedGrant? signed, out _);
            chains[generation] = new BenchChain(signed!, downloader, Pieces);
        }

        return chains;
    }

    public Task<JsonElement> OpenChannelAsync(SigningKey downloader) => PostJsonAsync(downloader, "/v1/channels", new
    {
        downloaderKey = downloader.PublicKey.ToString(),
        infohash = manifest.Manifest.Torrent.InfohashV2.ToString(),
        manifestDigest = manifest.Digest.ToString(),
        budgetMsat = BudgetMsat.ToString(),
        maxPricePerMiBMsat = priceMsat.ToString(),
        expiresUnixMs = DateTimeOffset.UtcNow.AddDays(1).ToUnixTimeMilliseconds(),
        refund = "lnaddress:nobody@example.org",
    });

    public SigningKey FreshKey() => KeyOf(++keys);

    /// <summary>Posts a report over HTTP and requires that all of it is accepted.</summary>
    public async Task ReportAsync(ReceiptRun[] runs)
    {
        JsonElement answer = await PostAsync(seeder, "/v1/receipts", ReceiptRunCodec.WriteReport(runs), ReceiptRunCodec.MediaType);
        Core.Invariant.Require(answer.GetProperty("accepted").GetInt32() == runs.Length, "the hub accepts what it should");
    }

    /// <summary>Hands a report to its channel's grain and requires that all of it is accepted.</summary>
    public async Task ReportToGrainAsync(Id128 channel, ReceiptRun[] runs)
    {
        ReportReply reply = await Hub.Services.GetRequiredService<IGrainFactory>().GetGrain<IPaymentChannelGrain>(channel.ToString())
            .ReportAsync(new ReportCommand { Reporter = Seeder.ToArray(), Report = ReceiptRunCodec.WriteReport(runs) });
        Core.Invariant.Require(reply.Verdicts.All(verdict => verdict == (byte)ReceiptVerdict.Accepted), "the grain accepts what it should");
    }

    public async Task<JsonElement> ReadAsync(string path) =>
        JsonSerializer.Deserialize<JsonElement>(await http.GetByteArrayAsync(new Uri(Hub.Address, path)));

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await Hub.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static SigningKey KeyOf(int number)
    {
        byte[] seed = new byte[SigningKey.SeedSize];
        BinaryPrimitives.WriteInt32BigEndian(seed, number);
        return SigningKey.FromSeed(seed);
    }

    private Manifest Describe(SigningKey creator) => new()
    {
        Torrent = new ManifestTorrent
        {
            InfohashV2 = Digest.Of([1]),
            Name = "work",
            PieceLength = PieceLength,
            Files = [new ManifestFile { Path = "work.bin", Length = PieceLength * 2_000_000L, PiecesRoot = Digest.Of([2]) }],
        },
        Creator = new DidKey(creator.PublicKey),
        Licence = new Licence("CC-BY-4.0"),
        Rights = new Rights(TrainingRight.NotAllowed),
        Payment = new ManifestPayment
        {
            PricePerMiB = Msat.From(priceMsat),
            Payees =
            [
                new Payee
                {
                    ShareBps = 7_000,
                    Endpoints =
                    [
                        PaymentEndpoint.TryParse(creatorAt, out PaymentEndpoint endpoint) ? endpoint : default,
                    ],
                },
            ],
            SeedersBps = 2_500,
            RegistryBps = 200,
            HubBps = 300,
        },
        CreatedAt = DateTimeOffset.UnixEpoch.AddYears(56),
    };

    private Task<JsonElement> PostJsonAsync(SigningKey key, string path, object body) =>
        PostAsync(key, path, JsonSerializer.SerializeToUtf8Bytes(body, JsonSerializerOptions.Web), "application/json");

    private async Task<JsonElement> PostAsync(SigningKey key, string path, byte[] body, string type)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Hub.Address, path)) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        HttpSignatureHeaders headers = HttpSignature.Sign(
            new HttpRequestTarget("POST", Hub.Address.Authority, path),
            new Digest(SHA256.HashData(body)),
            key,
            DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        request.Headers.TryAddWithoutValidation("Content-Digest", headers.ContentDigest);
        request.Headers.TryAddWithoutValidation("Signature-Input", headers.SignatureInput);
        request.Headers.TryAddWithoutValidation("Signature", headers.Signature);
        using HttpResponseMessage response = await http.SendAsync(request);
        byte[] answer = await response.Content.ReadAsByteArrayAsync();
        Core.Invariant.Require(response.IsSuccessStatusCode, $"the hub answers {path}: {System.Text.Encoding.UTF8.GetString(answer)}");
        return JsonSerializer.Deserialize<JsonElement>(answer);
    }
}

/// <summary>A downloader's side of one grant; each piece of a channel is signed for once.</summary>
internal sealed class BenchChain(SignedGrant signed, SigningKey downloader, IPieceLayout pieces)
{
    private readonly Grant grant = signed.Grant;
    private ReceiptChain chain = ReceiptChain.Start(signed.Grant.Hash());

    public SignedGrant Grant => signed;

    public Id128 ChannelId => grant.ChannelId;

    /// <summary>The next receipts, under one signature.</summary>
    public ReceiptRun Next(int firstPiece, int count)
    {
        ReceiptChain anchor = chain;
        UploadReceipt tail = default;
        var entries = new ReceiptEntry[count];
        for (int index = 0; index < count; index++)
        {
            pieces.TryGetPiece(firstPiece + index, out PieceGeometry piece);
            entries[index] = new ReceiptEntry(firstPiece + index, piece.Length, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
            tail = chain.Next(grant.GrantId, grant.Price, entries[index], piece.Root);
            chain = ReceiptChain.After(tail);
        }

        return new ReceiptRun(grant.GrantId, anchor, [.. entries], tail.Sign(downloader));
    }
}
