using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;

namespace SeederMesh.Client;

/// <summary>A hub's HTTP interface, typed.</summary>
/// <remarks>
/// Every call of a hub is idempotent, so each is repeated when no answer came or the hub was busy: four tries within
/// about four
/// seconds, each signed anew (RFC 9421) and at most 15 seconds long. Thread safe. Answers are bounded in size, and
/// redirections are not
/// followed. Every method throws <see cref="HubException"/> with the hub's own words, made printable, where it refuses,
/// when it cannot be
/// reached, and when its answer is not what this version understands.
/// </remarks>
public sealed partial class HubClient : IDisposable
{
    private const int TriesMax = 4;
    private const int AnswerBytesMax = 17 << 20;
    private const int WordsMax = 500;
    private const string NotJudged = "notJudged";
    private static readonly TimeSpan TryTime = TimeSpan.FromSeconds(15);

    private readonly HttpClient http;
    private readonly SigningKey? caller;
    private readonly TimeProvider clock;

    /// <summary>A client of one hub.</summary>
    /// <param name="hub">Its address, http or https.</param>
    /// <param name="caller">Whose calls these are; null for a client that only reads.</param>
    /// <param name="handler">What carries the calls; null for the network. Not disposed.</param>
    /// <param name="clock">The time; null for the system's.</param>
    public HubClient(Uri hub, SigningKey? caller, HttpMessageHandler? handler = null, TimeProvider? clock = null)
    {
        Address = hub;
        this.caller = caller;
        this.clock = clock ?? TimeProvider.System;
        http = handler is null ? new HttpClient(Network(), disposeHandler: true) : new HttpClient(handler, disposeHandler: false);
        http.BaseAddress = new Uri(hub, "/");
        http.Timeout = Timeout.InfiniteTimeSpan;
        http.MaxResponseContentBufferSize = AnswerBytesMax;
    }

    /// <summary>The hub's address.</summary>
    public Uri Address { get; }

    /// <summary>What the hub says of itself.</summary>
    public Task<HubInfo> GetHubAsync(CancellationToken cancellation = default) =>
        GetAsync<HubInfo>("v1/hub", cancellation);

    /// <summary>When the hub was started, Unix milliseconds; null when it does not tell.</summary>
    public async Task<long?> FindStartAsync(CancellationToken cancellation = default) =>
        await FindAsync("v1/status", cancellation) is { } body ? Read<StartAnswer>(body).StartedUnixMs : null;

    /// <summary>Registers a manifest at the hub's registry.</summary>
    /// <param name="sidecar">The bytes of a <c>.prov</c> file.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<RegistrationResult> RegisterManifestAsync(ReadOnlyMemory<byte> sidecar, CancellationToken cancellation = default)
    {
        Answer answer = await SendAsync(HttpMethod.Post, "v1/registry/manifests", sidecar, "application/json", cancellation);
        return new RegistrationResult(answer.Status == HttpStatusCode.OK, answer.Body);
    }

    /// <summary>The newest manifest of a torrent, by its v2 (64 digits) or v1 (40 digits) infohash.</summary>
    /// <returns>The sidecar; null when the registry has none.</returns>
    public Task<byte[]?> FindManifestAsync(string infohash, CancellationToken cancellation = default) =>
        FindAsync($"v1/registry/manifests/{infohash}", cancellation);

    /// <summary>The registry's receipt for a torrent's manifest, JSON as it came; null when the registry has
    /// none.</summary>
    public Task<byte[]?> FindRegistryReceiptAsync(string infohash, CancellationToken cancellation = default) =>
        FindAsync($"v1/registry/manifests/{infohash}/receipt", cancellation);

    /// <summary>Opens a channel, or finds the one of the same key and terms.</summary>
    public Task<ChannelInfo> OpenChannelAsync(OpenChannelRequest request, CancellationToken cancellation = default) =>
        PostAsync<ChannelInfo>("v1/channels", request, cancellation);

    /// <summary>A channel.</summary>
    public Task<ChannelInfo> GetChannelAsync(Id128 channel, CancellationToken cancellation = default) =>
        GetAsync<ChannelInfo>($"v1/channels/{channel}", cancellation);

    /// <summary>Asks for an invoice that adds money to a channel.</summary>
    public Task<TopUpInfo> TopUpAsync(Id128 channel, Msat amount, Id128 topUpId, CancellationToken cancellation = default) =>
        PostAsync<TopUpInfo>($"v1/channels/{channel}/top-ups", new { AmountMsat = amount, TopUpId = topUpId }, cancellation);

    /// <summary>Asks for a grant; the same seeder, generation and limit give the same grant again.</summary>
    public async Task<SignedGrant> RequestGrantAsync(
        Id128 channel, PublicKey seeder, Msat limit, int generation, CancellationToken cancellation = default)
    {
        GrantAnswer answer = await PostAsync<GrantAnswer>(
            $"v1/channels/{channel}/grants",
            new { SeederKey = seeder, LimitMsat = limit, Generation = generation },
            cancellation);
        byte[] bytes = new byte[SignedGrant.Size];
        if (!Convert.TryFromBase64String(answer.Grant, bytes, out int written)
            || !SignedGrant.TryRead(bytes.AsSpan(0, written), out SignedGrant? grant, out _))
        {
            throw Malformed("a grant that cannot be read");
        }

        return grant!;
    }

