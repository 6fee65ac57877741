using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using SeederMesh.Core.Exchange;
using SeederMesh.Core.Identity;

namespace SeederMesh.Client;

/// <summary>The <c>sm</c> dictionary of a BEP 10 handshake: what a peer says of itself to the receipt
/// extension.</summary>
/// <param name="Seeder">Its seeder key; null for a peer that only downloads.</param>
/// <param name="Hubs">The hubs whose grants it takes, at most <see cref="HubsMax"/>.</param>
/// <param name="Nonce">16 bytes, drawn for this connection.</param>
/// <remarks><code>d 1:h l 32-byte key... e 1:k 32-byte key 1:n 16-byte nonce 1:v i1e e</code> The engine adds
/// <c>n</c>.</remarks>
internal sealed record PeerExtension(PublicKey? Seeder, ImmutableArray<PublicKey> Hubs, ImmutableArray<byte> Nonce)
{
    /// <summary>More hubs are passed over.</summary>
    public const int HubsMax = 16;

    private const int SizeMax = 4_096;

    /// <summary>The dictionary that we send, without the nonce.</summary>
    public static byte[] Write(PublicKey? seeder, IReadOnlyCollection<PublicKey> hubs)
    {
        using var stream = new MemoryStream();
        stream.Write("d1:hl"u8);
        foreach (PublicKey hub in hubs.Take(HubsMax))
        {
            stream.Write("32:"u8);
            stream.Write(hub.Span);
        }

        stream.Write("e"u8);
        if (seeder is { } key)
        {
            stream.Write("1:k32:"u8);
            stream.Write(key.Span);
        }

        stream.Write("1:vi1ee"u8);
        return stream.ToArray();
    }

    /// <summary>Reads a peer's dictionary. Total: any bytes give a value or false. Members that are not known are
    /// passed over.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out PeerExtension? extension)
    {
        extension = null;
        var reader = new BencodeReader(bytes);
        if (bytes.Length > SizeMax || !reader.Take((byte)'d'))
        {
            return false;
        }

        PublicKey? seeder = null;
        ImmutableArray<byte> nonce = [];
        var hubs = ImmutableArray.CreateBuilder<PublicKey>();
        long version = 0;
        while (!reader.Failed && !reader.Take((byte)'e'))
        {
            switch (Encoding.Latin1.GetString(reader.ReadText()))
            {
                case "v":
                    version = reader.ReadNumber();
                    break;
                case "k" when reader.ReadText() is { Length: PublicKey.Size } key:
                    seeder = new PublicKey(key);
                    break;
                case "n":
                    nonce = [.. reader.ReadText()];
                    break;
                case "h":
                    ReadHubs(ref reader, hubs);
                    break;
                default:
                    reader.Skip(depth: 0);
                    break;
            }
        }

        bool valid = !reader.Failed && version == 1 && nonce.Length == GrantPresentation.NonceSize;
        extension = valid ? new PeerExtension(seeder, hubs.ToImmutable(), nonce) : null;
        return valid;
    }

    private static void ReadHubs(ref BencodeReader reader, ImmutableArray<PublicKey>.Builder hubs)
    {
        bool isList = reader.Take((byte)'l');
        while (isList && !reader.Failed && !reader.Take((byte)'e'))
        {
            ReadOnlySpan<byte> hub = reader.ReadText();
            if (hub.Length == PublicKey.Size && hubs.Count < HubsMax)
            {
                hubs.Add(new PublicKey(hub));
            }
        }

        reader.Require(isList);
    }

    /// <summary>Just enough of BEP 3's encoding for one small dictionary; the first failure sticks.</summary>
    private ref struct BencodeReader(ReadOnlySpan<byte> bytes)
    {
        private const int DepthMax = 8;
        private ReadOnlySpan<byte> rest = bytes;

        public bool Failed { get; private set; }

        public void Require(bool holds) => Failed |= !holds;

        public bool Take(byte expected)
        {
            bool taken = rest.Length > 0 && rest[0] == expected;
            rest = taken ? rest[1..] : rest;
            Failed |= rest.Length == 0 && !taken;
            return taken;
        }

        public ReadOnlySpan<byte> ReadText()
        {
            int colon = rest.IndexOf((byte)':');
            if (Failed
                || colon is < 1 or > 5
                || !int.TryParse(rest[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                || length > rest.Length - colon - 1)
            {
                Failed = true;
                return [];
            }

            ReadOnlySpan<byte> text = rest.Slice(colon + 1, length);
            rest = rest[(colon + 1 + length)..];
            return text;
        }

        public long ReadNumber()
        {
            int end = rest.IndexOf((byte)'e');
            if (Failed
                || end is < 2 or > 20
                || rest[0] != 'i'
                || !long.TryParse(rest[1..end], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
            {
                Failed = true;
                return 0;
            }

            rest = rest[(end + 1)..];
            return number;
        }

        public void Skip(int depth)
        {
            if (Failed || depth > DepthMax || rest.Length == 0)
            {
                Failed = true;
                return;
            }

            switch (rest[0])
            {
                case (byte)'i':
                    ReadNumber();
                    break;
                case (byte)'l' or (byte)'d':
                    rest = rest[1..];
                    while (!Failed && !Take((byte)'e'))
                    {
                        Skip(depth + 1);
                    }

                    break;
                default:
                    ReadText();
                    break;
            }
        }
    }
}

/// <summary>What the receipt protocol asks of the BitTorrent engine for one connection.</summary>
/// <remarks>Calls return at once and keep their order.</remarks>
internal interface IPeerLink
{
    /// <summary>Sends a message of the extension; a peer that has gone is passed over.</summary>
    void Send(ulong peer, byte[] message);

    /// <summary>Sets how many bytes the peer may be sent on this connection in all; null for as many as it
    /// likes.</summary>
    void SetCredit(ulong peer, long? bytes);

    /// <summary>Ends a connection.</summary>
    void Disconnect(ulong peer);
}
