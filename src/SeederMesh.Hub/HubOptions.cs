using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SeederMesh.Lightning;

namespace SeederMesh.Hub;

/// <summary>What the operator of a hub decides. Every property has a default; <see cref="Load"/> reads file and
/// environment.</summary>
public sealed record HubOptions
{
    private const string EnvironmentPrefix = "SEEDERMESH_HUB_";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <summary>Where keys and databases are. Made with mode 0700 when missing.</summary>
    public string DataFolder { get; init; } = "hub-data";

    /// <summary>Where it listens; port 0 takes a free one.</summary>
    public string Listen { get; init; } = "http://127.0.0.1:8480";

    /// <summary>The address under which others reach this hub, such as https://hub.example.org: for links and Lightning
    /// addresses. Default: as the caller addressed it, which is wrong behind a proxy that ends TLS.</summary>
    public string PublicAddress { get; init; } = "";

    /// <summary>What the hub is called.</summary>
    public string Name { get; init; } = "SeederMesh hub";

    /// <summary>The least share for the hub, basis points.</summary>
    public int HubBpsMin { get; init; }

    /// <summary>The least share for the registry, basis points.</summary>
    public int RegistryBpsMin { get; init; }

    /// <summary>A payee is paid as soon as this much is owed, msat.</summary>
    public long PayoutThresholdMsat { get; init; } = 1_000;

    /// <summary>The lowest and the highest threshold that a payee may choose, msat. The lowest is at most the one
    /// above.</summary>
    public long PayoutThresholdMsatMin { get; init; } = 1_000;

    /// <summary>The highest threshold that a payee may choose, msat.</summary>
    public long PayoutThresholdMsatMax { get; init; } = 1_000_000_000;

    /// <summary>When payees are paid that chose nothing: stream, hourly, daily@HH:MM, weekly@mon-HH:MM (UTC) or
    /// on-demand.</summary>
    public string PayoutSchedule { get; init; } = "stream";

    /// <summary>Who pays for routing where a payee chose nothing: hub, split or payee. Nobody may choose what costs the
    /// hub more.</summary>
    public string PayoutFeeBearer { get; init; } = "hub";

    /// <summary>At most one payment to each payee in this time, milliseconds.</summary>
    public int PayoutIntervalMs { get; init; } = 200;

    /// <summary>The most that the hub pays for routing in 24 hours, msat; 0 sets no bound. Beyond it payees bear
    /// it.</summary>
    public long RoutingFeesPerDayMsat { get; init; }

    /// <summary>The most of its revenue that the hub pays for routing, basis points.</summary>
    public int RoutingFeesShareBps { get; init; } = 10_000;

    /// <summary>What payouts leave of the Lightning node's outgoing capacity, msat.</summary>
    public long LiquidityReserveMsat { get; init; }

    /// <summary>The most that routing may cost, in basis points of a payment.</summary>
    public int PayoutFeeLimitBps { get; init; } = 100;

    /// <summary>How long seeders may report after a close or an expiry, milliseconds.</summary>
    public long ReportGraceMs { get; init; } = 3_600_000;

    /// <summary>The longest life of a channel, milliseconds.</summary>
    public long ChannelLifetimeMsMax { get; init; } = 30L * 24 * 3_600_000;

    /// <summary>The largest budget or top-up, msat.</summary>
    public long BudgetMsatMax { get; init; } = 1_000_000_000;

    /// <summary>Whether downloaders may pay seeders and creators by themselves, so that the hub holds nothing.</summary>
    public bool DirectChannels { get; init; } = true;

    /// <summary>How much content a downloader that pays by itself gets before it has proved a payment, MiB: at most so
    /// much is lost when it never pays.</summary>
    public int DirectWindowMiB { get; init; } = 8;

    /// <summary>How far that grows with what it has proved, MiB.</summary>
    public int DirectWindowMiBMax { get; init; } = 128;

    /// <summary>How long after the close of a direct channel its downloader may still pay, milliseconds; then what is due
    /// is written off.</summary>
    public long DirectGraceMs { get; init; } = 24L * 3_600_000;

    /// <summary>How often deadlines are looked at, milliseconds.</summary>
    public int SweepIntervalMs { get; init; } = 1_000;

    /// <summary>Whether the tracker also serves torrents whose manifest is not registered.</summary>
    public bool OpenTracker { get; init; }

    /// <summary>How often peers are asked to announce, seconds.</summary>
    public int AnnounceIntervalSeconds { get; init; } = 60;

