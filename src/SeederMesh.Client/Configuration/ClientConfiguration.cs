using System.Collections.Immutable;
using System.Text.Json;
using SeederMesh.Core.Money;

namespace SeederMesh.Client;

/// <summary>The settings of `mesh seed` and `mesh get`: <c>config.json</c> in the data folder, then the command
/// line.</summary>
/// <remarks>A member that is not known is refused by name. <see cref="Keys"/> documents each.</remarks>
public sealed record ClientConfiguration
{
    private const int SizeMax = 1 << 20;

    /// <summary>Each setting, what it does, and its default, for help texts.</summary>
    public static IReadOnlyList<(string Name, string Description, string Default)> Keys { get; } =
    [
        ("hub", "Address of the hub that you register with, such as http://127.0.0.1:8010.", "none"),
        ("trustedHubs", "Other hubs whose grants you take when you seed.", "[]"),
        ("wallet", "Connection string of your Lightning node, such as type=clightning;server=unix://...", "none"),
        ("destination", "Where the hub pays what you earn: keysend:NODE, lnaddress:you@host, lnurl:..., bolt12:...", "none"),
        ("name", "What the hub calls you in its tables.", "empty"),
        ("listenAddress", "Address on which other peers reach you.", "0.0.0.0"),
        ("port", "Port on which other peers reach you; 0 takes any that is free.", "6881"),
        ("dht", "Find peers in the distributed hash table (BEP 5). Never for private torrents.", "true"),
        ("pex", "Exchange peers with peers (BEP 11). Never for private torrents.", "true"),
        ("lsd", "Find peers in the local network (BEP 14). Never for private torrents.", "true"),
        ("utp", "Speak uTP (BEP 29) beside TCP.", "true"),
        ("loopback", "Allow several peers on one address, for trials on one machine.", "false"),
        ("downloadLimit", "Bytes a second, all torrents together; 0 sets no limit.", "0"),
        ("uploadLimit", "Bytes a second, all torrents together; 0 sets no limit.", "0"),
        ("unpaidPercent", "While somebody pays, peers that do not share this much of the upload. 0 serves only who pays.", "20"),
        ("privateTorrents", "Ask for receipts on private torrents too. Many private trackers ban clients that differ.", "false"),
        ("watchFolder", "Every .torrent file in this folder is seeded; its .prov file is taken from beside it.", "none"),
        ("contentFolder", "Where the content of torrents in the watch folder is.", "the watch folder"),
        ("announceToHub", "Announce paid torrents to the hub's tracker.", "true"),
        ("owedByHubMax", "The most that one hub may owe you before you stop taking its grants.", "100000sat"),
        ("takesDirect", "Upload to downloaders whose own wallet pays you: the hub holds no money for it, and trusts them up to a "
            + "small window.", "true"),
        ("lowestPricePerMiB", "The least that a MiB must pay, in msat.", "0"),
        ("peers", "Peers to connect to for every torrent, as host:port.", "[]"),
    ];

    /// <summary>The hub's address; null for none.</summary>
    public string? Hub { get; init; }

    /// <summary>Other hubs whose grants are taken.</summary>
    public ImmutableArray<string> TrustedHubs { get; init; } = [];

    /// <summary>The wallet's connection string; null for none.</summary>
    public string? Wallet { get; init; }

    /// <summary>Where earnings are paid to; null for nowhere yet.</summary>
    public string? Destination { get; init; }

    /// <summary>The name that the hub shows; at most 64 characters.</summary>
    public string Name { get; init; } = "";

    /// <summary>The address to listen on.</summary>
    public string ListenAddress { get; init; } = "0.0.0.0";

    /// <summary>The port to listen on, 0 to 65,535; 0 takes any.</summary>
    public int Port { get; init; } = 6881;

    /// <summary>Whether the distributed hash table is used.</summary>
    public bool Dht { get; init; } = true;

    /// <summary>Whether peers are exchanged with peers.</summary>
    public bool Pex { get; init; } = true;

    /// <summary>Whether the local network is searched.</summary>
    public bool Lsd { get; init; } = true;

    /// <summary>Whether uTP is spoken.</summary>
    public bool Utp { get; init; } = true;

    /// <summary>Whether several peers may have one address.</summary>
    public bool Loopback { get; init; }

    /// <summary>Bytes a second; 0 sets no limit.</summary>
    public long DownloadLimit { get; init; }

