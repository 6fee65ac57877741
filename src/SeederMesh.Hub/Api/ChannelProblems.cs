using SeederMesh.Grains.Channels;

namespace SeederMesh.Hub.Api;

/// <summary>What a channel's refusals are over HTTP.</summary>
internal static class ChannelProblems
{
    public static ProblemException Unknown() =>
        ProblemException.NotFound("channel", "No channel of that id was opened at this hub.");

    /// <summary>Throws unless the command was carried out, now or before.</summary>
    public static void ThrowIfRefused(ChannelOutcome outcome, string detail = "", long? availableMsat = null)
    {
        if (outcome is ChannelOutcome.Done or ChannelOutcome.Repeated)
        {
            return;
        }

        ProblemException problem = ProblemOf(outcome, detail);
        if (outcome is ChannelOutcome.InsufficientFunds or ChannelOutcome.TooMuchUnpaid && availableMsat is { } available)
        {
            problem.Extras["availableMsat"] = Fields.Text(available);
        }

        throw problem;
    }

    private static ProblemException ProblemOf(ChannelOutcome outcome, string detail) => outcome switch
    {
        ChannelOutcome.UnknownChannel => Unknown(),
        ChannelOutcome.WrongKey => ProblemException.WrongKey(detail.Length > 0 ? detail : "Another key must sign this call."),
        ChannelOutcome.UnknownManifest =>
            ProblemException.NotFound("manifest", detail.Length > 0 ? detail : "Register the manifest first."),
        ChannelOutcome.ManifestAsksNothing =>
            New(detail, 422, "manifest-asks-nothing", "Nothing to pay", "The creator asks nothing. Download without paying."),
        ChannelOutcome.PriceTooHigh => New(detail, 422, "price-too-high", "The price is too high", "Raise maxPricePerMiBMsat or decline."),
        ChannelOutcome.SharesTooLow => New(detail, 422, "shares-too-low", "The split is refused", "The hub asks a larger share."),
        ChannelOutcome.ExpiryOutOfRange =>
            New(detail, 422, "expiry-out-of-range", "The expiry is out of range", "Choose another expiresUnixMs."),
        ChannelOutcome.AmountOutOfRange =>
            New(detail, 422, "budget-out-of-range", "The amount is out of range", "Choose an amount within limits.budgetMsatMax."),
        ChannelOutcome.NotOfferedDirect =>
            New(detail, 422, "direct-not-offered", "No direct channel for this work", "Let the hub pay: open the channel without a mode."),
        ChannelOutcome.PaidByDownloader =>
            New(detail, 409, "paid-by-downloader", "A direct channel takes no money", "The downloader's own wallet pays what is due."),
        ChannelOutcome.SeederNotDirect =>
            New(detail, 409, "seeder-not-direct", "The seeder takes no direct channels",
                "It refuses them, has named no destination where a payment can be proved, or is owed too much by others."),
        ChannelOutcome.TooMuchUnpaid =>
            New(detail, 402, "too-much-unpaid", "Too much is unpaid", "Pay and prove what is due (GET dues), then ask again."),
        ChannelOutcome.InvalidDestination =>
            New(detail, 422, "invalid-destination", "The destination cannot be paid",
                "Use keysend:, lnaddress:, lnurl:, bolt12: or bolt11:."),
        ChannelOutcome.Conflict => New(detail, 409, "conflict", "Done before with other terms", "The same id was used with other content."),
        ChannelOutcome.ChannelClosed =>
            New(detail, 409, "channel-closed", "The channel is closed", "Open another channel with a fresh key."),
        ChannelOutcome.ChannelExpired =>
            New(detail, 409, "channel-expired", "The channel expired", "Open another channel with a fresh key."),
        ChannelOutcome.SeederIsDownloader =>
            New(detail, 422, "seeder-is-downloader", "A downloader cannot pay itself", "Name another seederKey."),
        ChannelOutcome.LimitIsZero => New(detail, 422, "limit-is-zero", "A grant of nothing", "limitMsat is at least 1."),
        ChannelOutcome.TooMany => New(detail, 429, "too-many-grants", "The channel has as many as it may", "Close a grant first."),
        ChannelOutcome.InsufficientFunds =>
            New(detail, 402, "insufficient-funds", "The channel does not cover it", "Pay its invoice, top it up, or close a grant first."),
        ChannelOutcome.UnknownGrant => ProblemException.NotFound("grant", "The channel has given no such grant."),
        ChannelOutcome.LightningUnavailable => ProblemException.Unavailable(
            "lightning-unavailable", "The Lightning node did not make an invoice. Send the same request again."),
        _ => New(detail, 500, "internal", "The hub failed", $"Unexpected outcome {outcome}."),
    };

    /// <summary>The grain's own sentence, where it has one, says more than the usual one.</summary>
    private static ProblemException New(string detail, int status, string slug, string title, string usual) =>
        new(status, slug, title, detail.Length > 0 ? detail : usual);
}
