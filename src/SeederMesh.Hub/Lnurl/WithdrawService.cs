using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans;
using SeederMesh.Core.Identity;
using SeederMesh.Grains.Payouts;
using SeederMesh.Hub.Api;
using SeederMesh.Hub.Hosting;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Bolt11;
using SeederMesh.Lightning.Lnurl;

namespace SeederMesh.Hub.Lnurl;

/// <summary>The wallet's side of a withdrawal: LNURL-withdraw (LUD-03).</summary>
/// <remarks>The secret in the address is the k1, so whoever has the address can withdraw, once.</remarks>
internal sealed class WithdrawService(
    IGrainFactory grains,
    LedgerStore ledger,
    PayoutQueue queue,
    PublicAddress address,
    HubIdentity identity,
    HubOptions options,
    TimeProvider clock)
{
    private const int InvoiceLengthMax = Bolt11Invoice.LengthMax;

    public static string PathOf(string k1) => $"/lnurl/withdraw/{k1}";

    /// <summary>The link that a secret opens, or null.</summary>
    public static async Task<WithdrawalRecord?> FindAsync(LedgerStore ledger, string k1)
    {
        byte[] secret = new byte[Digest.Size];
        bool isHex = k1.Length == 2 * secret.Length
            && Convert.FromHexString(k1, secret, out _, out int written) == System.Buffers.OperationStatus.Done
            && written == secret.Length;
        return isHex ? await ledger.Reader.FindWithdrawalAsync(Digest.Of(secret)) : null;
    }

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/lnurl/withdraw/{k1}", OfferAsync).WithTags("LNURL").WithSummary("What a link gives (LUD-03).");
        routes.MapGet("/lnurl/withdraw", TakeAsync).WithTags("LNURL").WithSummary("A wallet brings its invoice (LUD-03).");
    }

    private async Task<IResult> OfferAsync(string k1, HttpContext http)
    {
        if (await FindAsync(ledger, k1) is not { } link)
        {
            return LnurlAnswer.Error(http, "There is no such link.");
        }

        WithdrawalState state = await WithdrawalState.ReadAsync(ledger.Reader, link, clock.GetUtcNow());
        if (state.Name != "open")
        {
            return LnurlAnswer.Error(http, $"This link is {(state.Payout is null ? "too old" : "used")}; ask for a new one.");
        }

        WithdrawTermsReply terms = await grains.GetGrain<IPayoutGrain>(PayoutKey.OfPayee(link.PayeeId)).FindWithdrawTermsAsync();
        return terms.MostMsat == 0
            ? LnurlAnswer.Error(http, "Nothing can be withdrawn now: nothing is owed, or a payment is under way.")
            : LnurlAnswer.Of(http, new
            {
                tag = "withdrawRequest",
                callback = address.Of(http, "/lnurl/withdraw").AbsoluteUri,
                k1,
                minWithdrawable = terms.LeastMsat,
                maxWithdrawable = terms.MostMsat,
                defaultDescription = $"{options.Name}: what you are owed",
            });
    }

    private async Task<IResult> TakeAsync(string? k1, string? pr, HttpContext http)
    {
        if (await FindAsync(ledger, k1 ?? "") is not { } link)
        {
            return LnurlAnswer.Error(http, "There is no such link: k1 is not one of this hub's.");
        }

        string invoice = pr is { Length: <= InvoiceLengthMax } ? pr : "";
        if (Bolt11Invoice.TryDecode(invoice, out Bolt11Invoice? read, out _) && read.NetworkName != NetworkName)
        {
            return LnurlAnswer.Error(http, $"The invoice is for {read.NetworkName}; this hub pays on {identity.Network}.");
        }

        WithdrawReply reply = await grains.GetGrain<IPayoutGrain>(PayoutKey.OfPayee(link.PayeeId)).WithdrawAsync(
            new WithdrawCommand { LinkId = link.Id.ToArray(), Invoice = invoice });
        if (reply.Outcome != WithdrawOutcome.Taken)
        {
            return LnurlAnswer.Error(http, reply.Reason);
        }

        queue.NoteChanged(link.PayeeId);
        return LnurlAnswer.Ok(http);
    }

    /// <summary>Play money has invoices of regtest.</summary>
    private string NetworkName =>
        string.Equals(identity.Network, NodeInfo.PlayMoney, StringComparison.Ordinal) ? "regtest" : identity.Network;
}
