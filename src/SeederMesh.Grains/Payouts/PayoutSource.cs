using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;

namespace SeederMesh.Grains.Payouts;

/// <summary>The account that a payout grain empties: a payee's, or a closed channel's.</summary>
/// <param name="IsChannel">Which of the two.</param>
/// <param name="Id">The payee or the channel.</param>
internal sealed record PayoutSource(bool IsChannel, Id128 Id)
{
    public AccountOpening Account => IsChannel ? AccountOpening.Channel(Id) : AccountOpening.Payee(Id);

    /// <summary>Where its money goes; null when nobody knows, or a channel is not closed.</summary>
    public async Task<string?> FindDestinationsAsync(LedgerReader reader) => IsChannel
        ? await reader.FindChannelAsync(Id) is { Status: ChannelStatus.Closed } channel ? channel.RefundDestination : null
        : (await reader.FindPayeeAsync(Id))?.Destination;

    public Task<PayoutRecord?> FindUnfinishedAsync(LedgerReader reader) =>
        IsChannel ? reader.FindUnfinishedRefundAsync(Id) : reader.FindUnfinishedPayoutAsync(Id);

    public Task<long> CountAsync(LedgerReader reader) =>
        IsChannel ? reader.CountRefundsAsync(Id) : reader.CountPayoutsAsync(Id);

    /// <summary>Since when a payee waits: its last payment, or else its first earning.</summary>
    /// <param name="reader">The ledger.</param>
    /// <param name="nowUnixMs">Now. What was written under a clock that has been set back since was long ago: else somebody
    /// would wait until that time comes again.</param>
    public async Task<long> FindWaitingSinceAsync(LedgerReader reader, long nowUnixMs)
    {
        long since = await reader.FindLastPaidAsync(Id) ?? await reader.FindFirstCreditAsync(Account.Id);
        return since > nowUnixMs ? 0 : since;
    }

    /// <summary>The same number always has the same id: of two activations that meant to make it, the ledger takes
    /// one.</summary>
    public Id128 PayoutId(long number)
    {
        byte[] content = new byte[1 + Id128.Size + sizeof(long)];
        content[0] = IsChannel ? (byte)1 : (byte)0;
        Id.Write(content.AsSpan(1));
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(content.AsSpan(1 + Id128.Size), number);
        return Id128.Derive("payout", content);
    }

    public Transfer Reserve(Id128 payoutId, Msat amount) =>
        IsChannel ? Bookings.ReserveRefund(payoutId, Id, amount) : Bookings.ReservePayout(payoutId, Id, amount);
}
