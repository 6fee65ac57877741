using SeederMesh.Core.Money;

namespace SeederMesh.Core.Exchange;

/// <summary>The downloader's own guard: however a hub errs or lies, no more is ever granted than the budget.</summary>
/// <remarks>Reserve when a grant is asked for, settle when its chain ends. One caller at a time.</remarks>
public sealed class DownloadBudget(Msat budget)
{
    /// <summary>The most that this download may cost.</summary>
    public Msat Total { get; } = budget;

    /// <summary>Limits of grants in use: the most that seeders could still be paid.</summary>
    public Msat Reserved { get; private set; }

    /// <summary>What ended grants were signed for.</summary>
    public Msat Spent { get; private set; }

    /// <summary>What may still be granted.</summary>
    public Msat Available => Total.Less(Reserved + Spent);

    /// <summary>Sets aside the limit of a grant, if the budget covers it.</summary>
    public bool TryReserve(Msat limit)
    {
        bool covered = limit <= Available;
        Reserved = covered ? Reserved + limit : Reserved;
        return covered;
    }

    /// <summary>A grant ended: what was signed is spent, the rest may be granted again once the hub has released
    /// it.</summary>
    public void End(Msat limit, Msat signed)
    {
        Invariant.Require(signed <= limit, "no more is signed than the grant allows");
        Reserved = Reserved.Less(limit);
        Spent += signed;
    }
}
