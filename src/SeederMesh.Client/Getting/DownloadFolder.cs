using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Client;

/// <summary>Where a paid download stands, as far as it must survive a crash.</summary>
internal sealed record DownloadState
{
    /// <summary>The hub's address.</summary>
    public required string Hub { get; init; }

    /// <summary>The hub's key.</summary>
    public required PublicKey HubKey { get; init; }

    /// <summary>The manifest that was agreed to.</summary>
    public required Digest ManifestDigest { get; init; }

    /// <summary>What the person allowed.</summary>
    public Msat Budget { get; init; }

    /// <summary>What the channel's invoice asks for.</summary>
    public Msat Invoiced { get; init; }

    /// <summary>The hash under which the channel's invoice is paid, stored before it is; null before.</summary>
    public Digest? PaymentHash { get; init; }

    /// <summary>How many invoices of the channel expired unpaid and were replaced.</summary>
    public int Replacements { get; init; }

    /// <summary>What routing the payment cost.</summary>
    public Msat RoutingFees { get; init; }

    /// <summary>When grants end.</summary>
    public long ExpiresUnixMs { get; init; }

    /// <summary>Where the rest goes.</summary>
    public string Refund { get; init; } = "";

    /// <summary>The next generation of each seeder's grants. Stored before a grant is asked for, so that none is ever
    /// used twice.</summary>
    public Dictionary<PublicKey, int> NextGeneration { get; init; } = [];

    /// <summary>Whether the own wallet pays: then what is invoiced is only promised.</summary>
    public bool IsDirect { get; init; }

    /// <summary>Of a direct download: the most that receipts may have been signed for by now.</summary>
    public Msat Committed { get; init; }

    /// <summary>Whether only the channel's end is left to do.</summary>
    public bool IsEnding { get; init; }
}

/// <summary>One download's folder among the data: key, state, manifest, resume data. Deleted when the channel is
/// settled.</summary>
internal sealed class DownloadFolder(string path)
{
    private const string StateName = "state.json";

    public string Path { get; } = path;

    public string KeyPath => In("download.key");

    public string ManifestPath => In("manifest.prov");

    public string ResumePath => In("resume.data");

    public string DirectPath => In("direct.json");

    /// <summary>The state; null while nothing was agreed to pay.</summary>
    public DownloadState? State { get; private set; }

    public static DownloadFolder Open(string downloadsPath, string id)
    {
        var folder = new DownloadFolder(System.IO.Path.Combine(downloadsPath, id));
        Directory.CreateDirectory(folder.Path);
        folder.Load();
        return folder;
    }

    /// <summary>The folders of all downloads that are not settled.</summary>
    public static IEnumerable<DownloadFolder> All(string downloadsPath)
    {
        string[] paths = Directory.Exists(downloadsPath) ? Directory.GetDirectories(downloadsPath) : [];
        foreach (string path in paths.Order(StringComparer.Ordinal))
        {
            yield return Open(downloadsPath, System.IO.Path.GetFileName(path));
        }
    }

    /// <summary>Stores a new state durably, then lets it count.</summary>
    public DownloadState Save(DownloadState state)
    {
        DurableFile.Write(In(StateName), JsonSerializer.SerializeToUtf8Bytes(state, ClientJson.Files));
        State = state;
        return state;
    }

    /// <summary>The key of this download; drawn and stored at the first call.</summary>
    public SigningKey Key() => DataFolder.LoadOrMakeKey(KeyPath);

    /// <summary>Gives the folder another name, under which its channel comes to its end.</summary>
    /// <returns>An empty folder of the old name, for a download that begins anew.</returns>
    public DownloadFolder SetAside(string downloadsPath, string id)
    {
        string aside;
        int number = 2;
        do
        {
            aside = System.IO.Path.Combine(downloadsPath, $"{id}-{number++}");
        }
        while (Directory.Exists(aside));
        Directory.Move(Path, aside);
        return Open(downloadsPath, id);
    }

    /// <summary>Deletes the folder of a download that never began.</summary>
    public void DeleteIfEmpty()
    {
        if (!Directory.EnumerateFileSystemEntries(Path).Any())
        {
            Delete();
        }
    }

    public void Delete() => Directory.Delete(Path, recursive: true);

    private void Load()
    {
        string file = In(StateName);
        try
        {
            State = File.Exists(file) ? JsonSerializer.Deserialize<DownloadState>(File.ReadAllBytes(file), ClientJson.Files) : null;
        }
        catch (JsonException exception)
        {
            throw new ClientException(
                $"{file} cannot be read: {exception.Message} Money may be in its channel: keep the folder.", exception);
        }
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
