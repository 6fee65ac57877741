using System.Globalization;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Json;

namespace SeederMesh.Core.Proofs;

/// <summary>
/// W3C Data Integrity proofs of the suite <c>eddsa-jcs-2022</c> (VC Data Integrity EdDSA, section 3.3) by did:key
/// signers.
/// </summary>
/// <remarks>
/// What is signed: SHA-256 of the canonical proof options (the proof without <c>proofValue</c>), then SHA-256 of the
/// canonical document
/// without <c>proof</c>. Several signers append to a proof set; each signs the same document. Stricter than the
/// standard: a member
/// that we do not know, a second proof by one key and a proof that fails each refuse the whole document.
/// </remarks>
public static class DataIntegrity
{
    /// <summary>How many proofs a document may carry.</summary>
    public const int ProofsMax = 16;

    private const string Suite = "eddsa-jcs-2022";
    private const string Purpose = "assertionMethod";
    private const string Context = "@context";
    private const string Instant = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    private static readonly string[] needed =
        ["type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"];

    /// <summary>
    /// The document with a proof by <paramref name="key"/> appended. Signing twice with one key at one time gives the
    /// same bytes.
    /// </summary>
    /// <param name="document">An object, signed already or not.</param>
    /// <param name="key">The signer's key.</param>
    /// <param name="created">When it is signed; kept in whole seconds.</param>
    /// <exception cref="ArgumentException">The document is no object, or already carries <see cref="ProofsMax"/>
    /// proofs.</exception>
    public static JsonValue Sign(JsonValue document, SigningKey key, DateTimeOffset created)
    {
        if (document.Kind != JsonKind.Object)
        {
            throw new ArgumentException("Only an object can carry a proof.", nameof(document));
        }

        JsonValue[] earlier = Proofs(document).ToArray();
        if (earlier.Length >= ProofsMax)
        {
            throw new ArgumentException($"The document already carries {earlier.Length} proofs.", nameof(document));
        }

        JsonValue content = document.Without("proof");
        JsonValue options = Options(content, new DidKey(key.PublicKey), created);
        Signature signature = key.Sign(HashData(options, CanonicalJson.Hash(content)));
        JsonValue proof = options.With("proofValue", JsonValue.Of(Base58.ToMultibase(signature.Span)));
        return content.With("proof", earlier.Length == 0 ? proof : JsonValue.Array([.. earlier, proof]));
    }

    /// <summary>Checks every proof of <paramref name="document"/>.</summary>
    public static ProofVerification Verify(JsonValue document) =>
        Verify(document, CanonicalJson.Hash(document.Without("proof")));

    /// <summary>
    /// Checks every proof of a document whose content, without <c>proof</c>, has the digest <paramref name="content"/>.
    /// </summary>
    internal static ProofVerification Verify(JsonValue document, in Digest content)
    {
        JsonValue? member = document.Find("proof");
        ReadOnlySpan<JsonValue> proofs = Proofs(document);
        if (member is null || proofs.Length == 0)
        {
            return Refuse(ProofResult.Missing, "$.proof", "There is no proof: nobody signed this.");
        }

        if (proofs.Length > ProofsMax)
        {
            return Refuse(ProofResult.TooMany, "$.proof", $"There are {proofs.Length} proofs; at most {ProofsMax} are allowed.");
        }

        List<DidKey> signers = [];
        for (int i = 0; i < proofs.Length; i++)
        {
            string path = member.Kind == JsonKind.Array ? $"$.proof[{i}]" : "$.proof";
            ProofVerification? fault = Check(document, content, proofs[i], path, signers);
            if (fault is not null)
            {
                return fault.Value;
            }
        }

        return new ProofVerification(ProofResult.Verified, signers, "", "");
    }

    private static ProofVerification? Check(
        JsonValue document, in Digest content, JsonValue proof, string path, List<DidKey> signers)
    {
        if (FindFault(proof, path) is { } fault)
        {
            return fault;
        }

        JsonValue? context = document.Find(Context);
        if (!Same(context, proof.Find(Context)))
        {
            return Refuse(ProofResult.ContextMismatch, $"{path}.{Context}", "The proof must carry the document's own @context.");
        }

        // FindFault has shown both to be well-formed.
        bool known = DidKey.TryParseVerificationMethod(TextOf(proof, "verificationMethod"), out DidKey signer);
        bool decoded = TryReadSignature(TextOf(proof, "proofValue"), out Signature signature);
        Invariant.Require(known && decoded, "a proof without a fault names its key and signature");
        if (signers.Contains(signer))
        {
            return Refuse(ProofResult.DuplicateSigner, $"{path}.verificationMethod", $"{signer} signed twice; keep one proof.");
        }

        if (!signer.Key.Verify(HashData(proof.Without("proofValue"), content), signature))
        {
            return Refuse(
                ProofResult.SignatureInvalid,
                $"{path}.proofValue",
                $"The signature of {signer} does not fit: the document or its proof was changed after signing.");
        }

        signers.Add(signer);
        return null;
    }

