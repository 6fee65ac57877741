using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace SeederMesh.Lightning.Destinations;

/// <summary>Asks addresses that others chose: only where the policy allows, bounded in time and size.</summary>
/// <remarks>The name is resolved once and the connection goes to the address that was checked, so that a name cannot
/// change its address between
/// the check and the connection (DNS rebinding). No proxy, no cookies, no redirect to another host. Thread
/// safe.</remarks>
public sealed class OutgoingHttp : IDisposable
{
    private readonly OutgoingPolicy policy;
    private readonly TimeProvider clock;
    private readonly SilentHosts silent;
    private readonly HttpClient http;

    /// <summary>A client under a policy.</summary>
    /// <param name="policy">Which hosts may be asked, and for how long.</param>
    /// <param name="clock">The time; tests step it.</param>
    public OutgoingHttp(OutgoingPolicy policy, TimeProvider? clock = null)
    {
        this.policy = policy;
        this.clock = clock ?? TimeProvider.System;
        silent = new SilentHosts(this.clock, policy.TimeLimit);
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectCallback = ConnectAsync,
            MaxResponseHeadersLength = 16,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        };
        http = new HttpClient(handler)
        {
            Timeout = policy.TimeLimit,
            MaxResponseContentBufferSize = OutgoingPolicy.AnswerSizeMax,
        };
    }

    /// <summary>Why an address must not be asked, or null.</summary>
    public string? Refusal(Uri address)
    {
        if (address.UserInfo.Length > 0 || address.Fragment.Length > 0)
        {
            return "an address with a user, a password or a fragment is not asked";
        }

        bool onion = address.Host.EndsWith(".onion", StringComparison.OrdinalIgnoreCase);
        bool loopback = address.IsLoopback || (IPAddress.TryParse(address.Host, out IPAddress? ip) && IPAddress.IsLoopback(ip));
        return address.Scheme switch
        {
            _ when onion => "onion services need Tor, which this program does not speak",
            "https" => null,
            "http" when loopback && policy.AllowLoopback => null,
            "http" => "http is allowed on this machine only, and only where the operator allows it; use https",
            _ => $"the scheme {address.Scheme} is not asked",
        };
    }

    /// <summary>The JSON object that an address answers with.</summary>
    /// <exception cref="ResolveException">The address is refused, does not answer, or answers something
    /// else.</exception>
    internal async Task<JsonElement> GetObjectAsync(Uri address, CancellationToken cancellation)
    {
        Uri at = address;
        for (int redirects = 0; redirects <= OutgoingPolicy.RedirectsMax; redirects++)
        {
            if (Refusal(at) is { } refusal)
            {
                throw new ResolveException(ResolveStatus.AddressRefused, $"{at.Host}: {refusal}.");
            }

            using HttpResponseMessage response = await SendAsync(at, cancellation);
            if ((int)response.StatusCode is >= 301 and <= 308 && response.Headers.Location is { } location)
            {
                if (!Uri.TryCreate(at, location, out Uri? next)
                    || !string.Equals(next.Authority, at.Authority, StringComparison.OrdinalIgnoreCase)
                    || next.Scheme != at.Scheme)
                {
                    throw new ResolveException(
                        ResolveStatus.AddressRefused, $"{at.Host} redirects to another host, which is not followed.");
                }

                at = next;
                continue;
            }

            // Whatever it says beside: a host that cannot now may later.
            return (int)response.StatusCode is >= 500 or 429
                ? throw new ResolveException(ResolveStatus.Unreachable, $"{at.Host} answered {(int)response.StatusCode}.")
                : await ReadAsync(response, at, cancellation);
        }

        throw new ResolveException(ResolveStatus.AddressRefused, $"{at.Host} redirects more than {OutgoingPolicy.RedirectsMax} times.");
    }

    /// <summary>Posts to an address. No redirect is followed, and of the answer only the status is looked at.</summary>
    /// <param name="address">Where to.</param>
    /// <param name="content">What.</param>
    /// <param name="headers">Further headers.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The status, or 0 and why there was none.</returns>
    public async Task<(int Status, string Reason)> PostAsync(
        Uri address, HttpContent content, IReadOnlyDictionary<string, string> headers, CancellationToken cancellation = default)
    {
        if (Refusal(address) is { } refusal)
        {
            return (0, $"{address.Host}: {refusal}.");
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        try
        {
            using HttpResponseMessage response = await SendAsync(request, address, cancellation);
            return ((int)response.StatusCode, $"{address.Host} answered {(int)response.StatusCode}.");
        }
        catch (ResolveException exception)
        {
            return (0, exception.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(Uri address, CancellationToken cancellation)
    {
        if (!silent.MayAsk(address.Authority))
        {
            throw new ResolveException(ResolveStatus.Unreachable, $"{address.Host} did not answer a moment ago; it is asked again soon.");
        }

        long askedAt = clock.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Accept.ParseAdd("application/json");
        try
        {
            HttpResponseMessage response = await SendAsync(request, address, cancellation);
            silent.NoteAnswer(address.Authority);
            return response;
        }
        catch (ResolveException exception) when (exception.IsSilence)
        {
            silent.NoteSilence(address.Authority, askedAt);
            throw;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, Uri address, CancellationToken cancellation)
    {
        try
        {
            return await http.SendAsync(request, cancellation);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException
            && !cancellation.IsCancellationRequested)
        {
            for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
            {
                if (cause is ResolveException refused)
                {
                    throw refused;
                }
            }

            string why = exception is TaskCanceledException ? $"no answer in {policy.TimeLimit.TotalSeconds:F0} s" : exception.Message;
            bool isSilence = exception is TaskCanceledException
                or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };
            throw new ResolveException(ResolveStatus.Unreachable, $"{address.Host} cannot be asked: {why}") { IsSilence = isSilence };
        }
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response, Uri at, CancellationToken cancellation)
    {
        try
        {
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation);
            using JsonDocument document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 16 });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document.RootElement.Clone();
            }
        }
        catch (JsonException)
        {
            // Said below: whatever is not a JSON object has the same answer.
        }

        throw new ResolveException(
            response.IsSuccessStatusCode ? ResolveStatus.MalformedAnswer : ResolveStatus.RefusedByPayee,
            $"{at.Host} answered {(int)response.StatusCode} without a JSON object.");
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        string host = context.DnsEndPoint.Host;
        IPAddress[] addresses = IPAddress.TryParse(host, out IPAddress? literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(host, cancellation);
        IPAddress[] allowed = [.. addresses.Where(policy.Allows)];
        if (allowed.Length == 0)
        {
            throw new ResolveException(
                ResolveStatus.AddressRefused,
                $"{host} is on this machine or a private network, which the operator has not allowed to be asked.");
        }

        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>Ends resolving with a status; caught where resolving began and never seen outside.</summary>
internal sealed class ResolveException(ResolveStatus status, string reason) : Exception(reason)
{
    public ResolveStatus Status { get; } = status;

    /// <summary>Whether nothing came from the host at all.</summary>
    public bool IsSilence { get; init; }
}
