using SeederMesh.Core.Identity;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Ledger.Reading;

/// <content>Links by which payees withdraw.</content>
public sealed partial class LedgerReader
{
    /// <summary>A withdrawal link, or null.</summary>
    public Task<WithdrawalRecord?> FindWithdrawalAsync(Digest id) => FindAsync<WithdrawalRecord>("id = @p0", id.ToArray());

    /// <summary>How many links of a payee can still be used.</summary>
    public Task<long> CountOpenWithdrawalsAsync(Id128 payeeId, long nowUnixMs) => CountAsync(
        "SELECT COUNT(*) FROM withdrawal WHERE payee_id = @p0 AND expires_unix_ms > @p1 AND payout_id IS NULL",
        payeeId.ToArray(),
        nowUnixMs);
}
