using System.Diagnostics.CodeAnalysis;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.Bolt11;

/// <summary>A BOLT 11 invoice whose checksum and signature were checked.</summary>
/// <remarks>Immutable. At most <see cref="LengthMax"/> characters. Source: BOLT 11.</remarks>
public sealed record Bolt11Invoice
{
    /// <summary>Longest invoice in characters: what the largest QR code holds, and LND's limit.</summary>
    public const int LengthMax = 7_089;

    /// <summary>The prefix of regtest, which play-money invoices use.</summary>
    public const string RegtestPrefix = "bcrt";

    /// <summary>How long an invoice without an <c>x</c> field can be paid.</summary>
    public static readonly TimeSpan ExpiryDefault = TimeSpan.FromHours(1);

    /// <summary>The invoice as text, lower case.</summary>
    public required string Text { get; init; }

    /// <summary>The network: <c>bc</c>, <c>tb</c>, <c>tbs</c> or <c>bcrt</c>.</summary>
    public required string Prefix { get; init; }

    /// <summary>What it asks for; null for any amount.</summary>
    public required Msat? Amount { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Field <c>p</c>: the hash that it is paid under.</summary>
    public required Digest PaymentHash { get; init; }

    /// <summary>Field <c>s</c>: what proves to the payee that the payer has this invoice.</summary>
    public required Digest PaymentSecret { get; init; }

    /// <summary>The payee's node: field <c>n</c>, or recovered from the signature.</summary>
    public required NodeId Payee { get; init; }

    /// <summary>Field <c>d</c>: what it is for.</summary>
    public string? Description { get; init; }

    /// <summary>Field <c>h</c>: SHA-256 of what it is for.</summary>
    public Digest? DescriptionHash { get; init; }

    /// <summary>Field <c>x</c>: how long it can be paid after <see cref="CreatedAt"/>.</summary>
    public TimeSpan Expiry { get; init; } = ExpiryDefault;

    /// <summary>Field <c>c</c>: blocks that the last HTLC needs before it times out.</summary>
    public long FinalExpiryBlocks { get; init; } = 18;

    /// <summary>Field <c>m</c>: what the payer attaches for the payee; empty when absent.</summary>
    public byte[] Metadata { get; init; } = [];

    /// <summary>Field <c>9</c>: the feature bits that are set, ascending.</summary>
    public IReadOnlyList<int> Features { get; init; } = [];

    /// <summary>Field <c>f</c>: on-chain addresses to fall back to: version 0 to 16 (witness), 17 (P2PKH) or 18 (P2SH),
    /// and program.</summary>
    public IReadOnlyList<FallbackAddress> Fallbacks { get; init; } = [];

    /// <summary>Fields <c>r</c>: private ways to the payee, each a list of hops.</summary>
    public IReadOnlyList<IReadOnlyList<RouteHint>> RouteHints { get; init; } = [];

    /// <summary>When it stops being payable.</summary>
    public DateTimeOffset ExpiresAt => CreatedAt + Expiry;

    /// <summary>Every tagged field in its order, those included that a reader must ignore.</summary>
    internal IReadOnlyList<TaggedField> Fields { get; init; } = [];

    /// <summary>Reads an invoice; a leading <c>lightning:</c> is allowed.</summary>
    /// <param name="text">The invoice, all lower case or all upper case.</param>
    /// <param name="invoice">The invoice, or null.</param>
    /// <param name="error">What is wrong with it; empty when nothing is.</param>
    public static bool TryDecode(string? text, [NotNullWhen(true)] out Bolt11Invoice? invoice, out string error) =>
        Bolt11Reader.TryRead(text, out invoice, out error);

    /// <summary>The name of its network as people write it, or the prefix where it has none.</summary>
    public string NetworkName => Prefix switch
    {
        "bc" => "bitcoin",
        "tb" => "testnet",
        "tbs" => "signet",
        RegtestPrefix => "regtest",
        _ => Prefix,
    };

    /// <summary>The invoice as a request that any kind of invoice can be shown as.</summary>
    public DecodedRequest ToDecodedRequest() => new()
    {
        Kind = "bolt11 invoice",
        Network = NetworkName,
        Payee = Payee,
        Amount = Amount,
        Description = Description,
        DescriptionHash = DescriptionHash,
        PaymentHash = PaymentHash,
        ExpiresAt = ExpiresAt,
    };
}

/// <summary>An on-chain address that an invoice falls back to.</summary>
/// <param name="Version">0 to 16: witness version; 17: P2PKH; 18: P2SH.</param>
/// <param name="Program">The witness program, or the 20-byte hash.</param>
public sealed record FallbackAddress(int Version, byte[] Program);

/// <summary>One hop of a private way to the payee.</summary>
/// <param name="Node">The node that forwards.</param>
/// <param name="ShortChannelId">The channel it forwards over: 3 bytes block, 3 transaction, 2 output.</param>
/// <param name="BaseFeeMsat">Its fee for a payment, in msat.</param>
/// <param name="ProportionalFeePpm">Its fee in millionths of the amount.</param>
/// <param name="ExpiryBlocks">Blocks it adds to the time-out.</param>
public sealed record RouteHint(NodeId Node, ulong ShortChannelId, uint BaseFeeMsat, uint ProportionalFeePpm, int ExpiryBlocks);

/// <summary>A field as it stands in the invoice: a 5-bit type and its words.</summary>
internal sealed record TaggedField(byte Type, byte[] Words);
