using SeederMesh.Core.Identity;
using SeederMesh.Core.Json;
using SeederMesh.Core.Proofs;

namespace SeederMesh.Core.Manifests;

/// <summary>A manifest whose fields are valid and whose signatures hold, the creator's among them.</summary>
/// <remarks>
/// There is no other way to get one than <see cref="Sign"/>, <see cref="Cosign"/> and <see cref="Verify"/>. Immutable,
/// thread safe.
/// The sidecar file is called <c>&lt;v2 infohash hex&gt;.prov</c>.
/// </remarks>
public sealed class SignedManifest
{
    private readonly JsonValue document;
    private readonly byte[] bytes;

    private SignedManifest(Manifest manifest, JsonValue document, in Digest digest, IReadOnlyList<DidKey> signers, byte[] bytes)
    {
        Manifest = manifest;
        this.document = document;
        Digest = digest;
        Signers = signers;
        this.bytes = bytes;
    }

    /// <summary>What it says.</summary>
    public Manifest Manifest { get; }

    /// <summary>SHA-256 of the canonical form without proofs: the same however many sign.</summary>
    public Digest Digest { get; }

    /// <summary>Who signed, in the order of the proofs.</summary>
    public IReadOnlyList<DidKey> Signers { get; }

    /// <summary>The canonical bytes with proofs: the content of the sidecar file.</summary>
    public ReadOnlyMemory<byte> Bytes => bytes;

    /// <summary>The name of the sidecar file.</summary>
    public string FileName => $"{Manifest.Torrent.InfohashV2}.prov";

    /// <summary>Checks <paramref name="manifest"/> and signs it with its creator's key.</summary>
    /// <param name="manifest">The manifest; <see cref="Manifest.Creator"/> must be the key's DID.</param>
    /// <param name="key">The creator's key.</param>
    /// <param name="signedAt">When it is signed; kept in whole seconds.</param>
    /// <returns>The signed manifest, or the rule that it breaks. Text with a lone surrogate breaks a rule like any
    /// other.</returns>
    public static ManifestVerification Sign(Manifest manifest, SigningKey key, DateTimeOffset signedAt)
    {
        if (manifest.Creator != new DidKey(key.PublicKey))
        {
            return Refuse(ManifestResult.CreatorDidNotSign, "$.creator", "The key does not belong to the creator.");
        }

        JsonValue content;
        try
        {
            content = ManifestJson.Write(manifest);
        }
        catch (ArgumentException exception)
        {
            // Only what JSON cannot carry: a file name that is not Unicode, a number beyond 2^53 - 1.
            return Refuse(ManifestResult.FieldInvalid, "$", $"A field cannot be written as JSON: {exception.Message}");
        }

        // The bytes are read back, so that what is published is held to the same rules as what is received.
        return Verify(CanonicalJson.Serialize(DataIntegrity.Sign(content, key, signedAt)));
    }

    /// <summary>
    /// Reads and checks a sidecar: size, JSON, every field, every proof. Never throws, whatever the bytes.
    /// </summary>
    public static ManifestVerification Verify(ReadOnlySpan<byte> sidecar)
    {
        JsonReading reading = JsonText.Read(sidecar, Manifest.SizeMax);
        if (reading.Value is not { } document)
        {
            ManifestResult result = reading.Result == JsonResult.TooLarge ? ManifestResult.TooLarge : ManifestResult.NotJson;
            return Refuse(result, "", reading.Message);
        }

        if (document.Find("type") is not { Text: ManifestJson.Type })
        {
            return Refuse(ManifestResult.NotManifest, "$.type", $"This is not a manifest: its type is not {ManifestJson.Type}.");
        }

        if (document.Find("version") is not { Kind: JsonKind.Number, Number: ManifestJson.Version })
        {
            return Refuse(ManifestResult.VersionUnknown, "$.version", "Only version 1 is known here; update this program.");
        }

        FieldFault fault = new();
        Manifest? manifest = ManifestReader.Read(document, fault);
        return manifest is null
            ? Refuse(ManifestResult.FieldInvalid, fault.Path, fault.Message)
            : VerifyProofs(manifest, document);
    }

    /// <summary>Appends a signature of another key; the digest stays the same.</summary>
    /// <returns>The manifest with one more signer, or why not: the key signed already, or there are 16
    /// signers.</returns>
    public ManifestVerification Cosign(SigningKey key, DateTimeOffset signedAt) =>
        Signers.Count >= DataIntegrity.ProofsMax
            ? Refuse(ManifestResult.ProofInvalid, "$.proof", $"There are {Signers.Count} signatures already, the most allowed.")
            : VerifyProofs(Manifest, DataIntegrity.Sign(document, key, signedAt));

    private static ManifestVerification VerifyProofs(Manifest manifest, JsonValue document)
    {
        Digest digest = CanonicalJson.Hash(document.Without("proof"));
        ProofVerification proofs = DataIntegrity.Verify(document, digest);
        if (proofs.Result != ProofResult.Verified)
        {
            ManifestResult result = proofs.Result switch
            {
                ProofResult.Missing => ManifestResult.ProofMissing,
                ProofResult.SignatureInvalid => ManifestResult.SignatureInvalid,
                _ => ManifestResult.ProofInvalid,
            };
            return Refuse(result, proofs.Path, proofs.Message);
        }

        if (!proofs.Signers.Contains(manifest.Creator))
        {
            return Refuse(ManifestResult.CreatorDidNotSign, "$.proof", $"None of the signatures is the creator's, {manifest.Creator}.");
        }

        byte[] canonical = CanonicalJson.Serialize(document);
        return canonical.Length > Manifest.SizeMax
            ? Refuse(ManifestResult.TooLarge, "", $"The manifest has {canonical.Length} bytes; at most {Manifest.SizeMax} are allowed.")
            : new ManifestVerification(
                ManifestResult.Valid, new SignedManifest(manifest, document, digest, proofs.Signers, canonical), "", "");
    }

    private static ManifestVerification Refuse(ManifestResult result, string path, string message) => new(result, null, path, message);
}
