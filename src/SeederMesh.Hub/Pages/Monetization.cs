using SeederMesh.Core.Manifests;

namespace SeederMesh.Hub.Pages;

/// <summary>A payee's wallet as Web Monetization names it.</summary>
/// <param name="PaymentPointer">As the manifest has it: <c>$wallet.example/alice</c>.</param>
/// <param name="WalletAddress">The https address that it stands for: the <c>href</c> of a monetization link.</param>
/// <param name="PayeeId">The payee.</param>
/// <param name="Name">Who it is, for people.</param>
/// <param name="ShareBps">Its share of what downloads earn, basis points.</param>
public sealed record MonetizationAnswer(string PaymentPointer, string WalletAddress, string PayeeId, string? Name, int ShareBps)
{
    /// <summary>The wallets of a manifest's payees, the largest share first.</summary>
    /// <remarks>Source: WICG Web Monetization, link type <c>monetization</c>. A wallet that stands twice is named once:
    /// some agents divide evenly among links and would pay it twice.</remarks>
    internal static IReadOnlyList<MonetizationAnswer> Of(Manifest manifest) =>
    [
        .. (manifest.Payment?.Payees ?? [])
            .SelectMany(payee => payee.Endpoints.Where(endpoint => endpoint.Kind == PaymentEndpointKind.PaymentPointer)
                .Select(endpoint => Of(payee, endpoint)))
            .OrderByDescending(wallet => wallet.ShareBps)
            .GroupBy(wallet => wallet.WalletAddress, StringComparer.Ordinal)
            .Select(same => same.First() with { ShareBps = same.Sum(wallet => wallet.ShareBps) }),
    ];

    private static MonetizationAnswer Of(Payee payee, PaymentEndpoint endpoint) =>
        Core.Manifests.PaymentPointer.TryParse(endpoint.Value, out PaymentPointer pointer)
            ? new MonetizationAnswer(pointer.ToString(), pointer.Address, payee.Id.ToString(), payee.Name, payee.ShareBps)
            : throw new InvalidOperationException("A verified manifest's payment pointer can be read.");
}
