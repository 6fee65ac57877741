using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SeederMesh.Lightning.Tests.Lnd;

/// <summary>LND's REST gateway over TLS: what each call takes, which right of a macaroon it needs, and how it refuses.</summary>
/// <remarks>A call that answers a stream sends nothing, not even its head, before its first message; what it refuses stands in
/// "error". Source: lnd's lnrpc/*.proto, rpcserver.go MainRPCServerPermissions, routerrpc, rpcperms, and grpc-gateway 2.16.</remarks>
internal sealed class FakeLnd : IAsyncDisposable
{
    public const string Macaroon = "0201036c6e64";

    // gRPC's codes and what the gateway makes of them.
    private const int Unknown = 2;
    private const int InvalidArgument = 3;
    private const int NotFound = 5;

    private static readonly (string Call, string Right, string[] Fields)[] known =
    [
        ("GET /v1/getinfo", "info:read", []),
        ("GET /v1/channels", "offchain:read", []),
        ("GET /v1/balance/blockchain", "onchain:read", []),
        ("GET /v1/payreq/*", "offchain:read", []),
        ("GET /v1/payments", "offchain:read", []),
        ("GET /v1/invoices", "invoices:read", []),
        ("GET /v1/invoices/subscribe", "invoices:read", []),
        ("GET /v1/invoice/*", "invoices:read", []),
        ("POST /v1/invoices", "invoices:write", ["memo", "r_preimage", "value", "value_msat", "description_hash", "expiry", "private"]),
        ("POST /v2/router/send", "offchain:write",
        [
            "dest", "amt", "amt_msat", "payment_hash", "final_cltv_delta", "payment_request", "timeout_seconds", "fee_limit_sat",
            "fee_limit_msat", "dest_custom_records", "allow_self_payment", "max_parts", "no_inflight_updates", "cancelable",
        ]),
        ("GET /v2/router/track/*", "offchain:read", []),
    ];

    private readonly WebApplication app;
    private readonly X509Certificate2 certificate;

    private FakeLnd(WebApplication app, X509Certificate2 certificate) => (this.app, this.certificate) = (app, certificate);

    /// <summary>What each call answers; a call that is known and not here finds nothing.</summary>
    public Dictionary<string, Func<HttpContext, Task>> Routes { get; } = new(StringComparer.Ordinal);

    /// <summary>The bodies that came and were understood.</summary>
    public List<string> Bodies { get; } = [];

    /// <summary>What the macaroon allows; all until a test takes something away.</summary>
    public HashSet<string> Rights { get; } = [.. known.Select(call => call.Right)];

    public string Server => app.Urls.Single();

    public string Thumbprint => certificate.GetCertHashString(HashAlgorithmName.SHA256);

    public string CertificatePem => certificate.ExportCertificatePem();

    public static async Task<FakeLnd> StartAsync()
    {
        X509Certificate2 own = MakeCertificate();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(own)));
        WebApplication built = builder.Build();
        FakeLnd lnd = new(built, own);
        built.Run(lnd.ServeAsync);
        await built.StartAsync();
        return lnd;
    }

    public void Answers(string call, string json) => Routes[call] = http => WriteAsync(http, 200, json);

    /// <summary>Has a call refuse with a gRPC code.</summary>
    public void Refuses(string call, int code, string message) => Routes[call] = http => RefuseAsync(http, code, message);

    /// <summary>Refuses, as a stream or not; after a stream's first line its status is out already.</summary>
    public static Task RefuseAsync(HttpContext http, int code, string message)
    {
        string error = $$"""{"code":{{code}},"message":"{{message}}","details":[]}""";
        int status = code switch
        {
            InvalidArgument or 9 => 400,
            NotFound => 404,
            6 => 409,
            14 => 503,
            _ => 500,
        };
        return IsStream(http) ? LineAsync(http, $$"""{"error":{{error}} }""", status) : WriteAsync(http, status, error);
    }

    public static Task WriteAsync(HttpContext http, int status, string json)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsync(json);
    }

    /// <summary>One message of a stream.</summary>
    public static async Task LineAsync(HttpContext http, string json, int status = 200)
    {
        if (!http.Response.HasStarted)
        {
            http.Response.StatusCode = status;
        }

        await http.Response.WriteAsync(json + "\n");
        await http.Response.Body.FlushAsync();
    }

    public Task StopAsync() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        certificate.Dispose();
    }

    private static bool IsStream(HttpContext http) =>
        http.Request.Path.StartsWithSegments("/v2/router", StringComparison.Ordinal) || http.Request.Path == "/v1/invoices/subscribe";

    private async Task ServeAsync(HttpContext http)
    {
        string call = $"{http.Request.Method} {http.Request.Path.Value}";
        string general = call[..(call.LastIndexOf('/') + 1)] + "*";
        (string Call, string Right, string[] Fields) method = known.FirstOrDefault(one => one.Call == call);
        method = method.Call is null ? known.FirstOrDefault(one => one.Call == general) : method;
        using StreamReader reader = new(http.Request.Body);
        string body = await reader.ReadToEndAsync();
        string? strange = body.Length == 0 || method.Call is null
            ? null
            : JsonDocument.Parse(body).RootElement.EnumerateObject().Select(field => field.Name)
                .FirstOrDefault(field => !method.Fields.Contains(field));
        string? macaroon = http.Request.Headers["Grpc-Metadata-macaroon"];
        await (method.Call is null ? WriteAsync(http, 404, """{"code":5,"message":"Not Found","details":[]}""")
            : strange is not null ? WriteAsync(
                http, 400, $$"""{"code":3,"message":"proto: (line 1:2): unknown field \"{{strange}}\"","details":[]}""")
            : macaroon is null ? RefuseAsync(http, Unknown, "expected 1 macaroon, got 0")
            : macaroon != Macaroon ? RefuseAsync(
                http, Unknown, "verification failed: signature mismatch after caveat verification")
            : !Rights.Contains(method.Right) ? RefuseAsync(http, Unknown, "permission denied")
            : CallAsync(http, call, body));
    }

    private Task CallAsync(HttpContext http, string call, string body)
    {
        if (body.Length > 0)
        {
            Bodies.Add(body);
        }

        return Routes.TryGetValue(call, out Func<HttpContext, Task>? route) ? route(http)
            : call.StartsWith("GET /v1/invoice/", StringComparison.Ordinal) ? RefuseAsync(http, NotFound, "unable to locate invoice")
            : call.StartsWith("GET /v2/router/track/", StringComparison.Ordinal) ? RefuseAsync(http, NotFound, "payment isn't initiated")
            : RefuseAsync(http, Unknown, "checksum failed");
    }

    private static X509Certificate2 MakeCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=lnd autogenerated cert", key, HashAlgorithmName.SHA256);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
