using System.Text.Json.Nodes;
using SeederMesh.Core.Manifests;

namespace SeederMesh.Cli.Inspection;

/// <summary>Explains a magnet link.</summary>
internal static class MagnetInspector
{
    /// <summary>Reads the link and explains it; asks nobody.</summary>
    public static (Explanation? Explanation, Fault? Fault) Explain(string text)
    {
        MagnetReading reading = MagnetText.Read(text);
        if (reading.Link is not { } link)
        {
            return (null, new Fault("magnet", reading.Message));
        }

        var fields = new JsonObject { ["means"] = "Names a torrent, and where to ask for it and for its manifest." };
        Add(fields, "name", link.DisplayName);
        Add(fields, "infohash", link.InfohashV2?.ToString());
        Add(fields, "infohashV1", link.InfohashV1?.ToString());
        Add(fields, "registry", link.Registry);
        Add(fields, "registryReceipt", link.RegistryReceipt?.ToString());
        fields["trackers"] = List(link.Trackers);
        fields["peers"] = List(link.Peers);
        fields["files"] = link.SelectOnly.Count == 0 ? "all" : string.Join(',', link.SelectOnly);
        fields["canBePaid"] = link.InfohashV2 is null
            ? "no: only a v2 or hybrid torrent has a manifest"
            : link.Registry is null ? "perhaps: no registry is named, peers may have the manifest" : "ask the registry for the manifest";
        return (new Explanation("magnet", fields), null);
    }

    private static void Add(JsonObject fields, string name, string? value)
    {
        if (value is not null)
        {
            fields[name] = value;
        }
    }

    private static JsonArray List(IEnumerable<string> items) => new([.. items.Select(item => (JsonNode)item)]);
}
