using System.Data.Common;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Ledger.Records;

/// <summary>Money that somebody sends to a creator's Lightning address at this hub.</summary>
/// <remarks>Its legs are the transfers with code Donation whose user data is this id; they add up to what came in. Final
/// once it is paid.</remarks>
public sealed record DonationRecord : RevisedRecord, IStoredRecord<DonationRecord>
{
    private static readonly RecordTable Definition = new(
        23,
        "donation",
        1,
        IsRevised: true,
        [
            "id", "payment_hash", "creator", "manifest_digest", "payee_id", "amount_msat", "bolt11", "comment", "payer_data",
            "paid_msat", "created_unix_ms", "paid_unix_ms", "revision",
        ]);

    /// <summary><see cref="IdOf"/> its payment hash.</summary>
    public Id128 Id => IdOf(PaymentHash);

    /// <summary>The invoice's payment hash.</summary>
    public required Digest PaymentHash { get; init; }

    /// <summary>The creator's DID.</summary>
    public required string Creator { get; init; }

    /// <summary>The manifest whose named payees it is divided among.</summary>
    public required Digest ManifestDigest { get; init; }

    /// <summary>The payee who gets all; none where it is divided.</summary>
    public Id128 PayeeId { get; init; }

    /// <summary>What the invoice asks for.</summary>
    public required Msat Amount { get; init; }

    /// <summary>The invoice.</summary>
    public required string Bolt11 { get; init; }

    /// <summary>The giver's line for the creator (LUD-12).</summary>
    public string? Comment { get; init; }

    /// <summary>What the giver said of itself, a JSON object (LUD-18).</summary>
    public string? PayerData { get; init; }

    /// <summary>What came in; zero until then.</summary>
    public Msat Paid { get; init; }

    /// <summary>When the invoice was made, unix milliseconds.</summary>
    public required long CreatedUnixMs { get; init; }

    /// <summary>When it was paid, unix milliseconds.</summary>
    public long? PaidUnixMs { get; init; }

    /// <summary>The id of the donation that an invoice is for.</summary>
    public static Id128 IdOf(Digest paymentHash) => Id128.Derive("donation", paymentHash.Span);

    static RecordTable IStoredRecord<DonationRecord>.StoredIn => Definition;

    internal override RecordTable Table => Definition;

    static DonationRecord IStoredRecord<DonationRecord>.Read(DbDataReader row) => new()
    {
        PaymentHash = row.Digest(1),
        Creator = row.Text(2),
        ManifestDigest = row.Digest(3),
        PayeeId = row.OptionalId(4),
        Amount = row.Amount(5),
        Bolt11 = row.Text(6),
        Comment = row.OptionalText(7),
        PayerData = row.OptionalText(8),
        Paid = row.Amount(9),
        CreatedUnixMs = row.Number(10),
        PaidUnixMs = row.OptionalNumber(11),
        Revision = row.Number(12),
    };

    internal override object?[] ToFields() =>
    [
        Id.ToArray(),
        PaymentHash.ToArray(),
        Creator,
        ManifestDigest.ToArray(),
        PayeeId.Bytes(),
        Amount.Value,
        Bolt11,
        Comment,
        PayerData,
        Paid.Value,
        CreatedUnixMs,
        PaidUnixMs,
        Revision,
    ];
}