    private static ProofVerification? FindFault(JsonValue proof, string path)
    {
        foreach (JsonMember member in proof.Members)
        {
            bool known = member.Name is "type" or "cryptosuite" or "created" or "verificationMethod"
                or "proofPurpose" or "proofValue" or "id" or Context;
            if (!known)
            {
                return Refuse(ProofResult.Malformed, path, "The proof has a member that is not known here; remove it.");
            }

            if (member.Name is not Context && member.Value.Kind != JsonKind.String)
            {
                return Refuse(ProofResult.Malformed, $"{path}.{member.Name}", "This must be a string.");
            }
        }

        foreach (string name in needed)
        {
            if (proof.Find(name) is null)
            {
                return Refuse(ProofResult.Malformed, path, $"The proof lacks \"{name}\".");
            }
        }

        if (TextOf(proof, "type") is not "DataIntegrityProof" || TextOf(proof, "cryptosuite") is not Suite)
        {
            return Refuse(ProofResult.Unsupported, $"{path}.cryptosuite", $"Only DataIntegrityProof with {Suite} is supported.");
        }

        if (TextOf(proof, "proofPurpose") is not Purpose)
        {
            return Refuse(ProofResult.Unsupported, $"{path}.proofPurpose", $"The purpose must be {Purpose}.");
        }

        if (!DateTimeOffset.TryParseExact(
            TextOf(proof, "created"), Instant, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _))
        {
            return Refuse(ProofResult.Malformed, $"{path}.created", "The time must look like 2026-01-31T12:00:00Z.");
        }

        if (!DidKey.TryParseVerificationMethod(TextOf(proof, "verificationMethod"), out _))
        {
            return Refuse(
                ProofResult.Malformed, $"{path}.verificationMethod", "This must be an Ed25519 did:key, # and the key again.");
        }

        return TryReadSignature(TextOf(proof, "proofValue"), out _)
            ? null
            : Refuse(ProofResult.Malformed, $"{path}.proofValue", "This must be 64 bytes in base58btc multibase (z...).");
    }

    private static JsonValue Options(JsonValue content, DidKey signer, DateTimeOffset created)
    {
        JsonValue options = JsonValue.Object(
            new("type", JsonValue.Of("DataIntegrityProof")),
            new("cryptosuite", JsonValue.Of(Suite)),
            new("created", JsonValue.Of(created.UtcDateTime.ToString(Instant, CultureInfo.InvariantCulture))),
            new("verificationMethod", JsonValue.Of(signer.VerificationMethod)),
            new("proofPurpose", JsonValue.Of(Purpose)));
        JsonValue? context = content.Find(Context);
        return context is null ? options : options.With(Context, context);
    }

    /// <summary>Both digests, the options' first (section 3.3.4).</summary>
    private static byte[] HashData(JsonValue options, in Digest content) =>
        [.. CanonicalJson.Hash(options).Span, .. content.Span];

    private static ReadOnlySpan<JsonValue> Proofs(JsonValue document) => document.Find("proof") switch
    {
        null => [],
        { Kind: JsonKind.Array } set => set.Items,
        JsonValue single => new JsonValue[] { single },
    };

    private static bool TryReadSignature(string text, out Signature signature)
    {
        bool valid = Base58.TryFromMultibase(text, out byte[] bytes) && bytes.Length == Signature.Size;
        signature = valid ? new Signature(bytes) : default;
        return valid;
    }

    private static bool Same(JsonValue? a, JsonValue? b) =>
        a is null || b is null
            ? a is null && b is null
            : CanonicalJson.Serialize(a).AsSpan().SequenceEqual(CanonicalJson.Serialize(b));

    private static string TextOf(JsonValue proof, string name) => proof.Find(name)?.Text ?? "";

    private static ProofVerification Refuse(ProofResult result, string path, string message) => new(result, [], path, message);
}