    /// <summary>Whether payouts may go to Lightning addresses on private networks. The hub's own address always
    /// may.</summary>
    public bool AllowPrivateAddresses { get; init; }

    /// <summary>Where the hub tells its operator of every payout and refund that ended, signed with <c>webhook.key</c> of the
    /// data folder; empty for nowhere.</summary>
    public string WebhookAddress { get; init; } = "";

    /// <summary>How often webhooks are looked at, milliseconds.</summary>
    public int WebhookIntervalMs { get; init; } = 1_000;

    /// <summary>Manifests that one address may register in a minute.</summary>
    public int RegistrationsPerMinute { get; init; } = 60;

    /// <summary>The connection string of the Lightning node that the hub's money moves on
    /// (<c>type=clightning;server=unix://...</c>); null for the embedded network of play money.</summary>
    public string? Lightning { get; init; }

    /// <summary>The operator's consent to a node on the main network. Needed once: the data folder remembers it.</summary>
    public bool RealMoney { get; init; }

    /// <summary>The clock.</summary>
    [JsonIgnore]
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Reads <c>hub.json</c> of the data folder, if it is there, and then the environment
    /// (<c>SEEDERMESH_HUB_NAME</c> and so on).</summary>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="environment">The environment variables.</param>
    /// <exception cref="HubStartException">A setting is unknown or of the wrong form; the message names it.</exception>
    public static HubOptions Load(string dataFolder, IReadOnlyDictionary<string, string> environment)
    {
        string path = Path.Combine(dataFolder, "hub.json");
        HubOptions options;
        try
        {
            options = File.Exists(path)
                ? JsonSerializer.Deserialize<HubOptions>(File.ReadAllBytes(path), Json) ?? new HubOptions()
                : new HubOptions();
        }
        catch (JsonException exception)
        {
            string what = exception.Message.Contains("could not be mapped", StringComparison.Ordinal)
                ? $"there is no such setting. Settings: {string.Join(", ", Names())}."
                : exception.Message.Split(" Path:")[0];
            string line = $"line {exception.LineNumber + 1}";
            string where = exception.Path is { Length: > 2 } member ? $"{member[2..]} ({line})" : line;
            throw new HubStartException($"{path}: {where}: {what}", exception);
        }

        Dictionary<string, JsonElement> settings = JsonSerializer.SerializeToElement(options, Json)
            .EnumerateObject().ToDictionary(property => property.Name, property => property.Value, StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string value) in environment)
        {
            if (name.StartsWith(EnvironmentPrefix, StringComparison.Ordinal))
            {
                string setting = name[EnvironmentPrefix.Length..].Replace("_", "", StringComparison.Ordinal);
                settings[NameOf(setting, settings, name)] = Read(settings[setting], value, name);
            }
        }

