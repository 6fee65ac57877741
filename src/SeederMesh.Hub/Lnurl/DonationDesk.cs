using System.Collections.Immutable;
using SeederMesh.Core;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Core.Splits;
using SeederMesh.Grains.Payouts;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;
using SeederMesh.Ledger.Transfers;
using SeederMesh.Lightning;

namespace SeederMesh.Hub.Lnurl;

/// <summary>Books what came in through a creator's Lightning address: to the payees of the manifest that it was asked
/// under.</summary>
internal sealed class DonationDesk(LedgerStore ledger, PayeeDirectory payees, PayoutQueue queue, TimeProvider clock)
{
    /// <summary>Books a paid invoice, if it is a donation's. Idempotent: a donation is booked once.</summary>
    /// <returns>Whether it is one.</returns>
    public async Task<bool> BookAsync(SettledInvoice settled)
    {
        if (await ledger.Reader.FindDonationAsync(settled.PaymentHash) is not { } donation)
        {
            return false;
        }

        IReadOnlyList<Payee> named = await ReadPayeesAsync(donation);
        if (donation.PaidUnixMs is not null)
        {
            // The answer of the first booking may have been lost, and then nobody was noted.
            NoteAll(named.Select(payee => payee.Id));
            return true;
        }

        await payees.EnsureAsync(donation.Creator, named);
        ImmutableArray<(Id128 Payee, Msat Part)> parts = DonationSplit.Divide(
            [.. named.Select(payee => new PayeeShare(payee.Id, new BasisPoints(payee.ShareBps)))], settled.Received);
        PostingResult result = await ledger.PostAsync(new Posting
        {
            Id = Id128.Derive("posting-donation", donation.Id.ToArray()),
            Accounts = [AccountOpening.Lightning, .. parts.Select(part => AccountOpening.Payee(part.Payee))],
            Transfers =
            [
                .. parts.Select((part, index) => (part, index)).Where(leg => !leg.part.Part.IsZero)
                    .Select(leg => Bookings.Donate(donation.Id, leg.index, leg.part.Payee, leg.part.Part)),
            ],
            Records =
            [
                donation with
                {
                    Paid = settled.Received,
                    PaidUnixMs = clock.GetUtcNow().ToUnixTimeMilliseconds(),
                    Revision = donation.Revision + 1,
                },
            ],
        });
        if (!result.IsPosted)
        {
            throw new InvalidOperationException($"A donation was not booked ({result.Outcome}): {result.Detail}");
        }

        NoteAll(parts.Select(part => part.Payee));
        return true;
    }

    private void NoteAll(IEnumerable<Id128> earners)
    {
        foreach (Id128 payee in earners)
        {
            queue.NotePayee(payee);
        }
    }

    private async Task<IReadOnlyList<Payee>> ReadPayeesAsync(DonationRecord donation)
    {
        ManifestRecord? record = await ledger.Reader.FindManifestAsync(donation.ManifestDigest);
        Manifest? manifest = record is null ? null : SignedManifest.Verify(record.Body).Signed?.Manifest;
        Invariant.Require(manifest?.Payment is not null, "a donation's manifest is registered and names payees");
        return
        [
            .. manifest.Payment.Payees.DistinctBy(payee => payee.Id)
                .Where(payee => donation.PayeeId.IsNone || payee.Id == donation.PayeeId),
        ];
    }
}
