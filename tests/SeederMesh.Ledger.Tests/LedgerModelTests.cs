using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Audit;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Transfers;
using Xunit;

namespace SeederMesh.Ledger.Tests;

// Goal: any sequence of postings gets from the ledger, in any grouping, the answers and balances of a model written apart from it.
// Method: FsCheck draws postings over few accounts, ids and amounts, so that they collide; many are handed over at once, to be
// decided inside one group. A failure prints its seed: Config.Replay repeats it.
public sealed class LedgerModelTests
{
    private static readonly AccountOpening[] Openings =
    [
        AccountOpening.Lightning,
        AccountOpening.Channel(TestLedger.Id(1)),
        AccountOpening.Channel(TestLedger.Id(2)),
        AccountOpening.Payee(TestLedger.Id(3)),
        AccountOpening.RoutingFees,
        AccountOpening.Grant(TestLedger.Id(4)),
    ];

    private static readonly Gen<Transfer> AnyTransfer =
        from id in Gen.Choose(1, 60)
        from debit in Gen.Frequency((2, Gen.Constant(0)), (3, Gen.Choose(0, Openings.Length - 1)))
        from credit in Gen.Choose(0, Openings.Length - 1)
        from amount in Gen.Frequency((3, Gen.Choose(1, 5)), (1, Gen.Choose(1, 50)))
        from kind in Gen.Frequency(
            (5, Gen.Constant(TransferKind.Posted)),
            (3, Gen.Constant(TransferKind.Pending)),
            (2, Gen.Constant(TransferKind.PostPending)),
            (2, Gen.Constant(TransferKind.VoidPending)))
        from pending in Gen.Choose(1, 60)
        from code in Gen.Choose(1, 2)
        select new Transfer(
            TestLedger.Id(id), Openings[debit].Id, Openings[credit].Id, Msat.From(amount), (TransferCode)code)
        {
            Kind = kind,
            PendingId = kind < TransferKind.PostPending ? default : TestLedger.Id(pending),
        };

    private static readonly Gen<Posting> AnyPosting =
        from id in Gen.Choose(1, 200)
        from transfers in Gen.Frequency(
            (4, Gen.ArrayOf(AnyTransfer, 1)), (2, Gen.ArrayOf(AnyTransfer, 2)), (1, Gen.ArrayOf(AnyTransfer, 4)))
        from opened in Gen.Choose(0, Openings.Length)
        from wrong in Gen.Choose(0, 20)
        select new Posting
        {
            Id = TestLedger.Id(id),
            Accounts = wrong == 0 ? [Openings[1] with { Flags = AccountFlags.None }] : Openings[..opened],
            Transfers = transfers,
        };

    private static readonly Gen<Sequence> AnySequence =
        Gen.ArrayOf(AnyPosting, 120).Select(postings => new Sequence(WithMatchingResolutions(postings)));

    [Fact]
    public void Post_AnySequence_AnswersAsTheModel()
    {
        Prop.ForAll(AnySequence.ToArbitrary(), HoldsAsync).Check(Config.QuickThrowOnFailure.WithMaxTest(25));
    }

    // Few resolutions would match their pending transfer by chance: half of them take its fields.
    private static Posting[] WithMatchingResolutions(Posting[] postings)
    {
        Dictionary<Id128, Transfer> seen = [];
        return [.. postings.Select(posting => posting with
        {
            Transfers = [.. posting.Transfers.Select(transfer =>
            {
                Transfer matched = seen.TryGetValue(transfer.PendingId, out Transfer? pending) && transfer.Id.Value % 2 == 0
                    ? pending with
                    {
                        Id = transfer.Id,
                        Kind = transfer.Kind,
                        PendingId = transfer.PendingId,
                        Amount = transfer.Id.Value % 4 == 0 ? pending.Amount : transfer.Amount,
                    }
                    : transfer;
                seen.TryAdd(matched.Id, matched);
                return matched;
            })],
        })];
    }

    private static async Task<bool> HoldsAsync(Sequence sequence)
    {
        Posting[] postings = sequence.Postings;
        using TestLedger ledger = new();
        LedgerModel model = new();
        for (int start = 0; start < postings.Length; start += 40)
        {
            Posting[] burst = postings[start..Math.Min(start + 40, postings.Length)];
            Task<PostingResult>[] tasks = [.. burst.Select(posting => ledger.Store.PostAsync(posting))];
            PostingResult[] results = await Task.WhenAll(tasks);
            for (int index = 0; index < burst.Length; index++)
            {
                Assert.Equal(model.Post(burst[index]), (results[index].Outcome, results[index].Transfer));
            }
        }

        foreach (Id128 id in model.Accounts)
        {
            LedgerAccount account = (await ledger.Store.Reader.FindAccountAsync(id))!;
            Assert.Equal(
                model.Balances(id),
                (account.DebitsPending.Value, account.DebitsPosted.Value, account.CreditsPending.Value, account.CreditsPosted.Value));
        }

        AuditReport report = LedgerAudit.Run(ledger.Path);
        Assert.All(report.Checks.Take(3), check => Assert.True(check.IsPassed, check.Name + ": " + check.Detail));
        return true;
    }

    /// <summary>Prints short: its seed repeats it.</summary>
    private sealed record Sequence(Posting[] Postings)
    {
        public override string ToString() => $"{Postings.Length} postings";
    }
}
