using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Transfers;
using Xunit;

namespace SeederMesh.Ledger.Tests;

// Goal: every result, in its precedence. Method: one prepared ledger; each row is one posting of one transfer that breaks the rule
// of its result and, where it can, rules that are checked later.
public sealed class TransferResultTests
{
    // Id of a funded channel 1 (1,000 msat), a payee 2, a full channel 3 (all the bitcoin there can be), an empty payee 4.
    // Transfers: 50 moves 10 from 1 to 2; pending from 1 to 2: 60 (100, open), 61 (100, posted by 71), 62 (100, voided by 72).
    //
    // id kind debit credit amount code pending user -> result; -1 stands for the highest id
    [Theory]
    [InlineData(0, 9, 0, 0, 0L, 0, 0, 0, TransferResult.IdMustNotBeZero)]
    [InlineData(-1, 9, 0, 0, 0L, 0, 0, 0, TransferResult.IdMustNotBeIntMax)]
    [InlineData(50, 1, 0, 0, 0L, 0, 9, 9, TransferResult.ExistsWithDifferentFlags)]
    [InlineData(71, 2, 0, 0, 0L, 0, 60, 9, TransferResult.ExistsWithDifferentPendingId)]
    [InlineData(50, 0, 2, 0, 0L, 0, 0, 9, TransferResult.ExistsWithDifferentDebitAccountId)]
    [InlineData(50, 0, 1, 1, 0L, 0, 0, 9, TransferResult.ExistsWithDifferentCreditAccountId)]
    [InlineData(50, 0, 1, 2, 11L, 0, 0, 9, TransferResult.ExistsWithDifferentAmount)]
    [InlineData(50, 0, 1, 2, 10L, 0, 0, 9, TransferResult.ExistsWithDifferentUserData)]
    [InlineData(50, 0, 1, 2, 10L, 4, 0, 0, TransferResult.ExistsWithDifferentCode)]
    [InlineData(50, 0, 1, 2, 10L, 3, 0, 0, TransferResult.Exists)]
    [InlineData(100, 9, 0, 0, 0L, 0, 0, 0, TransferResult.FlagsAreMutuallyExclusive)]
    [InlineData(100, 0, 0, 0, 0L, 0, 9, 0, TransferResult.DebitAccountIdMustNotBeZero)]
    [InlineData(100, 0, -1, 0, 0L, 0, 9, 0, TransferResult.DebitAccountIdMustNotBeIntMax)]
    [InlineData(100, 0, 9, 0, 0L, 0, 9, 0, TransferResult.CreditAccountIdMustNotBeZero)]
    [InlineData(100, 0, 9, -1, 0L, 0, 9, 0, TransferResult.CreditAccountIdMustNotBeIntMax)]
    [InlineData(100, 0, 9, 9, 0L, 0, 9, 0, TransferResult.AccountsMustBeDifferent)]
    [InlineData(100, 0, 9, 8, 0L, 0, 9, 0, TransferResult.PendingIdMustBeZero)]
    [InlineData(100, 2, 9, 8, 0L, 0, 0, 0, TransferResult.PendingIdMustNotBeZero)]
    [InlineData(100, 2, 9, 8, 0L, 0, -1, 0, TransferResult.PendingIdMustNotBeIntMax)]
    [InlineData(100, 2, 9, 8, 0L, 0, 100, 0, TransferResult.PendingIdMustBeDifferent)]
    [InlineData(100, 2, 9, 8, 0L, 0, 99, 0, TransferResult.AmountMustNotBeZero)]
    [InlineData(100, 2, 9, 8, 1L, 0, 99, 0, TransferResult.CodeMustNotBeZero)]
    [InlineData(100, 2, 9, 8, 1L, 4, 99, 0, TransferResult.DebitAccountNotFound)]
    [InlineData(100, 2, 3, 8, 1L, 4, 99, 0, TransferResult.CreditAccountNotFound)]
    [InlineData(100, 2, 3, 4, 101L, 4, 99, 0, TransferResult.PendingTransferNotFound)]
    [InlineData(100, 2, 3, 4, 101L, 4, 50, 0, TransferResult.PendingTransferNotPending)]
    [InlineData(100, 2, 3, 4, 101L, 4, 61, 0, TransferResult.PendingTransferHasDifferentDebitAccountId)]
    [InlineData(100, 2, 1, 4, 101L, 4, 61, 0, TransferResult.PendingTransferHasDifferentCreditAccountId)]
    [InlineData(100, 2, 1, 2, 101L, 4, 61, 0, TransferResult.PendingTransferHasDifferentCode)]
    [InlineData(100, 2, 1, 2, 101L, 3, 61, 0, TransferResult.ExceedsPendingTransferAmount)]
    [InlineData(100, 3, 1, 2, 99L, 3, 61, 0, TransferResult.PendingTransferHasDifferentAmount)]
    [InlineData(100, 3, 1, 2, 100L, 3, 61, 0, TransferResult.PendingTransferAlreadyPosted)]
    [InlineData(100, 2, 1, 2, 99L, 3, 62, 0, TransferResult.PendingTransferAlreadyVoided)]
    [InlineData(100, 1, 3, 5, Most, 4, 0, 0, TransferResult.OverflowsDebitsPending)]
    [InlineData(100, 1, 7, 5, Most, 4, 0, 0, TransferResult.OverflowsCreditsPending)]
    [InlineData(100, 0, 6, 5, Most, 4, 0, 0, TransferResult.OverflowsDebitsPosted)]
    [InlineData(100, 0, 4, 3, 1L, 4, 0, 0, TransferResult.OverflowsCreditsPosted)]
    [InlineData(100, 0, 3, 4, Most, 4, 0, 0, TransferResult.OverflowsDebits)]
    [InlineData(100, 0, 7, 5, Most, 4, 0, 0, TransferResult.OverflowsCredits)]
    [InlineData(100, 0, 1, 2, 841L, 4, 0, 0, TransferResult.ExceedsCredits)]
    [InlineData(100, 0, 1, 8, 1L, 4, 0, 0, TransferResult.CreditAccountNotFound)]
    [InlineData(100, 0, 1, 7, 840L, 4, 0, 0, TransferResult.ExceedsDebits)]
    [InlineData(100, 0, 1, 2, 840L, 4, 0, 0, TransferResult.Posted)]
    [InlineData(100, 2, 1, 2, 100L, 3, 60, 0, TransferResult.Posted)]
    [InlineData(100, 3, 1, 2, 100L, 3, 60, 0, TransferResult.Posted)]
    public async Task Post_OneTransfer_FirstRuleInOrderDecides(
        long id, int kind, long debit, long credit, long amount, int code, long pending, long user, TransferResult expected)
    {
        using TestLedger ledger = new();
        await PrepareAsync(ledger);
        PostingResult result = await ledger.PostAsync(1000, new Transfer(
            Id(id), Id(debit), Id(credit), Msat.From(amount), (TransferCode)code)
        {
            Kind = (TransferKind)kind,
            PendingId = Id(pending),
            UserData = Id(user),
        });
        Assert.Equal(expected, result.IsPosted ? TransferResult.Posted : result.Transfer);
    }

