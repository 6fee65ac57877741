using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Grains.Payouts;
using SeederMesh.Hub.Api;
using SeederMesh.Hub.Hosting;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Hub.Lnurl;

/// <summary>Whose money to withdraw; without a payee, the caller's.</summary>
public sealed record WithdrawalRequest(string? PayeeId);

/// <summary>A link by which a wallet takes what is owed. Whoever holds the link can use it, once.</summary>
public sealed record WithdrawalLinkAnswer(
    string WithdrawalId,
    string PayeeId,
    string Lnurl,
    string Uri,
    string Page,
    string LeastMsat,
    string MostMsat,
    long ExpiresUnixMs);

/// <summary>What became of a link.</summary>
public sealed record WithdrawalAnswer(
    string WithdrawalId, string PayeeId, string State, string? AmountMsat, string? PayoutId, string? Reason, long ExpiresUnixMs);

/// <summary>Withdrawing without an address: the payee asks for a link, and a wallet takes the money by it.</summary>
/// <remarks>
/// A seeder withdraws by its own key, and a payee of a manifest by the key that its endpoint <c>withdraw:did:key:...</c>
/// names. A creator's key is not enough for other payees: their money leaves by their own endpoints only.
/// </remarks>
internal sealed class WithdrawEndpoints(
    IGrainFactory grains, LedgerStore ledger, PublicAddress address, TimeProvider clock)
{
    /// <summary>Links of one payee that can be used at once.</summary>
    public const int OpenLinksMax = 16;

    private const int SecretBytes = 32;
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    public void Map(IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/v1/withdrawals").WithTags("Withdrawals");
        group.MapPost("", (Delegate)OpenAsync).Accepts<WithdrawalRequest>("application/json").Produces<WithdrawalLinkAnswer>()
            .WithSummary("Makes a link (LNURL-withdraw) by which a wallet takes what the caller is owed; signed by its key.");
        group.MapGet("{withdrawalId}", GetAsync).Produces<WithdrawalAnswer>().WithSummary("What became of a link.");
    }

    private async Task<IResult> OpenAsync(HttpContext http)
    {
        SignedCall call = await SignedCall.ReadAsync(http);
        string? asked = call.Body.Length == 0 ? null : call.Read<WithdrawalRequest>().PayeeId;
        PayeeRecord payee = await FindPayeeAsync(call.Caller, asked is null ? null : Fields.Id(asked, "payeeId"));
        WithdrawTermsReply terms = await grains.GetGrain<IPayoutGrain>(PayoutKey.OfPayee(payee.Id)).FindWithdrawTermsAsync();
        if (terms.MostMsat == 0)
        {
            throw new ProblemException(
                409, "nothing-to-withdraw", "Nothing can be withdrawn now",
                "Nothing is owed, or a payment is under way: look at the statement, or try again in some seconds.");
        }

        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (await ledger.Reader.CountOpenWithdrawalsAsync(payee.Id, now) >= OpenLinksMax)
        {
            throw new ProblemException(
                429, "too-many-links", "Too many links are open", $"At most {OpenLinksMax} links can be open; use one, or wait.");
        }

        byte[] secret = RandomNumberGenerator.GetBytes(SecretBytes);
        var link = new WithdrawalRecord
        {
            Id = Digest.Of(secret),
            PayeeId = payee.Id,
            CreatedUnixMs = now,
            ExpiresUnixMs = now + (long)Lifetime.TotalMilliseconds,
        };
        PostingResult stored = await ledger.PostAsync(new Posting { Id = default, Records = [link] });
        if (!stored.IsPosted)
        {
            throw ProblemException.Unavailable("ledger-unavailable", "The link could not be stored. Send the request again.");
        }

        string k1 = Convert.ToHexStringLower(secret);
        Uri target = address.Of(http, WithdrawService.PathOf(k1));
        return Results.Json(
            new WithdrawalLinkAnswer(
                link.Id.ToString(),
                payee.Id.ToString(),
                LnurlText.Write(target),
                "lnurlw" + target.AbsoluteUri[target.Scheme.Length..],
                address.Of(http, WithdrawPage.PathOf(k1)).AbsoluteUri,
                Fields.Text(terms.LeastMsat),
                Fields.Text(terms.MostMsat),
                link.ExpiresUnixMs),
            SignedCall.Json);
    }

    private async Task<IResult> GetAsync(string withdrawalId)
    {
        Digest id = Fields.Digest(withdrawalId, "withdrawalId");
        WithdrawalRecord link = await ledger.Reader.FindWithdrawalAsync(id)
            ?? throw ProblemException.NotFound("withdrawal", "There is no link of that id.");
        WithdrawalState state = await WithdrawalState.ReadAsync(ledger.Reader, link, clock.GetUtcNow());
        return Results.Json(
            new WithdrawalAnswer(
                link.Id.ToString(),
                link.PayeeId.ToString(),
                state.Name,
                state.Payout is { } payout ? Fields.Text(payout.Amount.Value) : null,
                state.Payout?.Id.ToString(),
                state.Payout?.Reason,
                link.ExpiresUnixMs),
            SignedCall.Json);
    }

    /// <summary>The payee that a caller may withdraw for: the one that it asks for, or whichever of its own is owed
    /// more.</summary>
    private async Task<PayeeRecord> FindPayeeAsync(PublicKey caller, Id128? asked)
    {
        string endpoint = EndpointOf(caller);
        if (asked is { } id)
        {
            PayeeRecord? payee = await ledger.Reader.FindPayeeAsync(id);
            bool isCallers = payee is not null
                && (payee.Id == PayeeRecord.IdOfSeeder(caller)
                    || (payee.Destination ?? "").Split('\n').Contains(endpoint, StringComparer.Ordinal));
            return isCallers
                ? payee!
                : throw ProblemException.WrongKey(
                    $"A payee withdraws by its own key: the seeder's, or the one that its endpoint names. Yours would be {endpoint}.");
        }

        PayeeRecord? seeder = await ledger.Reader.FindPayeeAsync(PayeeRecord.IdOfSeeder(caller));
        _ = PaymentEndpoint.TryParse(endpoint, out PaymentEndpoint own);
        PayeeRecord? named = await ledger.Reader.FindPayeeAsync(new Payee { ShareBps = 1, Endpoints = [own] }.Id);
        return (await OwedAsync(named) > await OwedAsync(seeder) ? named : seeder)
            ?? throw ProblemException.NotFound("payee", $"Nobody earned anything here as this key, nor as {endpoint}.");
    }

    private async Task<long> OwedAsync(PayeeRecord? payee) => payee is null
        ? -1
        : (await ledger.Reader.FindAccountAsync(AccountOpening.Payee(payee.Id).Id))?.Available.Value ?? 0;

    private static string EndpointOf(PublicKey key) => $"withdraw:{new DidKey(key)}";
}
