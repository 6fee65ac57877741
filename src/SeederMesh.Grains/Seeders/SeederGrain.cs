using Orleans;
using SeederMesh.Core.Identity;
using SeederMesh.Grains.Direct;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Grains.Seeders;

/// <summary>One seeder. What it earned is read from the ledger each time, so that there is one truth about
/// it.</summary>
public sealed class SeederGrain(LedgerStore ledger, PayeeDirectory payees, PayoutQueue payouts, TimeProvider clock)
    : LedgerGrain(ledger), ISeederGrain
{
    /// <summary>Open grants in one answer.</summary>
    private const int GrantsMax = 200;

    private PublicKey key;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken) =>
        PublicKey.TryParseHex(this.GetPrimaryKeyString(), out key)
            ? Task.CompletedTask
            : throw new InvalidOperationException("The key of a seeder is its public key, 64 hexadecimal digits.");

    /// <inheritdoc/>
    public async Task<SeederView?> RegisterAsync(RegisterSeederCommand command)
    {
        Id128 payeeId = PayeeRecord.IdOfSeeder(key);
        await payees.EnsureSeederAsync(key);
        PayeeRecord payee = (await Ledger.Reader.FindPayeeAsync(payeeId))!;
        SeederRecord? before = await Ledger.Reader.FindSeederAsync(key);
        bool isSame = before is not null
            && string.Equals(before.Name, command.Name, StringComparison.Ordinal)
            && string.Equals(before.Destination, command.Destination, StringComparison.Ordinal)
            && string.Equals(payee.Destination, command.Destination, StringComparison.Ordinal)
            && before.TakesDirect == command.TakesDirect;

        // A time counts whole seconds, so of two in the same second only the first can be told from a repeat.
        bool isNewer = before is null || command.SignedUnixSeconds > before.SignedUnixSeconds;
        if (!isSame && !isNewer)
        {
            return null;
        }

        // The same, signed later, is stored too: what was signed in between and kept back must not take its place.
        if (isNewer)
        {
            SeederRecord seeder = before is null
                ? new SeederRecord
                {
                    PublicKey = key,
                    Name = command.Name,
                    Destination = command.Destination,
                    RegisteredUnixMs = clock.GetUtcNow().ToUnixTimeMilliseconds(),
                    SignedUnixSeconds = command.SignedUnixSeconds,
                    TakesDirect = command.TakesDirect,
                }
                : before with
                {
                    TakesDirect = command.TakesDirect,
                    Name = command.Name,
                    Destination = command.Destination,
                    SignedUnixSeconds = command.SignedUnixSeconds,
                    Revision = before.Revision + 1,
                };
            await StoreAsync(new Posting
            {
                Id = default,
                Records = [seeder, payee with { Destination = command.Destination, Revision = payee.Revision + 1 }],
            });
        }

        payouts.NoteChanged(payeeId);
        return await GetAsync();
    }

    /// <inheritdoc/>
    public async Task<SeederView?> GetAsync()
    {
        Id128 payeeId = PayeeRecord.IdOfSeeder(key);
        SeederRecord? seeder = await Ledger.Reader.FindSeederAsync(key);
        if (seeder is null && await Ledger.Reader.FindPayeeAsync(payeeId) is null)
        {
            return null;
        }

        Contribution given = await Ledger.Reader.SumContributionsAsync(key);
        IReadOnlyList<OpenGrant> grants = await Ledger.Reader.ListOpenGrantsAsync(key, GrantsMax);
        return new SeederView
        {
            SeederKey = key.ToString(),
            Name = seeder?.Name ?? "",
            Destination = seeder?.Destination ?? "",
            PayeeId = payeeId.ToString(),
            RegisteredUnixMs = seeder?.RegisteredUnixMs ?? 0,
            UploadedBytes = given.Bytes,
            Receipts = given.Receipts,
            SettledMsat = given.Amount.Value,
            Balance = await PayeeBalance.ReadAsync(Ledger.Reader, payeeId),
            OpenGrants = [.. grants.Select(ToView)],
            Direct = await DirectBalance.ReadAsync(Ledger.Reader, payeeId),
            TakesDirect = seeder?.TakesDirect ?? true,
        };
    }

    private static SeederGrantView ToView(OpenGrant grant) => new()
    {
        GrantId = grant.GrantId.ToString(),
        ChannelId = grant.ChannelId.ToString(),
        Infohash = grant.Infohash.ToString(),
        LimitMsat = grant.Limit.Value,
        SettledMsat = grant.Settled.Value,
        Receipts = grant.LastSequence,
        ExpiresUnixMs = grant.ExpiresUnixMs,
        ClosesAtUnixMs = grant.ClosesUnixMs,
        IsDirect = grant.Mode == ChannelMode.Direct,
    };
}
