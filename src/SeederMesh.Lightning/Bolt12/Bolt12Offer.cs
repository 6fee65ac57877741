using System.Diagnostics.CodeAnalysis;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Lightning.Bolt12;

/// <summary>A BOLT 12 offer: a reusable request that a node can fetch invoices from.</summary>
/// <remarks>Immutable. At most <see cref="LengthMax"/> characters. It is not signed; the invoice fetched from it is.
/// Source: BOLT 12, "Offers".</remarks>
public sealed record Bolt12Offer
{
    /// <summary>Longest offer in characters.</summary>
    public const int LengthMax = 16_384;

    /// <summary>The genesis hash of bitcoin as BOLT 12 writes it, which stands when <see cref="Chains"/> is
    /// empty.</summary>
    public const string BitcoinChain = "6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000";

    /// <summary>The offer as text, lower case, joined.</summary>
    public required string Text { get; init; }

    /// <summary>The chains it can be paid on; empty for bitcoin.</summary>
    public IReadOnlyList<Digest> Chains { get; init; } = [];

    /// <summary>What the payee recognises the offer by; empty when absent.</summary>
    public byte[] Metadata { get; init; } = [];

    /// <summary>The currency of <see cref="Amount"/> (ISO 4217); null for millisatoshi.</summary>
    public string? Currency { get; init; }

    /// <summary>The price of one item, in msat or the currency's smallest unit; null for any amount.</summary>
    public ulong? Amount { get; init; }

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }

    /// <summary>The feature bits that are set, ascending.</summary>
    public IReadOnlyList<int> Features { get; init; } = [];

    /// <summary>When it ends, in seconds since 1970; null when never.</summary>
    public ulong? AbsoluteExpirySeconds { get; init; }

    /// <summary>Blinded ways to the payee.</summary>
    public IReadOnlyList<BlindedPath> Paths { get; init; } = [];

    /// <summary>Who offers, for people.</summary>
    public string? Issuer { get; init; }

    /// <summary>How many items one invoice may be for; 0 for no limit; null when it is always one.</summary>
    public ulong? QuantityMax { get; init; }

    /// <summary>The payee's node or signing key; null when the paths say it.</summary>
    public NodeId? IssuerId { get; init; }

    /// <summary>Every field in its order: type and value.</summary>
    internal IReadOnlyList<TlvRecord> Fields { get; init; } = [];

    /// <summary>Reads an offer; it may be split by <c>+</c> and white space, as BOLT 12 allows.</summary>
    /// <param name="text">The offer, all lower case or all upper case.</param>
    /// <param name="offer">The offer, or null.</param>
    /// <param name="error">What is wrong with it; empty when nothing is.</param>
    public static bool TryDecode(string? text, [NotNullWhen(true)] out Bolt12Offer? offer, out string error)
    {
        offer = null;
        error = Join(text ?? "", out string joined);
        if (error.Length > 0)
        {
            return false;
        }

        error = Bech32.TryDecodeBare(joined, LengthMax, out string prefix, out byte[] words);
        if (error.Length > 0)
        {
            return false;
        }

        byte[] bytes = Bech32.ToBytes(words, out bool leftOverIsZero);
        if (prefix != "lno" || !leftOverIsZero)
        {
            error = prefix != "lno" ? "an offer begins with lno1" : "the last character carries bits that belong to nothing";
            return false;
        }

        return new OfferReader().TryRead(joined.ToLowerInvariant(), bytes, out offer, out error);
    }

    /// <summary>The offer as a request that any kind of request can be shown as.</summary>
    public DecodedRequest ToDecodedRequest() => new()
    {
        Kind = "bolt12 offer",
        Network = Chains.Count == 0 || Chains.Any(chain => chain.ToString() == BitcoinChain) ? "bitcoin" : Chains[0].ToString(),
        Payee = IssuerId,
        Amount = Currency is null && Amount is { } msat and <= long.MaxValue && Msat.TryFrom((long)msat, out Msat amount) ? amount : null,
        Description = Description,
        ExpiresAt = AbsoluteExpirySeconds is { } seconds and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds((long)seconds) : null,
    };

    // A + between two characters joins them, and so does white space after it.
    private static string Join(string text, out string joined)
    {
        joined = "";
        if (text.Length > LengthMax)
        {
            return $"an offer has at most {LengthMax} characters";
        }

        System.Text.StringBuilder result = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '+')
            {
                result.Append(text[i]);
                continue;
            }

            while (i + 1 < text.Length && char.IsWhiteSpace(text[i + 1]))
            {
                i++;
            }

            if (result.Length == 0 || i + 1 == text.Length || text[i + 1] == '+')
            {
                return "a + stands between two characters of the offer";
            }
        }

        joined = result.ToString();
        return "";
    }
}

/// <summary>A way to a payee whose last part only the nodes on it can read.</summary>
/// <param name="FirstNode">The node where it begins; null when <paramref name="FirstChannel"/> names it.</param>
/// <param name="FirstChannel">A channel and the end of it (0 or 1) where it begins.</param>
/// <param name="PathKey">The key that unblinds it.</param>
/// <param name="Hops">Its hops: a blinded key and what only that hop can read.</param>
public sealed record BlindedPath(
    NodeId? FirstNode, (ulong ShortChannelId, int Direction)? FirstChannel, NodeId PathKey, IReadOnlyList<(NodeId Node,
        byte[] Encrypted)> Hops);

/// <summary>A record of a TLV stream.</summary>
internal sealed record TlvRecord(ulong Type, byte[] Value);
