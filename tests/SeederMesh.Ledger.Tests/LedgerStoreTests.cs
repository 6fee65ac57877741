using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Transfers;
using Xunit;

namespace SeederMesh.Ledger.Tests;

// Goal: a posting is all or nothing, once, and durable. Method: the public API on a real file.
public sealed class LedgerStoreTests : IDisposable
{
    private static readonly AccountOpening Channel = AccountOpening.Channel(TestLedger.Id(1));
    private static readonly AccountOpening Payee = AccountOpening.Payee(TestLedger.Id(2));

    private readonly TestLedger ledger = new();

    public void Dispose() => ledger.Dispose();

    [Fact]
    public async Task Post_FundedChannel_MovesMoneyAndSurvivesReopening()
    {
        await FundAsync(1000);
        PostingResult result = await ledger.PostAsync(11, TestLedger.Move(101, Channel, Payee, 400));
        Assert.Equal(PostingOutcome.Posted, result.Outcome);

        ledger.Reopen();
        LedgerAccount? channel = await ledger.Store.Reader.FindAccountAsync(Channel.Id);
        Assert.Equal(Msat.From(600), channel!.Available);
        Assert.Equal(PostingOutcome.AlreadyPosted, (await ledger.PostAsync(11, TestLedger.Move(101, Channel, Payee, 400))).Outcome);
        Assert.Equal(PostingOutcome.Conflict, (await ledger.PostAsync(11, TestLedger.Move(101, Channel, Payee, 401))).Outcome);
    }

    [Fact]
    public async Task Post_SecondTransferRefused_LeavesNothingOfTheFirst()
    {
        await FundAsync(1000);
        PostingResult result = await ledger.PostAsync(
            11, TestLedger.Move(101, Channel, Payee, 600), TestLedger.Move(102, Channel, Payee, 401));
        Assert.Equal((PostingOutcome.TransferRefused, 1, TransferResult.ExceedsCredits), (result.Outcome, result.Index, result.Transfer));
        Assert.Null(await ledger.Store.Reader.FindTransferAsync(TestLedger.Id(101)));
        Assert.True((await ledger.PostAsync(12, TestLedger.Move(101, Channel, Payee, 1000))).IsPosted);
    }

    [Fact]
    public async Task Post_TransferIdTakenByOtherPosting_RefusesThatPostingAlone()
    {
        await FundAsync(1000);
        await ledger.PostAsync(11, TestLedger.Move(101, Channel, Payee, 1));
        Task<PostingResult>[] tasks =
        [
            ledger.PostAsync(12, TestLedger.Move(102, Channel, Payee, 1)),
            ledger.PostAsync(13, TestLedger.Move(101, Channel, Payee, 1)),
            ledger.PostAsync(14, TestLedger.Move(101, Channel, Payee, 2)),
            ledger.PostAsync(15, TestLedger.Move(103, Channel, Payee, 1)),
        ];
        PostingResult[] results = await Task.WhenAll(tasks);
        Assert.Equal(
            [TransferResult.None, TransferResult.Exists, TransferResult.ExistsWithDifferentAmount, TransferResult.None],
            results.Select(result => result.Transfer));
        Assert.Equal(Msat.From(997), (await ledger.Store.Reader.FindAccountAsync(Channel.Id))!.Available);
    }

    private async Task FundAsync(long msat)
    {
        PostingResult result = await ledger.Store.PostAsync(new Posting
        {
            Id = TestLedger.Id(10),
            Accounts = [.. AccountOpening.OfHub, Channel, Payee],
            Transfers = [Bookings.Fund(TestLedger.Id(1), Digest.Of([1]), Msat.From(msat))],
        });
        Assert.Equal(PostingOutcome.Posted, result.Outcome);
    }
}
