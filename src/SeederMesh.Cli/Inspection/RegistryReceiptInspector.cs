using System.Text.Json.Nodes;
using SeederMesh.Core.Manifests;

namespace SeederMesh.Cli.Inspection;

/// <summary>Explains a registry's receipt.</summary>
internal static class RegistryReceiptInspector
{
    /// <summary>Whether the JSON is one of these.</summary>
    public static bool Recognises(ReadOnlySpan<byte> json) => json.IndexOf("\"SeederMeshRegistryReceipt\""u8) >= 0;

    /// <summary>Checks the signature and explains the receipt.</summary>
    public static (Explanation? Explanation, Fault? Fault) Explain(ReadOnlySpan<byte> json)
    {
        RegistryReceipt? receipt = RegistryReceiptJson.Read(json, out string error);
        return receipt is null
            ? (null, new Fault("registry receipt", error))
            : (new Explanation("registry receipt", new JsonObject
            {
                ["means"] = "A registry's signed word that it keeps a manifest.",
                ["registry"] = receipt.Registry.ToString(),
                ["infohash"] = receipt.InfohashV2.ToString(),
                ["manifestDigest"] = receipt.Manifest.ToString(),
                ["sequence"] = receipt.Sequence,
                ["registeredAt"] = ReceiptInspector.Time(receipt.RegisteredUnixMs),
                ["receiptDigest"] = receipt.Digest.ToString(),
                ["signature"] = "valid, by the registry",
            }), null);
    }
}
