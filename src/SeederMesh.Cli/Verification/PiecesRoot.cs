using System.Numerics;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using SeederMesh.Core.Identity;

namespace SeederMesh.Cli.Verification;

/// <summary>The pieces root of a file: the Merkle root over its blocks of 16 KiB (BEP 52).</summary>
internal static class PiecesRoot
{
    private const int BlockBytes = 16 << 10;
    private const int ChunkBlocks = 256;
    private const int ChunkBytes = BlockBytes * ChunkBlocks;

    /// <summary>Hashes a file, chunk by chunk on all cores; memory is a chunk a core.</summary>
    /// <returns>The root, or null when the file is empty.</returns>
    public static Digest? Of(SafeFileHandle file, CancellationToken cancellationToken)
    {
        long length = RandomAccess.GetLength(file);
        if (length == 0)
        {
            return null;
        }

        long blocks = (length + BlockBytes - 1) / BlockBytes;
        int chunks = (int)((blocks + ChunkBlocks - 1) / ChunkBlocks);
        // A small file's tree has just the leaves that it needs; a large one's is made of full chunks.
        int leaves = chunks == 1 ? (int)BitOperations.RoundUpToPowerOf2((uint)blocks) : ChunkBlocks;
        byte[][] roots = new byte[chunks][];
        Parallel.For(
            0,
            chunks,
            new ParallelOptions { CancellationToken = cancellationToken },
            () => new byte[(int)Math.Min(length, ChunkBytes)],
            (chunk, _, buffer) =>
            {
                int read = ReadFully(file, buffer, (long)chunk * ChunkBytes);
                roots[chunk] = RootOf(LeavesOf(buffer.AsSpan(0, read)), leaves, new byte[Digest.Size]);
                return buffer;
            },
            _ => { });
        byte[] empty = RootOf([], leaves, new byte[Digest.Size]);
        return new Digest(RootOf([.. roots], (int)BitOperations.RoundUpToPowerOf2((uint)chunks), empty));
    }

    private static int ReadFully(SafeFileHandle file, byte[] buffer, long offset)
    {
        int total = 0;
        for (int read; total < buffer.Length && (read = RandomAccess.Read(file, buffer.AsSpan(total), offset + total)) > 0;)
        {
            total += read;
        }

        return total;
    }

    private static List<byte[]> LeavesOf(ReadOnlySpan<byte> chunk)
    {
        var leaves = new List<byte[]>(ChunkBlocks);
        for (int offset = 0; offset < chunk.Length; offset += BlockBytes)
        {
            leaves.Add(SHA256.HashData(chunk.Slice(offset, Math.Min(BlockBytes, chunk.Length - offset))));
        }

        return leaves;
    }

    // Missing leaves count as "pad": 32 zero bytes at the bottom, the root of such leaves further up.
    private static byte[] RootOf(List<byte[]> nodes, int width, byte[] pad)
    {
        byte[] pair = new byte[2 * Digest.Size];
        for (; width > 1; width /= 2)
        {
            var above = new List<byte[]>((nodes.Count + 1) / 2);
            for (int index = 0; index < nodes.Count; index += 2)
            {
                nodes[index].CopyTo(pair, 0);
                (index + 1 < nodes.Count ? nodes[index + 1] : pad).CopyTo(pair, Digest.Size);
                above.Add(SHA256.HashData(pair));
            }

            pad.CopyTo(pair, 0);
            pad.CopyTo(pair, Digest.Size);
            pad = SHA256.HashData(pair);
            nodes = above;
        }

        return nodes.Count == 0 ? pad : nodes[0];
    }
}