    [Fact]
    public void TransferResult_EveryValue_HasARow()
    {
        IEnumerable<TransferResult> rows = typeof(TransferResultTests)
            .GetMethod(nameof(Post_OneTransfer_FirstRuleInOrderDecides))!
            .GetCustomAttributesData()
            .Where(data => data.AttributeType == typeof(InlineDataAttribute))
            .Select(data => ((IReadOnlyList<System.Reflection.CustomAttributeTypedArgument>)data.ConstructorArguments[0].Value!)[^1])
            .Select(argument => (TransferResult)(int)argument.Value!);
        Assert.Equal([TransferResult.None], Enum.GetValues<TransferResult>().Except(rows));
    }

    private const long Most = 2_100_000_000_000_000_000;

    private static Id128 Id(long id) => id == -1 ? new Id128(UInt128.MaxValue) : TestLedger.Id(id);

    // 5 has all the bitcoin there can be pending to it; 6 has given all of it; 7 is an asset that had all of it, and owes no more.
    private static async Task PrepareAsync(TestLedger ledger)
    {
        AccountFlags liability = AccountFlags.DebitsMustNotExceedCredits;
        PostingResult result = await ledger.Store.PostAsync(new Posting
        {
            Id = TestLedger.Id(1),
            Accounts =
            [
                new(Id(1), AccountKind.Channel, liability),
                new(Id(2), AccountKind.Payee, liability),
                new(Id(3), AccountKind.Channel, liability),
                new(Id(4), AccountKind.Payee, AccountFlags.None),
                new(Id(5), AccountKind.Payee, AccountFlags.None),
                new(Id(6), AccountKind.Lightning, AccountFlags.None),
                new(Id(7), AccountKind.RoutingFees, AccountFlags.CreditsMustNotExceedDebits),
            ],
            Transfers =
            [
                new(Id(40), Id(4), Id(1), Msat.From(1000), TransferCode.Funding),
                new(Id(41), Id(6), Id(3), Msat.Max, TransferCode.Funding),
                new(Id(42), Id(3), Id(5), Msat.Max, TransferCode.Funding) { Kind = TransferKind.Pending },
                new(Id(50), Id(1), Id(2), Msat.From(10), TransferCode.Settlement),
                new(Id(60), Id(1), Id(2), Msat.From(100), TransferCode.Settlement) { Kind = TransferKind.Pending },
                new(Id(61), Id(1), Id(2), Msat.From(100), TransferCode.Settlement) { Kind = TransferKind.Pending },
                new(Id(62), Id(1), Id(2), Msat.From(100), TransferCode.Settlement) { Kind = TransferKind.Pending },
                new(Id(71), Id(1), Id(2), Msat.From(50), TransferCode.Settlement)
                {
                    Kind = TransferKind.PostPending,
                    PendingId = Id(61),
                },
                new(Id(72), Id(1), Id(2), Msat.From(100), TransferCode.Settlement)
                {
                    Kind = TransferKind.VoidPending,
                    PendingId = Id(62),
                },
            ],
        });
        Assert.True(result.IsPosted, result.ToString());
    }
}
