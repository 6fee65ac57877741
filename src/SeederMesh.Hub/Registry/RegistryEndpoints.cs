using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Hub.Api;
using SeederMesh.Registry;

namespace SeederMesh.Hub.Registry;

/// <summary>The registry over HTTP: register a manifest, and find the one of a torrent.</summary>
internal sealed class RegistryEndpoints(ManifestRegistry registry, TimeProvider clock)
{
    private const string ManifestType = "application/json";

    public void Map(IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/v1/registry").WithTags("Registry");
        group.MapPost("manifests", (Delegate)RegisterAsync).Accepts<byte[]>(ManifestType)
            .Produces(201, contentType: ManifestType).Produces(200, contentType: ManifestType)
            .WithSummary("Registers a manifest, the bytes of a .prov file; signed by any key. Answers the registry's signed receipt.");
        group.MapGet("manifests/{infohash}", async (string infohash) => Sidecar(await FindAsync(infohash)))
            .Produces(200, contentType: ManifestType).WithSummary("The newest manifest of a torrent, by v2 or v1 infohash.");
        group.MapGet("manifests/{infohash}/receipt", async (string infohash) =>
                Results.Bytes(RegistryReceiptJson.Write((await FindAsync(infohash)).Receipt), ManifestType))
            .Produces(200, contentType: ManifestType).WithSummary("The receipt of the newest manifest of a torrent.");
        group.MapGet("digests/{manifestDigest}", async (string manifestDigest) => Sidecar(
                await registry.FindByDigestAsync(Fields.Digest(manifestDigest, "manifestDigest")) ?? throw Unknown()))
            .Produces(200, contentType: ManifestType).WithSummary("A manifest of any version, by its digest.");
    }

    private async Task<IResult> RegisterAsync(HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http, Manifest.SizeMax);
        string submitter = http.Connection.RemoteIpAddress?.ToString() ?? "";
        Registration made = await registry.RegisterAsync(
            call.Body, submitter, clock.GetUtcNow().ToUnixTimeMilliseconds(), http.RequestAborted);
        switch (made.Result)
        {
            case RegistrationResult.Registered or RegistrationResult.AlreadyThere:
                http.Response.StatusCode = made.Result == RegistrationResult.Registered ? 201 : 200;
                return Results.Bytes(RegistryReceiptJson.Write(made.Receipt!), ManifestType);
            case RegistrationResult.TooManySubmissions:
                http.Response.Headers.RetryAfter = "60";
                throw new ProblemException(429, "too-many-requests", "Too many submissions", made.Message);
            case RegistrationResult.ManifestInvalid:
                var invalid = new ProblemException(422, "manifest-invalid", "The manifest is not valid", made.Message);
                invalid.Extras["path"] = made.Verification.Path;
                throw invalid;
            default:
                throw new ProblemException(409, "conflict", "The registry has another manifest of this torrent", made.Message);
        }
    }

    private async Task<RegisteredManifest> FindAsync(string infohash) =>
        (infohash.Length == 40 && InfohashV1.TryParseHex(infohash, out InfohashV1 old)
            ? await registry.FindAsync(old)
            : await registry.FindAsync(Fields.Digest(infohash, "infohash")))
        ?? throw Unknown();

    private static IResult Sidecar(RegisteredManifest manifest) => Results.Bytes(manifest.Sidecar, ManifestType);

    private static ProblemException Unknown() =>
        ProblemException.NotFound("manifest", "No such manifest is registered here. Ask another registry, or its creator.");
}
