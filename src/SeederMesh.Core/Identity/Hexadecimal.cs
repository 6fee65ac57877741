using System.Buffers;

namespace SeederMesh.Core.Identity;

/// <summary>Strict hexadecimal reading: the exact length, nothing around it.</summary>
internal static class Hexadecimal
{
    /// <summary>The digits of canonical text; readers that accept either case do so on purpose.</summary>
    public static SearchValues<char> LowerDigits { get; } = SearchValues.Create("0123456789abcdef");

    public static bool TryRead(string? text, Span<byte> destination) =>
        text is not null
        && text.Length == destination.Length * 2
        && Convert.FromHexString(text, destination, out _, out int written) == OperationStatus.Done
        && written == destination.Length;
}
