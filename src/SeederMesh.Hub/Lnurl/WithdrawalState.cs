using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Hub.Lnurl;

/// <summary>How far a withdrawal link is.</summary>
/// <param name="Name">"open", "expired", "paying", "paid" or "failed".</param>
/// <param name="Payout">The payout that it became, once an invoice was taken.</param>
internal sealed record WithdrawalState(string Name, PayoutRecord? Payout)
{
    public static async Task<WithdrawalState> ReadAsync(LedgerReader reader, WithdrawalRecord link, DateTimeOffset now)
    {
        if (link.PayoutId.IsNone)
        {
            return new WithdrawalState(now.ToUnixTimeMilliseconds() < link.ExpiresUnixMs ? "open" : "expired", null);
        }

        PayoutRecord? payout = await reader.FindPayoutAsync(link.PayoutId);
        return new WithdrawalState(
            payout?.Status switch
            {
                PayoutStatus.Succeeded => "paid",
                PayoutStatus.Failed => "failed",
                _ => "paying",
            },
            payout);
    }
}