        HubOptions read = JsonSerializer.SerializeToElement(settings, Json).Deserialize<HubOptions>(Json)!;
        return read with { DataFolder = dataFolder };
    }

    /// <summary>Why the hub cannot run like this, or null.</summary>
    public string? Defect() => this switch
    {
        _ when !Uri.TryCreate(Listen, UriKind.Absolute, out Uri? listen)
            || !string.Equals(listen.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal) =>
            $"listen is an address such as http://127.0.0.1:8480, not '{Listen}'.",
        _ when PublicAddress.Length > 0 && !IsOrigin(PublicAddress) =>
            $"publicAddress is an address without a path such as https://hub.example.org, not '{PublicAddress}'.",
        { Name.Length: 0 or > 128 } => "name has 1 to 128 characters.",
        { HubBpsMin: < 0 or > 10_000 } or { RegistryBpsMin: < 0 or > 10_000 } => "hubBpsMin and registryBpsMin are 0 to 10000.",
        { PayoutThresholdMsat: < 1 } => "payoutThresholdMsat is at least 1.",
        { PayoutThresholdMsatMin: < 1 } => "payoutThresholdMsatMin is at least 1.",
        _ when PayoutThresholdMsatMax < PayoutThresholdMsat || PayoutThresholdMsatMax > 2_100_000_000_000_000_000 =>
            "payoutThresholdMsatMax is at least payoutThresholdMsat, and at most 21,000,000 BTC.",
        _ when !Core.Payouts.PayoutSchedule.TryParse(PayoutSchedule, out _) =>
            "payoutSchedule is stream, hourly, daily@HH:MM, weekly@mon-HH:MM (UTC) or on-demand.",
        { PayoutFeeBearer: not ("hub" or "split" or "payee") } => "payoutFeeBearer is hub, split or payee.",
        { RoutingFeesPerDayMsat: < 0 or > 2_100_000_000_000_000_000 } => "routingFeesPerDayMsat is 0 (no bound) to 21,000,000 BTC.",
        { RoutingFeesShareBps: < 0 or > 10_000 } => "routingFeesShareBps is 0 to 10000.",
        { LiquidityReserveMsat: < 0 or > 2_100_000_000_000_000_000 } => "liquidityReserveMsat is 0 to 21,000,000 BTC.",
        { PayoutIntervalMs: < 10 or > 86_400_000 } => "payoutIntervalMs is 10 to 86400000.",
        { PayoutFeeLimitBps: < 0 or > 10_000 } => "payoutFeeLimitBps is 0 to 10000.",
        { ReportGraceMs: < 0 or > 604_800_000 } => "reportGraceMs is 0 to 604800000, a week.",
        { ChannelLifetimeMsMax: < 1_000 } => "channelLifetimeMsMax is at least 1000.",
        { BudgetMsatMax: < 1 or > 2_100_000_000_000_000_000 } => "budgetMsatMax is 1 msat to 21,000,000 BTC.",
        { DirectWindowMiB: < 1 or > 1_048_576 } => "directWindowMiB is 1 to 1048576.",
        _ when DirectWindowMiBMax < DirectWindowMiB || DirectWindowMiBMax > 1_048_576 =>
            "directWindowMiBMax is directWindowMiB to 1048576.",
        { DirectGraceMs: < 0 or > 7_776_000_000 } => "directGraceMs is 0 to 7776000000, 90 days.",
        { SweepIntervalMs: < 10 } => "sweepIntervalMs is at least 10.",
        { AnnounceIntervalSeconds: < 1 or > 86_400 } => "announceIntervalSeconds is 1 to 86400.",
        _ when WebhookAddress.Length > 0 && !Uri.TryCreate(WebhookAddress, UriKind.Absolute, out _) =>
            $"webhookAddress is an address such as https://example.org/payouts, not '{WebhookAddress}'.",
        { WebhookIntervalMs: < 10 or > 3_600_000 } => "webhookIntervalMs is 10 to 3600000.",
        { RegistrationsPerMinute: < 1 } => "registrationsPerMinute is at least 1.",
        { Lightning: { } node } when !LightningConnectionString.TryParse(node, out _, out string error) => $"lightning: {error}",
        _ => null,
    };

    private static bool IsOrigin(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out Uri? uri)
        && uri.Scheme is "https" or "http"
        && uri.PathAndQuery == "/"
        && uri.UserInfo.Length + uri.Fragment.Length == 0;

    private static IEnumerable<string> Names() =>
        JsonSerializer.SerializeToElement(new HubOptions(), Json).EnumerateObject().Select(property => property.Name);

    private static string NameOf(string setting, Dictionary<string, JsonElement> settings, string variable) =>
        settings.Keys.FirstOrDefault(key => string.Equals(key, setting, StringComparison.OrdinalIgnoreCase))
        ?? throw new HubStartException($"{variable} names no setting of a hub. Settings: {string.Join(", ", settings.Keys)}.");

    private static JsonElement Read(JsonElement before, string value, string variable)
    {
        bool valid = before.ValueKind switch
        {
            JsonValueKind.Number => long.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out _),
            JsonValueKind.True or JsonValueKind.False => bool.TryParse(value, out _),
            _ => true,
        };
        if (!valid)
        {
            throw new HubStartException($"{variable} is '{value}', which is not a {before.ValueKind.ToString().ToLowerInvariant()}.");
        }

        return before.ValueKind switch
        {
            JsonValueKind.Number => JsonSerializer.SerializeToElement(long.Parse(value, CultureInfo.InvariantCulture)),
            JsonValueKind.True or JsonValueKind.False => JsonSerializer.SerializeToElement(bool.Parse(value)),
            _ => JsonSerializer.SerializeToElement(value),
        };
    }
}

/// <summary>A hub cannot start; the message says why and what to do.</summary>
/// <param name="message">What, where, and what to do.</param>
/// <param name="inner">What it comes from, or null.</param>
public sealed class HubStartException(string message, Exception? inner = null) : Exception(message, inner);
