using System.Text.Json;

namespace SeederMesh.Client;

/// <summary>What is known of hubs, kept so that a client starts while its hub is away, and notices when a hub's key
/// changes.</summary>
internal sealed class HubDirectory(string path)
{
    private readonly Lock gate = new();

    /// <summary>What a hub said of itself when it was last reached; null when it never was.</summary>
    public HubInfo? Find(string url)
    {
        lock (gate)
        {
            return Load().GetValueOrDefault(Normal(url));
        }
    }

    /// <summary>Asks a hub and remembers it.</summary>
    /// <exception cref="ClientException">It cannot be reached, or answers with another key than before.</exception>
    public async Task<HubInfo> AskAsync(HubClient client, CancellationToken cancellation)
    {
        HubInfo info = await client.GetHubAsync(cancellation);
        lock (gate)
        {
            Dictionary<string, HubInfo> known = Load();
            string url = Normal(client.Address.ToString());
            if (known.TryGetValue(url, out HubInfo? before) && before.PublicKey != info.PublicKey)
            {
                throw new ClientException(
                    $"The hub at {url} has another key than before ({before.PublicKey} then, {info.PublicKey} now). "
                    + $"If its operator replaced it on purpose, delete {path}.");
            }

            if (before != info)
            {
                known[url] = info;
                DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(known, ClientJson.Wire));
            }
        }

        return info;
    }

    private static string Normal(string url) => url.TrimEnd('/');

    private Dictionary<string, HubInfo> Load()
    {
        try
        {
            return File.Exists(path)
                ? JsonSerializer.Deserialize<Dictionary<string, HubInfo>>(File.ReadAllBytes(path), ClientJson.Wire) ?? []
                : [];
        }
        catch (JsonException exception)
        {
            throw new ClientException($"{path} cannot be read: {exception.Message} Delete it: hubs are asked again.", exception);
        }
    }
}
