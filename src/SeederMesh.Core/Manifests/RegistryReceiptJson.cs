using SeederMesh.Core.Identity;
using SeederMesh.Core.Json;

namespace SeederMesh.Core.Manifests;

/// <summary>A registry's receipt as JSON: what a registry answers and a client keeps beside the sidecar.</summary>
public static class RegistryReceiptJson
{
    /// <summary>The longest receipt that is read, in bytes.</summary>
    public const int SizeMax = 4096;

    private const string Type = "SeederMeshRegistryReceipt";

    /// <summary>The canonical JSON of a receipt.</summary>
    public static byte[] Write(RegistryReceipt receipt) => CanonicalJson.Serialize(JsonValue.Object(
        new("type", JsonValue.Of(Type)),
        new("registryKey", JsonValue.Of(receipt.Registry.ToString())),
        new("infohashV2", JsonValue.Of(receipt.InfohashV2.ToString())),
        new("manifestDigest", JsonValue.Of(receipt.Manifest.ToString())),
        new("seq", JsonValue.Of(receipt.Sequence)),
        new("registeredUnixMs", JsonValue.Of(receipt.RegisteredUnixMs)),
        new("signature", JsonValue.Of(receipt.Signature.ToString()))));

    /// <summary>Reads a receipt and checks its signature; total.</summary>
    /// <param name="utf8">The JSON.</param>
    /// <param name="error">What was wrong, and where, when null is returned; else empty.</param>
    public static RegistryReceipt? Read(ReadOnlySpan<byte> utf8, out string error)
    {
        JsonReading reading = JsonText.Read(utf8, SizeMax);
        if (reading.Value is not { } document)
        {
            error = reading.Message;
            return null;
        }

        FieldFault fault = new();
        FieldReader reader = FieldReader.Root(document, fault);
        reader.AllowOnly("type", "registryKey", "infohashV2", "manifestDigest", "seq", "registeredUnixMs", "signature");
        if (reader.Text("type", 64) is not Type)
        {
            reader.Fail("type", $"This is not a registry's receipt: its type is not {Type}.");
        }

        Digest key = reader.Digest("registryKey");
        Digest infohash = reader.Digest("infohashV2");
        Digest manifest = reader.Digest("manifestDigest");
        long sequence = reader.Integer("seq", 1, JsonValue.IntegerMax);
        long registered = reader.Integer("registeredUnixMs", 0, JsonValue.IntegerMax);
        if (!Signature.TryParseHex(reader.Text("signature", 128), out Signature signature))
        {
            reader.Fail("signature", "This must be 128 hexadecimal digits.");
        }

        RegistryReceipt receipt = new(new PublicKey(key.Span), infohash, manifest, sequence, registered, signature);
        if (!fault.Found && !receipt.IsSigned())
        {
            reader.Fail("signature", "The signature is not the registry's: the receipt was changed or made up.");
        }

        error = fault.Found ? $"{fault.Path}: {fault.Message}" : "";
        return fault.Found ? null : receipt;
    }
}
