using SeederMesh.Core.Identity;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>To whom something is owed, and how it is paid.</summary>
public enum DebtKind
{
    PayeeByKeysend = 0,
    PayeeByOffer,
    PayeeByAddress,

    /// <summary>Brings invoices of its own (LNURL-withdraw).</summary>
    PayeeWhoWithdraws,
    RefundByKeysend,

    /// <summary>A new invoice for each attempt.</summary>
    RefundByAddress,

    /// <summary>One invoice, until the downloader names another.</summary>
    RefundByInvoice,
}

/// <summary>What one payee or one closed channel is owed, and the wallet that it shall reach.</summary>
internal sealed class Debt(DebtKind kind, EmbeddedNode wallet, string destination, EarningsBook book)
{
    public DebtKind Kind => kind;

    public EmbeddedNode Wallet { get; set; } = wallet;

    public string Destination => destination;

    public EarningsBook Book => book;

    public bool IsRefund => kind >= DebtKind.RefundByKeysend;

    public Id128 PayeeId { get; } = IdOf(kind);

    /// <summary>All that was ever owed, msat.</summary>
    public long EarnedMsat { get; set; }

    public string Key => IsRefund ? PayoutKey.OfChannel(book.ChannelId) : PayoutKey.OfPayee(PayeeId);

    /// <summary>The name of the wallet.</summary>
    public static string NameOf(DebtKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>What was paid of it, routing included; a channel's grant took all of it once before.</summary>
    public long PaidMsat(LedgerAccount account) => account.DebitsPosted.Value - (IsRefund ? EarnedMsat : 0);

    public static Id128 IdOf(DebtKind kind) => Id128.Derive("debt", [(byte)kind]);

    public async Task<LedgerAccount> AccountAsync(LedgerStore ledger) => (await ledger.Reader.FindAccountAsync(
        (IsRefund ? AccountOpening.Channel(book.ChannelId) : AccountOpening.Payee(PayeeId)).Id))!;

    public Task<IReadOnlyList<PayoutRecord>> PayoutsAsync(LedgerStore ledger) => IsRefund
        ? ledger.Reader.ListNewestRefundsAsync(book.ChannelId, 1_000)
        : ledger.Reader.ListNewestPayoutsAsync(PayeeId, 1_000);

    public async Task<long> ReceivedMsatAsync() => (await Wallet.GetBalanceAsync()).Spendable.Value;
}
