using System.Buffers.Binary;
using SeederMesh.Core.Exchange;
using SeederMesh.Core.Manifests;

namespace SeederMesh.Client;

/// <summary>A manifest from peer to peer, in parts: for a downloader whose registry does not answer.</summary>
/// <remarks>
/// <code>
/// request = 4 offset(4)
/// part    = 5 offset(4) total(4) bytes        (a total of 0: the peer has none)
/// </code>
/// What arrives is verified like any other manifest; whom it came from does not matter.
/// </remarks>
internal static class ManifestMessages
{
    public const int PartMax = 48 * 1024;

    public static byte[] Request(int offset)
    {
        byte[] message = new byte[5];
        message[0] = (byte)ReceiptMessageKind.ManifestRequest;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), offset);
        return message;
    }

    /// <summary>The answer to a request, which is the body after the kind byte; null for one that is
    /// malformed.</summary>
    public static byte[]? Answer(ReadOnlySpan<byte> request, ReadOnlySpan<byte> manifest)
    {
        if (request.Length != 4)
        {
            return null;
        }

        int offset = BinaryPrimitives.ReadInt32BigEndian(request);
        if (offset < 0 || offset > manifest.Length)
        {
            return null;
        }

        ReadOnlySpan<byte> part = manifest.Slice(offset, Math.Min(PartMax, manifest.Length - offset));
        byte[] message = new byte[9 + part.Length];
        message[0] = (byte)ReceiptMessageKind.ManifestPart;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), offset);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(5), manifest.Length);
        part.CopyTo(message.AsSpan(9));
        return message;
    }

    /// <summary>Puts the parts of one peer together.</summary>
    internal sealed class Assembly
    {
        private byte[] bytes = [];
        private int received;
        private int expected;

        /// <summary>What to ask for next.</summary>
        public byte[] NextRequest => Request(received);

        /// <summary>Takes a part, which is the body after the kind byte.</summary>
        /// <returns>False when the peer has none or sends something else than was asked for.</returns>
        public bool TryAdd(ReadOnlySpan<byte> part, out byte[]? whole)
        {
            whole = null;
            if (part.Length <= 8)
            {
                return false;
            }

            int total = BinaryPrimitives.ReadInt32BigEndian(part[4..]);
            if (total <= 0 || total > Manifest.SizeMax || (received > 0 && total != expected))
            {
                return false;
            }

            if (BinaryPrimitives.ReadInt32BigEndian(part) != received || part.Length - 8 > total - received)
            {
                return false;
            }

            // Grown as parts come, so that a claimed size alone takes no memory.
            expected = total;
            bytes = received == 0 ? new byte[Math.Min(total, 1 << 20)] : bytes;
            if (bytes.Length < received + part.Length - 8)
            {
                Array.Resize(ref bytes, Math.Min(total, bytes.Length * 2));
            }

            part[8..].CopyTo(bytes.AsSpan(received));
            received += part.Length - 8;
            whole = received == total ? bytes : null;
            return true;
        }
    }
}
