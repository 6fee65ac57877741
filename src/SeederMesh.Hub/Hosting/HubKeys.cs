using System.Security.Cryptography;
using SeederMesh.Core.Identity;

namespace SeederMesh.Hub.Hosting;

/// <summary>The keys of a hub, files of mode 0600 with a seed in hexadecimal; made at the first start.</summary>
internal sealed class HubKeys : IDisposable
{
    private HubKeys(SigningKey hub, SigningKey registry, byte[] payoutSecret, byte[] webhookSecret)
    {
        Hub = hub;
        Registry = registry;
        PayoutSecret = payoutSecret;
        WebhookSecret = webhookSecret;
    }

    /// <summary>Signs grants.</summary>
    public SigningKey Hub { get; }

    /// <summary>Signs the registry's receipts.</summary>
    public SigningKey Registry { get; }

    /// <summary>Preimages of keysends follow from it.</summary>
    public byte[] PayoutSecret { get; }

    /// <summary>Signs what the operator's webhook is told; the secrets of other webhooks follow from it.</summary>
    public byte[] WebhookSecret { get; }

    public static HubKeys Open(string folder)
    {
        byte[] hub = ReadOrMake(Path.Combine(folder, "hub.key"));
        byte[] registry = ReadOrMake(Path.Combine(folder, "registry.key"));
        byte[] secret = HMACSHA256.HashData(hub, "SeederMesh payout preimages"u8);
        byte[] webhook = ReadOrMake(Path.Combine(folder, "webhook.key"));
        return new HubKeys(SigningKey.FromSeed(hub), SigningKey.FromSeed(registry), secret, webhook);
    }

    public void Dispose()
    {
        Hub.Dispose();
        Registry.Dispose();
        CryptographicOperations.ZeroMemory(PayoutSecret);
        CryptographicOperations.ZeroMemory(WebhookSecret);
    }

    private static byte[] ReadOrMake(string path)
    {
        if (!File.Exists(path))
        {
            // Written beside it and renamed, so that a crash never leaves half a key.
            string fresh = path + ".new";
            File.Delete(fresh);
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using (var stream = new FileStream(fresh, options))
            {
                stream.Write(System.Text.Encoding.ASCII.GetBytes(
                    Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SigningKey.SeedSize))));
                stream.Flush(flushToDisk: true);
            }

            File.Move(fresh, path);
        }

        string text = File.ReadAllText(path).Trim();
        return text.Length == 2 * SigningKey.SeedSize && text.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(text)
            : throw new HubStartException($"{path} is not a key: it has 64 hexadecimal digits. Restore it from a backup.");
    }
}
