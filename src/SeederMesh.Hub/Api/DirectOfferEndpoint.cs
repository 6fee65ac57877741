using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SeederMesh.Core.Manifests;
using SeederMesh.Grains;
using SeederMesh.Grains.Direct;
using SeederMesh.Grains.Manifests;

namespace SeederMesh.Hub.Api;

/// <summary>Says which payees of a work a downloader can pay by itself, before it opens a channel for it.</summary>
internal sealed class DirectOfferEndpoint(ManifestCatalog manifests, DirectDestinations destinations, HubSettings settings)
{
    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/direct/{manifestDigest}", AskAsync).WithTags("Direct channels").Produces<DirectOfferAnswer>()
            .WithSummary("Which payees of a work can be paid by the downloader itself, and where; their hosts are asked.");

    private async Task<IResult> AskAsync(string manifestDigest)
    {
        (PaidManifest? manifest, _) = await manifests.FindAsync(Fields.Digest(manifestDigest, "manifestDigest"));
        if (manifest is null)
        {
            throw ProblemException.NotFound("manifest", "This hub's registry has no such manifest that asks a price.");
        }

        DirectPayeeAnswer[] payees = await Task.WhenAll(manifest.Payees.Select(ExamineAsync));
        string? reason = !settings.TakesDirect ? "This hub opens no direct channels."
            : Array.Find(payees, payee => !payee.Direct) is { } payee
                ? $"{payee.Name ?? "A payee"} can be paid by the hub only."
                : null;
        return Results.Json(new DirectOfferAnswer(reason is null, reason, payees), SignedCall.Json);
    }

    private async Task<DirectPayeeAnswer> ExamineAsync(Payee payee)
    {
        string endpoints = string.Join('\n', payee.Endpoints);
        IReadOnlyList<DirectDestination> examined = await destinations.ExamineAsync(endpoints);
        return new DirectPayeeAnswer(
            payee.Name,
            payee.ShareBps,
            await destinations.FindDefectAsync(endpoints) is null,
            [
                .. examined.Select(destination => new DirectDestinationAnswer(
                    destination.Destination, destination.IsPayable, destination.Remark.Length == 0 ? null : destination.Remark)),
            ]);
    }
}