    /// <summary>Closes a grant: at once as its seeder, after the grace as its downloader.</summary>
    public Task CloseGrantAsync(Id128 channel, Id128 grant, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Post, $"v1/channels/{channel}/grants/{grant}/close", default, null, cancellation);

    /// <summary>Closes a channel: its rest is refunded when every grant is closed.</summary>
    public Task<ChannelInfo> CloseChannelAsync(Id128 channel, string? refund, CancellationToken cancellation = default) =>
        PostAsync<ChannelInfo>($"v1/channels/{channel}/close", new { Refund = refund }, cancellation);

    /// <summary>Registers the caller as a seeder, with the destination of its earnings.</summary>
    /// <param name="destination">Where it is paid: one destination a line, the best first.</param>
    /// <param name="name">What the hub calls it.</param>
    /// <param name="takesDirect">Whether it uploads to downloaders that pay by themselves.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<SeederInfo> PutSeederAsync(
        string destination, string name, bool takesDirect = true, CancellationToken cancellation = default)
    {
        // Said only where it is not the usual, so that an older hub understands the rest.
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(
            new { Destination = destination, Name = name, TakesDirect = takesDirect ? (bool?)null : false }, ClientJson.Wire);
        Answer answer = await SendAsync(
            HttpMethod.Put, $"v1/seeders/{RequiredCaller().PublicKey}", body, "application/json", cancellation);
        return Read<SeederInfo>(answer.Body);
    }

    /// <summary>A seeder; null when the hub has not heard of it.</summary>
    public async Task<SeederInfo?> FindSeederAsync(PublicKey seeder, CancellationToken cancellation = default) =>
        await FindAsync($"v1/seeders/{seeder}", cancellation) is { } body ? Read<SeederInfo>(body) : null;

    /// <summary>Reports receipts as their seeder. An accepted run is durable at the hub.</summary>
    /// <returns>One verdict a run, in order.</returns>
    public async Task<IReadOnlyList<RunVerdict>> ReportAsync(IReadOnlyCollection<ReceiptRun> runs, CancellationToken cancellation = default)
    {
        Answer answer = await SendAsync(
            HttpMethod.Post, "v1/receipts", ReceiptRunCodec.WriteReport(runs), ReceiptRunCodec.MediaType, cancellation);
        VerdictAnswer?[] verdicts = Read<ReportAnswer>(answer.Body).Verdicts;
        if (verdicts.Length != runs.Count)
        {
            throw Malformed($"{verdicts.Length} verdicts on {runs.Count} runs");
        }

        return
        [
            .. verdicts.Select(answered =>
                string.Equals(answered?.Verdict, NotJudged, StringComparison.Ordinal) ? new RunVerdict(null, 0)
                : Enum.TryParse(answered?.Verdict, ignoreCase: true, out ReceiptVerdict verdict)
                    && Enum.IsDefined(verdict)
                    && verdict != ReceiptVerdict.None
                    ? new RunVerdict(verdict, answered!.SettledSequence)
                    : throw Malformed($"the verdict \"{answered?.Verdict}\", which is not known here")),
        ];
    }

    /// <summary>Any of the hub's reading paths, such as <c>v1/status</c>, for showing as it is.</summary>
    public Task<JsonNode> ReadAsync(string path, CancellationToken cancellation = default) => GetAsync<JsonNode>(path, cancellation);

    /// <summary>Any of the hub's reading paths as bytes, such as <c>v1/payouts.csv</c>.</summary>
    public async Task<byte[]> ReadBytesAsync(string path, CancellationToken cancellation = default) =>
        (await SendAsync(HttpMethod.Get, path, default, null, cancellation, isSigned: false)).Body;

    /// <summary>A signed call of a path that takes JSON, such as <c>v1/withdrawals</c>, for showing the answer as it
    /// is.</summary>
    /// <param name="method">POST or PUT.</param>
    /// <param name="path">The path.</param>
    /// <param name="body">What it takes.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<JsonNode> WriteAsync(HttpMethod method, string path, JsonObject body, CancellationToken cancellation = default) =>
        Read<JsonNode>((await SendAsync(
            method, path, System.Text.Encoding.UTF8.GetBytes(body.ToJsonString()), "application/json", cancellation)).Body);

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private static SocketsHttpHandler Network() => new()
    {
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    private async Task<T> GetAsync<T>(string path, CancellationToken cancellation) =>
        Read<T>((await SendAsync(HttpMethod.Get, path, default, null, cancellation, isSigned: false)).Body);

    private async Task<byte[]?> FindAsync(string path, CancellationToken cancellation)
    {
        try
        {
            return (await SendAsync(HttpMethod.Get, path, default, null, cancellation, isSigned: false)).Body;
        }
        catch (HubException exception) when (exception.StatusCode == 404)
        {
            return null;
        }
    }

    private async Task<T> PostAsync<T>(string path, object body, CancellationToken cancellation)
    {
        byte[] content = JsonSerializer.SerializeToUtf8Bytes(body, body.GetType(), ClientJson.Wire);
        return Read<T>((await SendAsync(HttpMethod.Post, path, content, "application/json", cancellation)).Body);
    }

    private async Task<Answer> SendAsync(
        HttpMethod method,
        string path,
        ReadOnlyMemory<byte> body,
        string? contentType,
        CancellationToken cancellation,
        bool isSigned = true)
    {
        for (int attempt = 1; ; attempt++)
        {
            TimeSpan? retryAfter = null;
            try
            {
                return await SendOnceAsync(method, path, body, contentType, isSigned, wait => retryAfter = wait, cancellation);
            }
            catch (HubException exception) when (exception.IsTransient && attempt < TriesMax)
            {
                // Doubling, with jitter, so that many clients of a hub that comes back do not call in step.
                double milliseconds = 200 * Math.Pow(2, attempt - 1) * (0.75 + (Random.Shared.NextDouble() / 2));
                bool isAsked = retryAfter < TimeSpan.FromSeconds(5);
                TimeSpan wait = isAsked ? retryAfter!.Value : TimeSpan.FromMilliseconds(milliseconds);
                await Task.Delay(wait, clock, cancellation);
            }
        }
    }

    private async Task<Answer> SendOnceAsync(
        HttpMethod method,
        string path,
        ReadOnlyMemory<byte> body,
        string? contentType,
        bool isSigned,
        Action<TimeSpan?> noteRetryAfter,
        CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(TryTime, clock);
        using var timed = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        using var request = new HttpRequestMessage(method, new Uri(http.BaseAddress!, path));
        if (method != HttpMethod.Get)
        {
            request.Content = new ReadOnlyMemoryContent(body);
            request.Content.Headers.ContentType = contentType is null ? null : new MediaTypeHeaderValue(contentType);
        }

        if (isSigned)
        {
            RequestSignature.Add(request, body.Span, RequiredCaller(), clock.GetUtcNow());
        }

        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, timed.Token);
            byte[] content = await response.Content.ReadAsByteArrayAsync(timed.Token);
            if (response.IsSuccessStatusCode)
            {
                return new Answer(response.StatusCode, content);
            }

            noteRetryAfter(response.Headers.RetryAfter?.Delta);
            throw Refused((int)response.StatusCode, content);
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new HubException($"The hub at {Address} did not answer within {TryTime.TotalSeconds:F0} seconds.", null, null, exception);
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw Malformed($"with more than {AnswerBytesMax >> 20} MiB, or with headers out of all proportion", exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new HubException($"The hub at {Address} cannot be reached: {exception.Message}", null, null, exception);
        }
    }

    private HubException Refused(int status, byte[] content)
    {
        string? detail = null;
        string? slug = null;
        Msat? available = null;
        try
        {
            JsonNode? problem = content.Length == 0 ? null : JsonNode.Parse(content);
            detail = (problem?["detail"] ?? problem?["title"])?.GetValue<string>();
            slug = problem?["type"]?.GetValue<string>().Split(':')[^1];
            available = problem?["availableMsat"]?.GetValue<string>() is { } text
                && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long msat)
                && msat <= Msat.Max.Value
                ? Msat.From(msat)
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            // Not a problem document: the status is all there is to say.
            detail = null;
        }

        return new HubException($"The hub at {Address} refused ({status}): {Words(status, detail)}", status, slug)
        {
            Available = available,
        };
    }

    private static string Words(int status, string? detail) => detail is not null ? Printable(detail)
        : status is >= 300 and < 400 ? "it sends its callers elsewhere. Set its new address as hub."
        : "it gave no reason.";

    /// <summary>A stranger's words, such that showing them does nothing to a terminal.</summary>
    private static string Printable(string words) => string.Concat(
        words.Take(WordsMax).Select(letter =>
            char.IsControl(letter) || char.GetUnicodeCategory(letter) == UnicodeCategory.Format ? ' ' : letter));

    private T Read<T>(byte[] body)
    {
        try
        {
            T value = JsonSerializer.Deserialize<T>(body, ClientJson.Wire) ?? throw Malformed("nothing");
            return value is ChannelInfo channel && (channel.Grants.Contains(null!) || channel.Refunds.Contains(null!))
                ? throw Malformed("nothing where a grant or a refund belongs")
                : value;
        }
        catch (JsonException exception)
        {
            throw Malformed(exception.Message, exception);
        }
    }

    private HubException Malformed(string what, Exception? inner = null) =>
        new($"The hub at {Address} answered {Printable(what)}. Is it a SeederMesh hub of this version?", 200, "malformed-answer", inner);

    private SigningKey RequiredCaller() =>
        caller ?? throw new InvalidOperationException("This client only reads: it was made without a key.");

    private sealed record Answer(HttpStatusCode Status, byte[] Body);

    private sealed record GrantAnswer([property: JsonRequired] string Grant);

    private sealed record StartAnswer(long? StartedUnixMs);

    private sealed record ReportAnswer([property: JsonRequired] VerdictAnswer?[] Verdicts);

    private sealed record VerdictAnswer(string Verdict, long SettledSequence);
}
