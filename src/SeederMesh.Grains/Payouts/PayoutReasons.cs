using SeederMesh.Core.Money;
using SeederMesh.Lightning;

namespace SeederMesh.Grains.Payouts;

/// <summary>Why money waits, and what a person can do about it.</summary>
internal static class PayoutReasons
{
    /// <summary>Why a payment failed, and what helps.</summary>
    public static string Failed(PaymentFailure failure, string reason)
    {
        string help = failure switch
        {
            PaymentFailure.NoRoute => "The payee needs inbound liquidity, or the hub a channel that leads there.",
            PaymentFailure.FeeTooHigh => "A higher threshold makes payments large enough for this route.",
            PaymentFailure.WrongNetwork => "Name a destination of the network that the hub is on.",
            PaymentFailure.RefusedByPayee or PaymentFailure.Expired => "The payee's wallet has to accept payments again.",
            PaymentFailure.InsufficientBalance => "The operator adds outgoing liquidity.",
            PaymentFailure.HashUsedUp => "The payee's wallet is asked for a new invoice.",
            PaymentFailure.NodeUnavailable => "The operator looks after the hub's Lightning node.",
            _ => "",
        };
        return help.Length == 0 ? Sentence(reason) : $"{Sentence(reason)} {help}";
    }

    /// <summary>Whether a failure is the destination's for good: no later attempt there can do better.</summary>
    /// <param name="failure">Why a payment, or an offer's invoice, failed.</param>
    /// <param name="isInvoice">Whether the destination is one invoice, which is paid once.</param>
    public static bool IsOfDestination(this PaymentFailure failure, bool isInvoice = false) => failure
        is PaymentFailure.WrongNetwork or PaymentFailure.NotSupported
        || (isInvoice && failure is PaymentFailure.Expired or PaymentFailure.HashUsedUp or PaymentFailure.InvalidInvoice);

    /// <summary>Why money is parked whose every destination is one that cannot be paid.</summary>
    public static string Unpayable(string reasons, bool isRefund) => $"Parked: it cannot be paid so. {Again(reasons, isRefund)}";

    /// <summary>Why money is parked.</summary>
    public static string Parked(int failures, string lastReason, bool isRefund) =>
        $"Parked after {failures} failures. Last: {Again(lastReason, isRefund)}";

    private static string Again(string reason, bool isRefund) => $"{Sentence(reason)} It is tried again every hour; at once "
        + (isRefund
            ? "when the downloader closes the channel again with another refund destination, or the operator runs mesh payouts retry."
            : "when the payee names another destination, or the operator runs mesh payouts retry.");

    /// <summary>Why nothing is started.</summary>
    public static string TooLittleLiquidity(Msat wanted, Msat spendable) =>
        $"{wanted} is to be paid and the hub's node can send {spendable} now: the operator adds outgoing liquidity.";

    /// <summary>Why nothing is started.</summary>
    public static string NodeUnreachable(string message) => $"The hub's Lightning node does not answer: {Sentence(message)}";

    private static string Sentence(string reason) => reason.EndsWith('.') ? reason : reason + ".";
}
