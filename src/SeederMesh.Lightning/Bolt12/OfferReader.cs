using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using SeederMesh.Core.Identity;

namespace SeederMesh.Lightning.Bolt12;

/// <summary>Reads an offer's TLV stream: total, bounded by its bytes. Source: BOLT 1 "Type-Length-Value Format", BOLT
/// 12 "Offers".</summary>
internal sealed class OfferReader
{
    private static readonly UTF8Encoding strictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly List<TlvRecord> fields = [];
    private List<Digest>? chains;
    private List<BlindedPath>? paths;
    private List<int> features = [];
    private byte[] metadata = [];
    private string? currency;
    private string? description;
    private string? issuer;
    private ulong? amount;
    private ulong? expiry;
    private ulong? quantityMax;
    private NodeId? issuerId;

    public bool TryRead(string text, byte[] bytes, [NotNullWhen(true)] out Bolt12Offer? offer, out string error)
    {
        offer = null;
        try
        {
            ReadFields(bytes);
            error = Defect();
        }
        catch (OfferException exception)
        {
            error = exception.Message;
        }

        if (error.Length == 0)
        {
            offer = new Bolt12Offer
            {
                Text = text,
                Chains = chains ?? [],
                Metadata = metadata,
                Currency = currency,
                Amount = amount,
                Description = description,
                Features = features,
                AbsoluteExpirySeconds = expiry,
                Paths = paths ?? [],
                Issuer = issuer,
                QuantityMax = quantityMax,
                IssuerId = issuerId,
                Fields = fields,
            };
        }

        return offer is not null;
    }

    private string Defect() => this switch
    {
        { chains.Count: 0 } => "the list of chains is empty",
        { amount: 0 } => "the amount is zero",
        { amount: not null, description: null } => "it names an amount and not what it is for",
        { currency: not null, amount: null } => "it names a currency and no amount",
        { issuerId: null, paths: null or { Count: 0 } } => "it names neither the payee nor a way there",
        _ => "",
    };

    private void ReadFields(byte[] bytes)
    {
        Cursor cursor = new(bytes);
        ulong? previous = null;
        while (!cursor.IsAtEnd)
        {
            ulong type = cursor.BigSize("a field's type");
            byte[] value = cursor.Take(cursor.BigSize("a field's length"), $"field {type}");
            if (type <= previous)
            {
                throw new OfferException($"the field {type} stands after {previous}");
            }

            if (type is not ((>= 1 and <= 79) or (>= 1_000_000_000 and <= 1_999_999_999)))
            {
                throw new OfferException($"the field {type} does not belong to an offer");
            }

            previous = type;
            fields.Add(new TlvRecord(type, value));
            ReadField(type, value);
        }
    }

    private void ReadField(ulong type, byte[] value)
    {
        switch (type)
        {
            case 2:
                chains = Chains(value);
                break;
            case 4:
                metadata = value;
                break;
            case 6:
                currency = Utf8(value, "the currency");
                break;
            case 8:
                amount = Truncated(value, "the amount");
                break;
            case 10:
                description = Utf8(value, "the description");
                break;
            case 12:
                features = FeatureBits(value);
                break;
            case 14:
                expiry = Truncated(value, "the expiry");
                break;
            case 16:
                paths = Paths(value);
                break;
            case 18:
                issuer = Utf8(value, "the issuer");
                break;
            case 20:
                quantityMax = Truncated(value, "the quantity");
                break;
            case 22:
                issuerId = Point(value, "the issuer's key");
                break;
            default:
                if (type % 2 == 0)
                {
                    throw new OfferException($"it demands the unknown field {type}");
                }

                break;
        }
    }

    private static List<Digest> Chains(byte[] value) => value.Length % Digest.Size == 0
        ? [.. value.Chunk(Digest.Size).Select(chain => new Digest(chain))]
        : throw new OfferException("the list of chains is cut off");

    private static string Utf8(byte[] value, string what)
    {
        try
        {
            return strictUtf8.GetString(value);
        }
        catch (DecoderFallbackException)
        {
            throw new OfferException($"{what} is not UTF-8");
        }
    }

    private static ulong Truncated(byte[] value, string what)
    {
        if (value.Length > 8 || (value.Length > 0 && value[0] == 0))
        {
            throw new OfferException($"{what} is not a number in its shortest form");
        }

        return value.Aggregate(0UL, (number, next) => (number << 8) | next);
    }

    private static List<int> FeatureBits(byte[] value)
    {
        List<int> bits = [];
        for (int bit = 0; bit < value.Length * 8; bit++)
        {
            if ((value[value.Length - 1 - (bit / 8)] >> (bit % 8) & 1) != 0)
            {
                bits.Add(bit);
                if (bit % 2 == 0)
                {
                    throw new OfferException($"it demands the unknown feature {bit}");
                }
            }
        }

        return bits;
    }

    private static NodeId Point(byte[] value, string what) =>
        value.Length == NodeId.Size && NodeId.TryParse(Convert.ToHexStringLower(value), out NodeId? id) && id.IsOnCurve()
            ? id
            : throw new OfferException($"{what} is not a key");

    private static List<BlindedPath> Paths(byte[] value)
    {
        List<BlindedPath> found = [];
        Cursor cursor = new(value);
        while (!cursor.IsAtEnd)
        {
            (NodeId? node, (ulong, int)? channel) = FirstNode(cursor);
            NodeId pathKey = Point(cursor.Take(NodeId.Size, "a path"), "a path's key");
            int count = cursor.Take(1, "a path")[0];
            if (count == 0)
            {
                throw new OfferException("a path has no hops");
            }

            List<(NodeId, byte[])> hops = [];
            for (int i = 0; i < count; i++)
            {
                NodeId hop = Point(cursor.Take(NodeId.Size, "a hop"), "a hop's key");
                ushort length = BinaryPrimitives.ReadUInt16BigEndian(cursor.Take(2, "a hop"));
                hops.Add((hop, cursor.Take(length, "a hop")));
            }

            found.Add(new BlindedPath(node, channel, pathKey, hops));
        }

        return found.Count > 0 ? found : throw new OfferException("the list of paths is empty");
    }

    // sciddir_or_pubkey: 0 or 1 and a channel, or a key.
    private static (NodeId? Node, (ulong ShortChannelId, int Direction)? Channel) FirstNode(Cursor cursor)
    {
        byte first = cursor.Take(1, "a path")[0];
        return first <= 1
            ? (null, (BinaryPrimitives.ReadUInt64BigEndian(cursor.Take(8, "a path")), first))
            : (Point([first, .. cursor.Take(NodeId.Size - 1, "a path")], "a path's first node"), null);
    }

    private sealed class Cursor(byte[] bytes)
    {
        private int at;

        public bool IsAtEnd => at == bytes.Length;

        public byte[] Take(ulong length, string what)
        {
            if (length > (ulong)(bytes.Length - at))
            {
                throw new OfferException($"{what} is cut off");
            }

            byte[] taken = bytes[at..(at + (int)length)];
            at += (int)length;
            return taken;
        }

        public ulong BigSize(string what)
        {
            byte first = Take(1, what)[0];
            (int size, ulong least) = first switch
            {
                0xfd => (2, 0xfdUL),
                0xfe => (4, 0x1_0000UL),
                0xff => (8, 0x1_0000_0000UL),
                _ => (0, 0UL),
            };
            ulong value = size == 0
                ? first
                : Take((ulong)size, what).Aggregate(0UL, (number, next) => (number << 8) | next);
            return value >= least ? value : throw new OfferException($"{what} is not in its shortest form");
        }
    }

    private sealed class OfferException(string message) : Exception(message);
}
