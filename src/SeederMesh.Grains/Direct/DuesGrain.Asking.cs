using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Grains.Feed;
using SeederMesh.Grains.Manifests;
using SeederMesh.Ledger.Accounts;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Reading;
using SeederMesh.Ledger.Records;
using StoredStatus = SeederMesh.Ledger.Records.ChannelStatus;

namespace SeederMesh.Grains.Direct;

/// <content>Which dues are worth payments, and the invoices for them.</content>
public sealed partial class DuesGrain
{
    /// <summary>Payees that are asked for invoices at once.</summary>
    private const int AskedMax = 16;

    /// <summary>How far the downloader is trusted: by all together, and a seeder's share of it at first.</summary>
    private async Task<(Msat Window, Msat SeederShare)> TrustAsync(ChannelRecord channel, IReadOnlyList<DueBalance> dues)
    {
        (PaidManifest? manifest, _) = await manifests.FindAsync(channel.ManifestDigest);
        Core.Invariant.Require(manifest is not null, "the manifest of a channel stays registered");
        DirectWindow window = DirectWindow.For(settings.Direct, manifest.Price, manifest.Pieces.PieceLength);
        return (
            window.After(dues.Aggregate(Msat.Zero, (sum, due) => sum + due.Proved)),
            manifest.Split.Seeders.Of(window.Initial));
    }

    /// <summary>What is granted or due and not proved: what was promised and is neither left nor gone.</summary>
    private async Task<Msat> ExposedAsync()
    {
        LedgerAccount? promised = await Ledger.Reader.FindAccountAsync(AccountOpening.Promised(channelId).Id);
        LedgerAccount? left = await Ledger.Reader.FindAccountAsync(AccountOpening.DirectChannel(channelId).Id);
        Core.Invariant.Require(promised is not null && left is not null, "a direct channel has its accounts");
        return promised.DebitsPosted.Less(promised.CreditsPosted).Less(Msat.From(left.CreditBalanceMsat));
    }

    /// <summary>Starts to ask payees for invoices over what is worth a payment; the bell rings as each is there.</summary>
    private void StartAsking(
        ChannelRecord channel, IReadOnlyList<DueBalance> dues, Msat window, Msat seederShare, AskDuesCommand command)
    {
        var least = command.Least.ToDictionary(item => Id128.Read(item.PayeeId), item => Msat.From(item.Msat));
        DueAmount[] amounts =
        [
            .. dues.Select(due => new DueAmount(
                due.UnderWay.IsZero && !asked.Contains(due.Record.PayeeId) ? due.Due : Msat.Zero,
                least.GetValueOrDefault(due.Record.PayeeId),

                // A seeder trusts no further than its share of the first window, and what it was paid itself.
                due.Kind == PayeeKind.Seeder ? Msat.From(Math.Max(1, (seederShare + due.Proved).Value / 4)) : Msat.Max)),
        ];
        Msat unpaid = dues.Aggregate(Msat.Zero, (sum, due) => sum + due.Due + due.UnderWay);
        foreach (int index in DueChoice.Choose(
            amounts, unpaid, window, settings.Terms.Default.Threshold, channel.Status != StoredStatus.Open))
        {
            DueBalance due = dues[index];
            if (asked.Count < AskedMax && invoices.MayAsk(due, NowUnixMs) && asked.Add(due.Record.PayeeId))
            {
                _ = AskPayeeAsync(due, command.PaysOffers);
            }
        }
    }

    private async Task AskPayeeAsync(DueBalance due, bool paysOffers)
    {
        try
        {
            long made = await Ledger.Reader.CountDirectPaymentsAsync(channelId, due.Record.PayeeId);
            if (await invoices.PrepareAsync(PaymentIdOf(due.Record.Id, made), due, paysOffers, NowUnixMs) is { } payment)
            {
                await ReserveAsync(payment);
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Nobody waits for this task. What it may have stored is found by the next asking, or asked for again.
            invoices.Note(due.Record.PayeeId, $"Asking for an invoice failed: {exception.Message}", Msat.Zero, NowUnixMs);
        }
        finally
        {
            asked.Remove(due.Record.PayeeId);
            bell.Ring(channelId);
        }
    }

    private static Id128 PaymentIdOf(Id128 dueId, long number)
    {
        byte[] content = new byte[Id128.Size + sizeof(long)];
        dueId.Write(content);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(content.AsSpan(Id128.Size), number);
        return Id128.Derive("direct-payment", content);
    }

    /// <summary>The intent is durable before the downloader hears of the invoice.</summary>
    private async Task ReserveAsync(DirectPaymentRecord payment)
    {
        PostingResult result = await TryStoreAsync(new Posting
        {
            Id = Id128.Derive("posting-direct", payment.Id.ToArray()),
            Transfers = [ReservationOf(payment)],
            Records = [payment],
        });
        switch (result.Outcome)
        {
            case PostingOutcome.Posted or PostingOutcome.AlreadyPosted:
                invoices.Forget(payment.PayeeId);
                feed.Publish(new DirectPaymentChanged(payment));
                break;
            case PostingOutcome.RefusedByDatabase:
                invoices.Note(
                    payment.PayeeId,
                    "The destination gave an invoice that was used before; it must make a new one for each payment.",
                    Msat.Zero,
                    NowUnixMs);
                break;
            default:
                DeactivateOnIdle();
                throw new StaleGrainException($"The ledger refused a direct payment ({result.Outcome}): {result.Detail}");
        }
    }
}