    /// <summary>Bytes a second; 0 sets no limit.</summary>
    public long UploadLimit { get; init; }

    /// <summary>The share of unpaid peers while somebody pays, 0 to 100.</summary>
    public int UnpaidPercent { get; init; } = 20;

    /// <summary>Whether private torrents take part in receipts.</summary>
    public bool PrivateTorrents { get; init; }

    /// <summary>The watch folder; null for none.</summary>
    public string? WatchFolder { get; init; }

    /// <summary>Where the watch folder's content is; null for the watch folder itself.</summary>
    public string? ContentFolder { get; init; }

    /// <summary>Whether paid torrents are announced to the hub's tracker.</summary>
    public bool AnnounceToHub { get; init; } = true;

    /// <summary>The most that one hub may owe.</summary>
    public Msat OwedByHubMax { get; init; } = Msat.FromSatoshi(100_000);

    /// <summary>Whether to upload to downloaders that pay by themselves.</summary>
    public bool TakesDirect { get; init; } = true;

    /// <summary>The least that a MiB must pay, msat.</summary>
    public long LowestPricePerMiB { get; init; }

    /// <summary>Peers to connect to, host:port.</summary>
    public ImmutableArray<string> Peers { get; init; } = [];

    /// <summary>Reads a file; a missing one gives the defaults.</summary>
    /// <exception cref="ClientException">It cannot be read, or a setting is unknown or out of range; the message names
    /// it.</exception>
    public static ClientConfiguration Load(string path)
    {
        if (!File.Exists(path))
        {
            return new ClientConfiguration();
        }

        try
        {
            if (new FileInfo(path).Length > SizeMax)
            {
                throw new ClientException($"{path} has more than {SizeMax} bytes: that is no settings file.");
            }

            ClientConfiguration read =
                JsonSerializer.Deserialize<ClientConfiguration>(File.ReadAllBytes(path), ClientJson.Files)
                ?? throw new ClientException($"{path} holds no settings: write {{}} for the defaults.");
            return read.Defect() is { } defect ? throw new ClientException($"{path}: {defect}") : read;
        }
        catch (JsonException exception)
        {
            string line = $"line {exception.LineNumber + 1}";
            string where = exception.Path is { Length: > 1 } member ? $"{member[2..]} ({line})" : line;
            string what = exception.Message.Contains("could not be mapped", StringComparison.Ordinal)
                ? "there is no such setting"
                : exception.Message.Split(" Path:")[0];
            throw new ClientException(
                $"{path}: {where}: {what}. Settings: {string.Join(", ", Keys.Select(key => key.Name))}.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException($"{path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Writes the settings to a file, mode 0600, because a wallet's connection string holds secrets.</summary>
    public void Save(string path) => DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, ClientJson.Files));

    /// <summary>The first setting that is out of range, or null.</summary>
    public string? Defect() => this switch
    {
        { Hub: { } hub } when !IsHttp(hub) => $"hub: \"{hub}\" is no http or https address.",
        _ when TrustedHubs.FirstOrDefault(hub => !IsHttp(hub)) is { } hub => $"trustedHubs: \"{hub}\" is no http or https address.",
        { Port: < 0 or > 65_535 } => $"port: {Port} is not from 0 to 65535.",
        { UnpaidPercent: < 0 or > 100 } => $"unpaidPercent: {UnpaidPercent} is not from 0 to 100.",
        { DownloadLimit: < 0 or > int.MaxValue } => "downloadLimit: not from 0 to 2147483647 bytes a second.",
        { UploadLimit: < 0 or > int.MaxValue } => "uploadLimit: not from 0 to 2147483647 bytes a second.",
        { LowestPricePerMiB: < 0 or > PricePerMebibyte.MsatMax } => $"lowestPricePerMiB: not from 0 to {PricePerMebibyte.MsatMax} msat.",
        { Name.Length: > 64 } => "name: longer than 64 characters.",
        _ when !System.Net.IPAddress.TryParse(ListenAddress, out _) => $"listenAddress: \"{ListenAddress}\" is no IP address.",
        _ when Peers.FirstOrDefault(peer => !IsEndPoint(peer)) is { } peer =>
            $"peers: \"{peer}\" is not ADDRESS:PORT.",
        _ => null,
    };

    private static bool IsEndPoint(string text) =>
        System.Net.IPEndPoint.TryParse(text, out System.Net.IPEndPoint? end) && end.Port != 0;

    private static bool IsHttp(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https";
}
