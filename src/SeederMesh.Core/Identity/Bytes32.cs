using System.Runtime.InteropServices;

namespace SeederMesh.Core.Identity;

/// <summary>Thirty-two bytes with value equality, stored in place.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Bytes32(ulong A, ulong B, ulong C, ulong D)
{
    public static Bytes32 Read(ReadOnlySpan<byte> source)
    {
        if (source.Length != 32)
        {
            throw new ArgumentException($"Expected 32 bytes, got {source.Length}.", nameof(source));
        }

        return MemoryMarshal.Read<Bytes32>(source);
    }

    // The bytes are digests and keys, already uniform: the first word is hash enough.
    public override int GetHashCode() => unchecked((int)A ^ (int)(A >> 32));
}
