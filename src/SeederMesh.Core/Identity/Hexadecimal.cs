using System.Buffers;

namespace SeederMesh.Core.Identity;

/// <summary>Strict hexadecimal reading: the exact length, nothing around it.</summary>
internal static class Hexadecimal
{
    public static bool TryRead(string? text, Span<byte> destination) =>
        text is not null
        && text.Length == destination.Length * 2
        && Convert.FromHexString(text, destination, out _, out int written) == OperationStatus.Done
        && written == destination.Length;
}
