using SeederMesh.Core.Identity;

namespace SeederMesh.Core.Http;

/// <summary>The <c>Content-Digest</c> and <c>Repr-Digest</c> fields of RFC 9530, with SHA-256.</summary>
public static class ContentDigest
{
    /// <summary>The longest field that is read, in characters.</summary>
    public const int LengthMax = 1024;

    private const string Algorithm = "sha-256";

    /// <summary>The field for a body with this digest: <c>sha-256=:...:</c>.</summary>
    public static string Format(Digest body) => $"{Algorithm}=:{Convert.ToBase64String(body.Span)}:";

    /// <summary>Finds the SHA-256 in a field; other algorithms beside it are passed over.</summary>
    /// <returns>False when the field is no dictionary of byte sequences, names an algorithm twice, or has no SHA-256 of
    /// 32 bytes.</returns>
    public static bool TryParse(string? field, out Digest body)
    {
        body = default;
        if (field is null || field.Length > LengthMax)
        {
            return false;
        }

        StructuredFieldReader reader = new(field);
        HashSet<string> algorithms = new(StringComparer.Ordinal);
        byte[] found = [];
        while (true)
        {
            string algorithm = reader.ReadKey();
            reader.Take('=');
            byte[] bytes = reader.ReadBytes();
            if (reader.Failed || !algorithms.Add(algorithm))
            {
                return false;
            }

            found = string.Equals(algorithm, Algorithm, StringComparison.Ordinal) ? bytes : found;
            if (reader.AtEnd)
            {
                break;
            }

            reader.TakeComma();
        }

        bool valid = found.Length == Digest.Size;
        body = valid ? new Digest(found) : default;
        return valid;
    }
}
