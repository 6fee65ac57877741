using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SeederMesh.Core.Identity;
using SeederMesh.Grains.Payouts;
using SeederMesh.Hub.Api;
using SeederMesh.Hub.Hosting;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning.Destinations;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Hub.Lnurl;

/// <summary>A name that a creator claims. With a payee, that one gets all; else it is divided as the newest manifest says.</summary>
public sealed record CreatorAddressRequest(string? PayeeId);

/// <summary>A Lightning address of a creator's.</summary>
public sealed record CreatorAddressAnswer(string Name, string Address, string Lnurl, string? PayeeId, bool Claimed);

/// <summary>Money that came through a creator's Lightning address. Comment and payer are the giver's words.</summary>
public sealed record DonationAnswer(
    string DonationId, string AmountMsat, string ManifestDigest, string? PayeeId, string? Comment, string? PayerData, long PaidUnixMs);

/// <summary>A creator's Lightning addresses.</summary>
public sealed record CreatorAddressesAnswer(IReadOnlyList<CreatorAddressAnswer> Addresses);

/// <summary>What came to a creator, newest first.</summary>
public sealed record DonationsAnswer(IReadOnlyList<DonationAnswer> Donations);

/// <summary>Creators' Lightning addresses: what they are, and claiming short names by a signed call.</summary>
internal sealed class CreatorAddressEndpoints(
    LedgerStore ledger, CreatorAddresses addresses, PayeeDirectory payees, PublicAddress address, EmbeddedWallets wallets)
{
    private const int DonationsMax = 100;

    public void Map(IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/v1/creators/{did}").WithTags("Creators");
        group.MapGet("addresses", ListAsync).Produces<CreatorAddressesAnswer>().WithSummary("A creator's Lightning addresses.");
        group.MapPut("addresses/{name}", ClaimAsync).Accepts<CreatorAddressRequest>("application/json").Produces<CreatorAddressAnswer>()
            .WithSummary("Claims a short name, or changes who is paid under it; signed by the creator's key.");
        group.MapGet("donations", ListDonationsAsync).Produces<DonationsAnswer>()
            .WithSummary("What came through a creator's addresses; signed by the creator's key.");
    }

    private async Task<IResult> ListAsync(string did, HttpContext http)
    {
        DidKey creator = ReadDid(did);
        if (await addresses.FindTermsAsync(did, default) is null)
        {
            throw ProblemException.NotFound("creator", "No manifest of that creator's that names payees is registered here.");
        }

        IReadOnlyList<CreatorAddressRecord> claimed = await ledger.Reader.ListCreatorAddressesAsync(did);
        return Results.Json(
            new CreatorAddressesAnswer(
                [
                    .. claimed.Select(record => ToAnswer(record.Name, record.PayeeId, isClaimed: true, http)),
                    ToAnswer(CreatorAddresses.NameOf(creator.Key), default, isClaimed: false, http),
                ]),
            SignedCall.Json);
    }

    private async Task<IResult> ClaimAsync(string did, string name, HttpContext http)
    {
        SignedCall call = await ReadCallAsync(did, http);
        if (CreatorAddresses.DefectOf(name) is { } defect)
        {
            throw new ProblemException(422, "invalid-name", "The name cannot be claimed", defect);
        }

        string? asked = call.Body.Length == 0 ? null : call.Read<CreatorAddressRequest>().PayeeId;
        Id128 payeeId = asked is null ? default : Fields.Id(asked, "payeeId");
        DonationTerms terms = await addresses.FindTermsAsync(did, payeeId)
            ?? throw ProblemException.NotFound("creator", "That creator's newest manifest here does not name that payee.");
        CreatorAddressRecord? before = await ledger.Reader.FindCreatorAddressAsync(name);
        if (before is null ? await wallets.HasAsync(name, http.RequestAborted) : before.Creator != did)
        {
            throw new ProblemException(409, "name-taken", "The name is taken", "Somebody else has this name; choose another.");
        }

        if (before is null && (await ledger.Reader.ListCreatorAddressesAsync(did)).Count >= CreatorAddresses.NamesMax)
        {
            throw new ProblemException(
                409, "too-many-names", "Too many names", $"A creator claims at most {CreatorAddresses.NamesMax} names, and keeps them.");
        }

        if (before is not null && call.SignedUnixSeconds < before.SignedUnixSeconds)
        {
            throw new ProblemException(
                409, "conflict", "A newer claim is known", "The hub has another one, signed later. Sign again, now.");
        }

        await payees.EnsureAsync(did, terms.Payees);
        CreatorAddressRecord record = new()
        {
            Name = name,
            Creator = did,
            PayeeId = payeeId,
            SignedUnixSeconds = call.SignedUnixSeconds,
            Revision = (before?.Revision ?? 0) + 1,
        };
        PostingResult stored = await ledger.PostAsync(new Posting { Id = default, Records = [record] });
        return stored.IsPosted
            ? Results.Json(ToAnswer(name, payeeId, isClaimed: true, http), SignedCall.Json)
            : throw ProblemException.Unavailable("ledger-unavailable", "The claim could not be stored. Send the same request again.");
    }

    private async Task<IResult> ListDonationsAsync(string did, HttpContext http)
    {
        await ReadCallAsync(did, http);
        IReadOnlyList<DonationRecord> donations = await ledger.Reader.ListDonationsAsync(did, DonationsMax);
        return Results.Json(
            new DonationsAnswer(
                [
                    .. donations.Select(donation => new DonationAnswer(
                        donation.Id.ToString(),
                        Fields.Text(donation.Paid.Value),
                        donation.ManifestDigest.ToString(),
                        donation.PayeeId.IsNone ? null : donation.PayeeId.ToString(),
                        donation.Comment,
                        donation.PayerData,
                        donation.PaidUnixMs!.Value)),
                ]),
            SignedCall.Json);
    }

    private static async Task<SignedCall> ReadCallAsync(string did, HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        return ReadDid(did).Key == call.Caller
            ? call
            : throw ProblemException.WrongKey("A creator calls for itself: sign with the key of the DID in the path.");
    }

    private static DidKey ReadDid(string did) =>
        DidKey.TryParse(did, out DidKey creator) ? creator : throw ProblemException.Malformed("A creator is did:key:z6Mk...");

    private CreatorAddressAnswer ToAnswer(string name, Id128 payeeId, bool isClaimed, HttpContext http) => new(
        name,
        $"{name}@{address.HostOf(http)}",
        LnurlText.Write(address.Of(http, "/.well-known/lnurlp/" + name)),
        payeeId.IsNone ? null : payeeId.ToString(),
        isClaimed);
}

/// <summary>The play-money wallets of this hub, whose names no creator may claim; none at a hub with a real node.</summary>
internal sealed class EmbeddedWallets(EmbeddedNetwork? network)
{
    public async Task<bool> HasAsync(string name, CancellationToken cancellation) =>
        network is not null && await network.HasWalletAsync(name, cancellation);
}
