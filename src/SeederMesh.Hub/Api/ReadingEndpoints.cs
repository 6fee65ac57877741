using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Grains;
using SeederMesh.Grains.Creators;
using SeederMesh.Grains.Torrents;
using SeederMesh.Hub.Pages;
using SeederMesh.Hub.Payouts;
using SeederMesh.Ledger;
using SeederMesh.Registry;

namespace SeederMesh.Hub.Api;

/// <summary>What one seeder gave to a torrent.</summary>
public sealed record ContributionAnswer(string SeederKey, string Name, long UploadedBytes, long Receipts, string SettledMsat);

/// <summary>What seeders gave to a torrent, and its payees' wallets for Web Monetization.</summary>
public sealed record TorrentAnswer(
    string Infohash,
    string ManifestDigest,
    string Name,
    long Channels,
    string SettledMsat,
    long UploadedBytes,
    long Receipts,
    IReadOnlyList<ContributionAnswer> Seeders,
    IReadOnlyList<MonetizationAnswer> Monetization);

/// <summary>One manifest of a creator.</summary>
public sealed record CreatorManifestAnswer(
    string ManifestDigest,
    string Infohash,
    string Name,
    long Sequence,
    long RegisteredUnixMs,
    long Channels,
    string SettledMsat,
    long UploadedBytes);

/// <summary>One payee of a creator's manifests.</summary>
public sealed record CreatorPayeeAnswer(
    string PayeeId,
    string? Name,
    IReadOnlyList<string> Endpoints,
    string EarnedMsat,
    string PaidMsat,
    string PendingMsat,
    string OwedMsat,
    DirectAnswer Direct,
    PayeeTermsAnswer Terms);

/// <summary>A creator's statement.</summary>
public sealed record CreatorAnswer(
    string Did,
    IReadOnlyList<CreatorManifestAnswer> Manifests,
    IReadOnlyList<CreatorPayeeAnswer> Payees,
    string EarnedMsat,
    string PaidMsat,
    string PendingMsat,
    string OwedMsat);

/// <summary>Statements for whoever asks: torrents and creators.</summary>
internal sealed class ReadingEndpoints(IGrainFactory grains, ManifestRegistry registry, LedgerStore ledger, HubSettings settings)
{
    private const int DidLengthMax = 256;

    public void Map(IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/v1").WithTags("Statements");
        group.MapGet("torrents/{infohash}", GetTorrentAsync).Produces<TorrentAnswer>().WithSummary("What each seeder gave to a torrent.");
        group.MapGet("creators/{did}", GetCreatorAsync).Produces<CreatorAnswer>()
            .WithSummary("What a creator's works earned, and who got it.");
    }

    private async Task<IResult> GetTorrentAsync(string infohash)
    {
        Digest key = Fields.Digest(infohash, "infohash");
        TorrentView torrent = await grains.GetGrain<ITorrentGrain>(key.ToString()).GetAsync()
            ?? throw ProblemException.NotFound("manifest", "No manifest of that torrent is registered here.");
        return Results.Json(
            new TorrentAnswer(
                torrent.Infohash,
                torrent.ManifestDigest,
                torrent.Name,
                torrent.Channels,
                Fields.Text(torrent.Seeders.Sum(seeder => seeder.SettledMsat)),
                torrent.Seeders.Sum(seeder => seeder.UploadedBytes),
                torrent.Seeders.Sum(seeder => seeder.Receipts),
                [
                    .. torrent.Seeders.Select(seeder => new ContributionAnswer(
                        seeder.SeederKey, seeder.Name, seeder.UploadedBytes, seeder.Receipts, Fields.Text(seeder.SettledMsat))),
                ],
                await ReadWalletsAsync(key)),
            SignedCall.Json);
    }

    private async Task<IReadOnlyList<MonetizationAnswer>> ReadWalletsAsync(Digest infohash) =>
        await registry.FindAsync(infohash) is { } registered
        && SignedManifest.Verify(registered.Sidecar.ToArray()).Signed is { } signed
            ? MonetizationAnswer.Of(signed.Manifest)
            : [];

    private async Task<IResult> GetCreatorAsync(string did)
    {
        CreatorView creator = (did.Length <= DidLengthMax ? await grains.GetGrain<ICreatorGrain>(did).GetAsync() : null)
            ?? throw ProblemException.NotFound("creator", "No manifest of that creator is registered here.");
        var payees = new List<CreatorPayeeAnswer>();
        foreach (CreatorPayeeView payee in creator.Payees)
        {
            Id128 id = Fields.Id(payee.PayeeId, "payeeId");
            payees.Add(ToAnswer(payee, await PayeeTermsAnswer.ReadAsync(ledger, settings, id)));
        }

        return Results.Json(
            new CreatorAnswer(
                creator.Did,
                [
                    .. creator.Manifests.Select(manifest => new CreatorManifestAnswer(
                        manifest.ManifestDigest,
                        manifest.Infohash,
                        manifest.Name,
                        manifest.Sequence,
                        manifest.RegisteredUnixMs,
                        manifest.Channels,
                        Fields.Text(manifest.SettledMsat),
                        manifest.UploadedBytes)),
                ],
                payees,
                Fields.Text(creator.Payees.Sum(payee => payee.Balance.EarnedMsat)),
                Fields.Text(creator.Payees.Sum(payee => payee.Balance.PaidMsat)),
                Fields.Text(creator.Payees.Sum(payee => payee.Balance.PendingMsat)),
                Fields.Text(creator.Payees.Sum(payee => payee.Balance.OwedMsat))),
            SignedCall.Json);
    }

    private static CreatorPayeeAnswer ToAnswer(CreatorPayeeView payee, PayeeTermsAnswer terms) => new(
        payee.PayeeId,
        payee.Name,
        payee.Endpoints,
        Fields.Text(payee.Balance.EarnedMsat),
        Fields.Text(payee.Balance.PaidMsat),
        Fields.Text(payee.Balance.PendingMsat),
        Fields.Text(payee.Balance.OwedMsat),
        DirectAnswer.Of(payee.Direct),
        terms);
}
