using System.Security.Cryptography;
using System.Text;

namespace SeederMesh.Lightning.Destinations;

/// <summary>What a payee wants shown after it was paid. Source: LUD-09, LUD-10.</summary>
/// <param name="Tag">"message", "url" or "aes".</param>
/// <param name="Text">The message or description, at most 144 characters.</param>
/// <param name="Url">The address, for "url"; on the callback's host.</param>
public sealed record SuccessAction(string Tag, string Text, string? Url)
{
    /// <summary>For "aes": what only the payer can read, in base64.</summary>
    internal string? Ciphertext { get; init; }

    /// <summary>For "aes": the initialisation vector, in base64.</summary>
    internal string? InitialisationVector { get; init; }

    /// <summary>What "aes" hides, for who has the preimage; null for the other tags and for what does not
    /// decrypt.</summary>
    public string? Reveal(Preimage preimage)
    {
        if (Ciphertext is null || InitialisationVector is null)
        {
            return null;
        }

        try
        {
            using Aes aes = Aes.Create();
            aes.Key = preimage.ToArray();
            byte[] plain = aes.DecryptCbc(Convert.FromBase64String(Ciphertext), Convert.FromBase64String(InitialisationVector));
            return Encoding.UTF8.GetString(plain);
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException or ArgumentException)
        {
            return null;
        }
    }
}
