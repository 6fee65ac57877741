using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Hub.Api;

/// <summary>Reads the fields of requests, and says which one is wrong.</summary>
internal static class Fields
{
    public static Msat Amount(string? text, string name) =>
        text is { Length: > 0 and <= 19 } && text.All(char.IsAsciiDigit) && long.TryParse(text, out long msat)
            && Msat.TryFrom(msat, out Msat amount)
            ? amount
            : throw ProblemException.Malformed($"{name} is a string of msat such as \"1500\".");

    public static PublicKey Key(string? text, string name) =>
        PublicKey.TryParseHex(text, out PublicKey key)
            ? key
            : throw ProblemException.Malformed($"{name} is a public key of 64 hexadecimal digits.");

    public static Digest Digest(string? text, string name) =>
        Core.Identity.Digest.TryParseHex(text, out Digest digest)
            ? digest
            : throw ProblemException.Malformed($"{name} has 64 hexadecimal digits.");

    public static Id128 Id(string? text, string name) =>
        Id128.TryParseHex(text, out Id128 id) && !id.IsNone
            ? id
            : throw ProblemException.Malformed($"{name} has 32 hexadecimal digits.");

    public static string Text(long msat) => msat.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
