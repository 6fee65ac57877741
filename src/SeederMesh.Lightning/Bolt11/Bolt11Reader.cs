using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.Bolt11;

/// <summary>Reads BOLT 11: total, bounded by the text's length, and never reads past a field.</summary>
internal sealed class Bolt11Reader
{
    internal const int SignatureWords = 104;
    internal const int TimestampWords = 7;

    // What a reader must know when the even bit is set: var_onion_optin, payment_secret, basic_mpp, payment_metadata.
    private static readonly int[] featuresKnown = [8, 14, 16, 48];
    private static readonly UTF8Encoding strictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly List<TaggedField> fields = [];
    private readonly List<FallbackAddress> fallbacks = [];
    private readonly List<IReadOnlyList<RouteHint>> hints = [];
    private readonly List<int> features = [];
    private Digest? paymentHash;
    private Digest? paymentSecret;
    private Digest? descriptionHash;
    private string? description;
    private NodeId? payee;
    private long expirySeconds = (long)Bolt11Invoice.ExpiryDefault.TotalSeconds;
    private long finalExpiryBlocks = 18;
    private byte[] metadata = [];
    private bool featuresSeen;

    public static bool TryRead(string? text, [NotNullWhen(true)] out Bolt11Invoice? invoice, out string error)
    {
        const string scheme = "lightning:";
        string bare = text is not null && text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            ? text[scheme.Length..]
            : text ?? "";
        (invoice, error) = new Bolt11Reader().Read(bare);
        return invoice is not null;
    }

    private (Bolt11Invoice? Invoice, string Error) Read(string text)
    {
        if (!Bech32.TryDecode(text, Bolt11Invoice.LengthMax, out Bech32Text? bech32, out string error))
        {
            return (null, error);
        }

        if (bech32.Checksum != Bech32Checksum.Bech32)
        {
            return (null, "the checksum is bech32m, and BOLT 11 uses bech32");
        }

        error = ReadPrefix(bech32.Prefix, out string prefix, out Msat? amount);
        if (error.Length > 0)
        {
            return (null, error);
        }

        if (bech32.Words.Length < TimestampWords + SignatureWords)
        {
            return (null, "the invoice is too short for a time and a signature");
        }

        ReadOnlySpan<byte> data = bech32.Words.AsSpan(0, bech32.Words.Length - SignatureWords);
        long seconds = 0;
        foreach (byte word in data[..TimestampWords])
        {
            seconds = (seconds << 5) | word;
        }

        error = ReadFields(data[TimestampWords..]);
        error = error.Length > 0 ? error : CheckFields();
        error = error.Length > 0 ? error : CheckSignature(bech32.Prefix, data, bech32.Words.AsSpan(data.Length));
        return error.Length > 0
            ? (null, error)
            : (Build(text.ToLowerInvariant(), prefix, amount, DateTimeOffset.FromUnixTimeSeconds(seconds)), "");
    }

    private Bolt11Invoice Build(string text, string prefix, Msat? amount, DateTimeOffset createdAt) => new()
    {
        Text = text,
        Prefix = prefix,
        Amount = amount,
        CreatedAt = createdAt,
        PaymentHash = paymentHash!.Value,
        PaymentSecret = paymentSecret!.Value,
        Payee = payee!,
        Description = description,
        DescriptionHash = descriptionHash,
        Expiry = TimeSpan.FromSeconds(expirySeconds),
        FinalExpiryBlocks = finalExpiryBlocks,
        Metadata = metadata,
        Features = features,
        Fallbacks = fallbacks,
        RouteHints = hints,
        Fields = fields,
    };

    private static string ReadPrefix(string humanReadable, out string prefix, out Msat? amount)
    {
        prefix = "";
        amount = null;
        if (!humanReadable.StartsWith("ln", StringComparison.Ordinal))
        {
            return "the invoice does not begin with ln";
        }

        int digits = humanReadable.AsSpan().IndexOfAnyInRange('0', '9');
        prefix = digits < 0 ? humanReadable[2..] : humanReadable[2..digits];
        if (prefix is not ("bc" or "tb" or "tbs" or Bolt11Invoice.RegtestPrefix))
        {
            return $"the network '{prefix}' is not one of bc, tb, tbs, bcrt";
        }

        return digits < 0 ? "" : ReadAmount(humanReadable[digits..], out amount);
    }

