using Orleans;
using SeederMesh.Core.Identity;
using SeederMesh.Ledger.Reading;

namespace SeederMesh.Grains.Direct;

/// <summary>What direct channels brought a payee: earned = paid + due + unpaid. None of it ever was the hub's.</summary>
[GenerateSerializer]
[Alias("seedermesh.direct-balance")]
public sealed record DirectBalance
{
    /// <summary>Over how many channels.</summary>
    [Id(0)]
    public long Channels { get; init; }

    /// <summary>Earned in all, msat.</summary>
    [Id(1)]
    public long EarnedMsat { get; init; }

    /// <summary>Proved paid by downloaders, msat.</summary>
    [Id(2)]
    public long PaidMsat { get; init; }

    /// <summary>Still due, msat.</summary>
    [Id(3)]
    public long DueMsat { get; init; }

    /// <summary>Never paid: the downloaders are gone, msat.</summary>
    [Id(4)]
    public long UnpaidMsat { get; init; }

    /// <summary>Reads a payee's sums.</summary>
    public static async Task<DirectBalance> ReadAsync(LedgerReader reader, Id128 payeeId)
    {
        DirectTotals totals = await reader.SumDuesAsync(payeeId);
        return new DirectBalance
        {
            Channels = totals.Channels,
            EarnedMsat = totals.Earned.Value,
            PaidMsat = totals.Proved.Value,
            DueMsat = totals.Due.Value,
            UnpaidMsat = totals.WrittenOff.Value,
        };
    }
}
