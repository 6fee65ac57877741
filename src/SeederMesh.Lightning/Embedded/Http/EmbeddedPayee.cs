using System.Security.Cryptography;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Lnurl;

namespace SeederMesh.Lightning.Embedded.Http;

/// <summary>A wallet of an embedded network behind a Lightning address.</summary>
internal sealed class EmbeddedPayee(EmbeddedNode wallet) : LnurlPayee
{
    private static readonly TimeSpan invoiceExpiry = TimeSpan.FromMinutes(10);

    public override string Text => $"Pay {wallet.Name} ({NodeInfo.PlayMoney})";

    /// <summary>The wallet of that name, or null.</summary>
    public static async Task<LnurlPayee?> FindAsync(EmbeddedNetwork network, string name, CancellationToken cancellation) =>
        await network.FindPayeeAsync(name, cancellation) is { } wallet ? new EmbeddedPayee(wallet) : null;

    public override async Task<Msat> FindMostAsync(CancellationToken cancellation) =>
        (await wallet.GetBalanceAsync(cancellation)).Receivable;

    // The label is not guessable, and the preimage is derived from it under the network's seed.
    public override Task<InvoiceResult> CreateInvoiceAsync(LnurlPayRequest request, CancellationToken cancellation) =>
        wallet.CreateInvoiceAsync(
            new InvoiceRequest("lnurlp-" + RandomNumberGenerator.GetHexString(32, lowercase: true), request.Amount, request.Description)
            {
                HashDescription = true,
                Expiry = invoiceExpiry,
            },
            cancellation);

    public override Task<Invoice?> FindInvoiceAsync(Digest paymentHash, CancellationToken cancellation) =>
        wallet.LookUpInvoiceAsync(paymentHash, cancellation);
}
