using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans;
using SeederMesh.Core.Identity;
using SeederMesh.Grains;
using SeederMesh.Grains.Payouts;
using SeederMesh.Grains.Seeders;
using SeederMesh.Hub.Payouts;
using SeederMesh.Ledger;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Hub.Api;

/// <summary>Where a seeder is paid: one destination, or up to four, one a line, the best first. And whether it uploads to
/// downloaders that pay by themselves; unless it says no, it does.</summary>
public sealed record RegisterSeederRequest(string? Destination, string? Name, bool? TakesDirect = null);

/// <summary>A grant as its seeder sees it.</summary>
public sealed record SeederGrantAnswer(
    string GrantId,
    string ChannelId,
    string Infohash,
    string LimitMsat,
    string SettledMsat,
    long Receipts,
    long ExpiresUnixMs,
    long? ClosesAtUnixMs,
    bool Direct);

/// <summary>A seeder as the books have it: earned = paid + pending + owed.</summary>
public sealed record SeederAnswer(
    string SeederKey,
    string Name,
    string? Destination,
    string PayeeId,
    long RegisteredUnixMs,
    long UploadedBytes,
    long Receipts,
    string SettledMsat,
    string EarnedMsat,
    string PaidMsat,
    string PendingMsat,
    string OwedMsat,
    bool TakesDirect,
    DirectAnswer Direct,
    IReadOnlyList<SeederGrantAnswer> OpenGrants,
    PayeeTermsAnswer PayoutTerms)
{
    internal static SeederAnswer Of(SeederView seeder, bool isOwner, PayeeTermsAnswer terms) => new(
        seeder.SeederKey,
        seeder.Name,
        isOwner ? seeder.Destination : null,
        seeder.PayeeId,
        seeder.RegisteredUnixMs,
        seeder.UploadedBytes,
        seeder.Receipts,
        Fields.Text(seeder.SettledMsat),
        Fields.Text(seeder.Balance.EarnedMsat),
        Fields.Text(seeder.Balance.PaidMsat),
        Fields.Text(seeder.Balance.PendingMsat),
        Fields.Text(seeder.Balance.OwedMsat),
        seeder.TakesDirect,
        DirectAnswer.Of(seeder.Direct),
        [
            .. seeder.OpenGrants.Select(grant => new SeederGrantAnswer(
                grant.GrantId,
                grant.ChannelId,
                grant.Infohash,
                Fields.Text(grant.LimitMsat),
                Fields.Text(grant.SettledMsat),
                grant.Receipts,
                grant.ExpiresUnixMs,
                grant.ClosesAtUnixMs,
                grant.IsDirect)),
        ],
        terms);
}

/// <summary>Seeders: where they are paid, and what they earned.</summary>
internal sealed class SeederEndpoints(IGrainFactory grains, HubSettings settings, LedgerStore ledger)
{
    private const int NameLengthMax = 64;
    private const int DestinationsMax = 4;

    public void Map(IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/v1/seeders").WithTags("Seeders");
        group.MapPut("{seederKey}", RegisterAsync).Accepts<RegisterSeederRequest>("application/json")
            .Produces<SeederAnswer>().WithSummary("Notes where a seeder is paid; signed by its key.");
        group.MapGet("{seederKey}", GetAsync).Produces<SeederAnswer>().WithSummary("What a seeder gave, earned and got.");
    }

    private async Task<IResult> RegisterAsync(string seederKey, HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        PublicKey key = Fields.Key(seederKey, "seederKey");
        if (key != call.Caller)
        {
            throw ProblemException.WrongKey("A seeder registers itself: sign with the key in the path.");
        }

        RegisterSeederRequest request = call.Read<RegisterSeederRequest>();
        string name = request.Name ?? "";
        if (name.Length > NameLengthMax || name.Any(char.IsControl))
        {
            throw ProblemException.Malformed($"name has at most {NameLengthMax} characters, and no control characters.");
        }

        SeederView? seeder = await grains.GetGrain<ISeederGrain>(key.ToString()).RegisterAsync(
            new RegisterSeederCommand
            {
                Name = name,
                Destination = string.Join('\n', ReadDestinations(request.Destination, key)),
                SignedUnixSeconds = call.SignedUnixSeconds,
                TakesDirect = request.TakesDirect ?? true,
            });
        if (seeder is null)
        {
            throw new ProblemException(
                409,
                "conflict",
                "A newer registration is known",
                "The hub has another registration of this seeder, signed in the same second or later. Sign again, now.");
        }

        return Results.Json(await DescribeAsync(seeder, isOwner: true), SignedCall.Json);
    }

    private async Task<SeederAnswer> DescribeAsync(SeederView seeder, bool isOwner) => SeederAnswer.Of(
        seeder, isOwner, await PayeeTermsAnswer.ReadAsync(ledger, settings, Fields.Id(seeder.PayeeId, "payeeId")));

    private IEnumerable<string> ReadDestinations(string? text, PublicKey seeder)
    {
        string[] lines = (text ?? "").Split('\n', DestinationsMax + 1);
        if (lines.Length > DestinationsMax)
        {
            throw ProblemException.Malformed($"destination has at most {DestinationsMax} lines, one destination each.");
        }

        // Without an address the hub keeps what is earned until the seeder withdraws it.
        string withdrawn = $"withdraw:{new DidKey(seeder)}";
        return lines.Select(line => string.Equals(line, withdrawn, StringComparison.Ordinal)
            ? withdrawn
            : PayableDestination.TryRead(line, settings.PaysOffers, out PayoutDestination? destination, out string error)
                ? destination.ToString()
                : throw new ProblemException(422, "invalid-destination", "The destination cannot be paid", error));
    }

    private async Task<IResult> GetAsync(string seederKey, HttpContext http)
    {
        PublicKey key = Fields.Key(seederKey, "seederKey");
        SeederView? seeder = await grains.GetGrain<ISeederGrain>(key.ToString()).GetAsync();
        return seeder is null
            ? throw ProblemException.NotFound("seeder", "No seeder of that key has registered or was given a grant.")
            : Results.Json(await DescribeAsync(seeder, SignedCall.FindCaller(http) == key), SignedCall.Json);
    }
}
