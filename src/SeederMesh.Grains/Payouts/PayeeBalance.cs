using Orleans;
using SeederMesh.Core.Identity;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Reading;

namespace SeederMesh.Grains.Payouts;

/// <summary>What a payee has earned and got: earned = paid + pending + owed, always.</summary>
[GenerateSerializer]
[Alias("seedermesh.payee-balance")]
public sealed record PayeeBalance
{
    /// <summary>Earned in all, msat.</summary>
    [Id(0)]
    public long EarnedMsat { get; init; }

    /// <summary>Paid in all, msat; routing that the payee bore included.</summary>
    [Id(1)]
    public long PaidMsat { get; init; }

    /// <summary>In payments under way, msat.</summary>
    [Id(2)]
    public long PendingMsat { get; init; }

    /// <summary>Owed, msat.</summary>
    [Id(3)]
    public long OwedMsat { get; init; }

    /// <summary>Reads a payee's account; nothing was earned when there is none.</summary>
    public static async Task<PayeeBalance> ReadAsync(LedgerReader reader, Id128 payeeId)
    {
        LedgerAccount? account = await reader.FindAccountAsync(AccountOpening.Payee(payeeId).Id);
        return account is null
            ? new PayeeBalance()
            : new PayeeBalance
            {
                EarnedMsat = account.CreditsPosted.Value,
                PaidMsat = account.DebitsPosted.Value,
                PendingMsat = account.DebitsPending.Value,
                OwedMsat = account.Available.Value,
            };
    }
}
