using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Ledger.Tests;

/// <summary>A ledger in a temporary folder of its own, which goes with it.</summary>
internal sealed class TestLedger : IDisposable
{
    public TestLedger(LedgerOptions? options = null)
    {
        Folder = Directory.CreateTempSubdirectory("ledger-test-").FullName;
        Path = System.IO.Path.Combine(Folder, "ledger.db");
        Store = LedgerStore.OpenSqlite(Path, options);
    }

    public string Folder { get; }

    public string Path { get; }

    public LedgerStore Store { get; private set; }

    public static Id128 Id(long number) => new((UInt128)number);

    public static Transfer Move(long id, AccountOpening from, AccountOpening to, long msat) =>
        new(Id(id), from.Id, to.Id, Msat.From(msat), TransferCode.Settlement);

    public Task<PostingResult> PostAsync(long id, params Transfer[] transfers) =>
        Store.PostAsync(new Posting { Id = Id(id), Transfers = transfers });

    public void Reopen(LedgerOptions? options = null)
    {
        Store.Dispose();
        Store = LedgerStore.OpenSqlite(Path, options);
    }

    public void Dispose()
    {
        Store.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
