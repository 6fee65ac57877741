using SeederMesh.Core.Identity;

namespace SeederMesh.Client;

/// <content>Direct channels: what their downloader owes, and the proofs that it paid.</content>
public sealed partial class HubClient
{
    /// <summary>What a direct channel's downloader owes, with invoices to pay; as its downloader.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="question">How it is asked.</param>
    /// <param name="cancellation">Gives up.</param>
    internal async Task<DuesInfo> GetDuesAsync(Id128 channel, DuesQuestion question, CancellationToken cancellation = default) =>
        Read<DuesInfo>((await SendAsync(
            HttpMethod.Get, $"v1/channels/{channel}/dues?{question.ToQuery()}", default, null, cancellation)).Body);

    /// <summary>Which payees of a work can be paid directly; null at a hub that does not say.</summary>
    /// <param name="manifest">The manifest's digest.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<DirectOfferInfo?> FindDirectOfferAsync(Digest manifest, CancellationToken cancellation = default) =>
        await FindAsync($"v1/direct/{manifest}", cancellation) is { } body ? Read<DirectOfferInfo>(body) : null;

    /// <summary>Proves a payment by its preimage; the same proof again changes nothing.</summary>
    public Task ProveDueAsync(Id128 channel, Id128 payout, Digest preimage, CancellationToken cancellation = default) =>
        PostAsync<DueState>($"v1/channels/{channel}/dues/{payout}/proof", new { Preimage = preimage }, cancellation);

    /// <summary>Gives up an expired invoice that was not paid, so that the hub asks for another.</summary>
    public Task FailDueAsync(Id128 channel, Id128 payout, string reason, CancellationToken cancellation = default) =>
        PostAsync<DueState>($"v1/channels/{channel}/dues/{payout}/failed", new { Reason = reason }, cancellation);

    private sealed record DueState(string State);
}
