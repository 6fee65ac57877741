using System.Text.Json.Nodes;

namespace SeederMesh.Cli.Inspection;

/// <summary>What something is and says, once it was found to be in order.</summary>
/// <param name="Kind">Its name, for people and scripts: "torrent", "magnet", "manifest" ...</param>
/// <param name="Fields">What it says, in the order in which a person wants to know it.</param>
internal sealed record Explanation(string Kind, JsonObject Fields)
{
    /// <summary>The document for scripts.</summary>
    public JsonObject ToJson()
    {
        var document = new JsonObject { ["kind"] = Kind, ["valid"] = true };
        foreach ((string name, JsonNode? value) in Fields)
        {
            document[name] = value?.DeepClone();
        }

        return document;
    }
}

/// <summary>Something has the looks of a kind, and breaks its rules.</summary>
/// <param name="Kind">What it looks like; "unknown" when like nothing known.</param>
/// <param name="Reason">What is wrong, where, and what to do.</param>
internal sealed record Fault(string Kind, string Reason);