    private static string ReadAmount(string text, out Msat? amount)
    {
        amount = null;
        char last = text[^1];

        // Picobitcoin to an amount unit; one millisatoshi is ten picobitcoin.
        long picobitcoin = last switch
        {
            'p' => 1,
            'n' => 1_000,
            'u' => 1_000_000,
            'm' => 1_000_000_000,
            _ when char.IsAsciiDigit(last) => 1_000_000_000_000,
            _ => 0,
        };
        string number = char.IsAsciiDigit(last) ? text : text[..^1];
        if (picobitcoin == 0)
        {
            return $"the amount's multiplier '{last}' is not one of m, u, n, p";
        }

        if (number[0] == '0'
            || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long units))
        {
            return $"the amount '{number}' is not a whole number without leading zeros";
        }

        Int128 total = (Int128)units * picobitcoin;
        if (total % 10 != 0)
        {
            return "the amount has a fraction of a millisatoshi";
        }

        if (total / 10 > Msat.Max.Value)
        {
            return "the amount is more than 21,000,000 BTC";
        }

        amount = Msat.From((long)(total / 10));
        return "";
    }

    private string ReadFields(ReadOnlySpan<byte> words)
    {
        while (words.Length > 0)
        {
            if (words.Length < 3)
            {
                return "a field is cut off in its length";
            }

            int length = (words[1] << 5) | words[2];
            if (words.Length - 3 < length)
            {
                return $"a field of {length} words is cut off";
            }

            TaggedField field = new(words[0], words.Slice(3, length).ToArray());
            fields.Add(field);
            string error = ReadField(field);
            if (error.Length > 0)
            {
                return error;
            }

            words = words[(3 + length)..];
        }

        return "";
    }

    // Fields of a fixed length are ignored at any other length, and so are unknown fields (BOLT 11, "Requirements").
    // Where a field stands twice the first one counts, as Core Lightning and LND read it.
    private string ReadField(TaggedField field) => ((char)Alphabet(field.Type), field.Words.Length) switch
    {
        ('p', 52) => First(ref paymentHash, Hash(field)),
        ('s', 52) => First(ref paymentSecret, Hash(field)),
        ('h', 52) => First(ref descriptionHash, Hash(field)),
        ('n', 53) => ReadPayee(field),
        ('d', _) => ReadDescription(field),
        ('x', _) => ReadNumber(field, 'x', uint.MaxValue, out expirySeconds),
        ('c', _) => ReadNumber(field, 'c', uint.MaxValue, out finalExpiryBlocks),
        ('m', _) => ReadMetadata(field),
        ('9', _) => ReadFeatures(field),
        ('f', _) => ReadFallback(field),
        ('r', _) => ReadRouteHint(field),
        _ => "",
    };

    private static char Alphabet(byte word) => "qpzry9x8gf2tvdw0s3jn54khce6mua7l"[word];

    private static Digest Hash(TaggedField field) => new(Bech32.ToBytes(field.Words, out _).AsSpan(0, Digest.Size));

    private static string First(ref Digest? slot, Digest value)
    {
        slot ??= value;
        return "";
    }

    private string ReadPayee(TaggedField field)
    {
        string hex = Convert.ToHexStringLower(Bech32.ToBytes(field.Words, out _).AsSpan(0, NodeId.Size));
        return payee is not null || NodeId.TryParse(hex, out payee) ? "" : "the field n is not a node id";
    }

    private string ReadDescription(TaggedField field)
    {
        if (description is not null)
        {
            return "";
        }

        try
        {
            description = strictUtf8.GetString(Bech32.ToBytes(field.Words, out _));
            return "";
        }
        catch (DecoderFallbackException)
        {
            return "the description is not UTF-8";
        }
    }

    private static string ReadNumber(TaggedField field, char name, long max, out long value)
    {
        value = 0;
        foreach (byte word in field.Words)
        {
            value = (value << 5) | word;
            if (value > max)
            {
                return $"the field {name} is larger than {max}";
            }
        }

        return "";
    }

    private string ReadMetadata(TaggedField field)
    {
        metadata = Bech32.ToBytes(field.Words, out _);
        return "";
    }

    private string ReadFeatures(TaggedField field)
    {
        if (featuresSeen)
        {
            return "";
        }

        featuresSeen = true;
        int bits = field.Words.Length * 5;
        for (int bit = 0; bit < bits; bit++)
        {
            byte word = field.Words[field.Words.Length - 1 - (bit / 5)];
            if ((word >> (bit % 5) & 1) == 0)
            {
                continue;
            }

            if (bit % 2 == 0 && !featuresKnown.Contains(bit))
            {
                return $"the invoice demands the unknown feature {bit}";
            }

            features.Add(bit);
        }

        return "";
    }

    private string ReadFallback(TaggedField field)
    {
        if (field.Words.Length > 0 && field.Words[0] <= 18)
        {
            byte[] program = Bech32.ToBytes(field.Words.AsSpan(1), out _);
            bool plausible = field.Words[0] switch
            {
                0 => program.Length is 20 or 32,
                17 or 18 => program.Length == 20,
                _ => program.Length is >= 2 and <= 40,
            };
            if (plausible)
            {
                fallbacks.Add(new FallbackAddress(field.Words[0], program));
            }
        }

        return "";
    }

    private string ReadRouteHint(TaggedField field)
    {
        const int hopSize = 51;
        byte[] bytes = Bech32.ToBytes(field.Words, out _);
        if (bytes.Length == 0 || bytes.Length % hopSize != 0)
        {
            return "a route hint is not a whole number of hops";
        }

        List<RouteHint> way = [];
        for (int at = 0; at < bytes.Length; at += hopSize)
        {
            ReadOnlySpan<byte> hop = bytes.AsSpan(at, hopSize);
            if (!NodeId.TryParse(Convert.ToHexStringLower(hop[..33]), out NodeId? node))
            {
                return "a route hint names something that is no node id";
            }

            way.Add(new RouteHint(
                node,
                BinaryPrimitives.ReadUInt64BigEndian(hop[33..]),
                BinaryPrimitives.ReadUInt32BigEndian(hop[41..]),
                BinaryPrimitives.ReadUInt32BigEndian(hop[45..]),
                BinaryPrimitives.ReadUInt16BigEndian(hop[49..])));
        }

        hints.Add(way);
        return "";
    }

    private string CheckFields() => this switch
    {
        { paymentHash: null } => "the payment hash (field p) is missing",
        { paymentSecret: null } => "the payment secret (field s) is missing",
        { description: null, descriptionHash: null } => "it says neither what it is for (field d) nor a hash of it (field h)",
        { description: not null, descriptionHash: not null } => "it has a description and a hash of one; only one may be there",
        _ => "",
    };

    private string CheckSignature(string humanReadable, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signatureWords)
    {
        byte[] signature = Bech32.ToBytes(signatureWords, out _);
        byte[] hash = SigningHash(humanReadable, data);
        ReadOnlySpan<byte> compact = signature.AsSpan(0, Secp256k1.CompactSignatureSize);
        if (payee is not null)
        {
            // With n the signature is verified, which refuses a high S; without n it is recovered, which allows one.
            return Secp256k1.Verify(hash, compact, payee.ToArray()) ? "" : "the signature is not the named payee's";
        }

        payee = Secp256k1.Recover(hash, compact, signature[^1]);
        return payee is null ? "the signature is invalid: no key can have made it" : "";
    }

    /// <summary>SHA-256 of the prefix and the data part, whose last byte is padded with zero bits.</summary>
    internal static byte[] SigningHash(string humanReadable, ReadOnlySpan<byte> data)
    {
        byte[] content = new byte[humanReadable.Length + (((data.Length * 5) + 7) / 8)];
        Encoding.ASCII.GetBytes(humanReadable, content);
        byte[] padded = new byte[data.Length + 2];
        data.CopyTo(padded);
        Bech32.ToBytes(padded, out _).AsSpan(0, content.Length - humanReadable.Length)
            .CopyTo(content.AsSpan(humanReadable.Length));
        return SHA256.HashData(content);
    }
}
