namespace SeederMesh.Core.Identity;

/// <summary>
/// An identity that is an Ed25519 key itself: <c>did:key:z6Mk...</c> (W3C CCG did:key, multicodec ed25519-pub, 0xed
/// 0x01).
/// </summary>
/// <remarks>Each key has exactly one text: base58btc only, no fragment, no other key type.</remarks>
public readonly record struct DidKey(PublicKey Key)
{
    private const string Prefix = "did:key:";

    /// <summary>What names the key inside the DID document: the multibase form after the <c>#</c>.</summary>
    public string VerificationMethod => $"{this}#{Multibase}";

    /// <summary>The multicodec key in multibase, <c>z6Mk...</c>.</summary>
    public string Multibase => Base58.ToMultibase([0xed, 0x01, .. Key.Span]);

    /// <summary>Reads <c>did:key:z6Mk...</c>; everything else is refused.</summary>
    public static bool TryParse(string? text, out DidKey did)
    {
        did = default;
        if (text is null
            || !text.StartsWith(Prefix, StringComparison.Ordinal)
            || !Base58.TryFromMultibase(text.AsSpan(Prefix.Length), out byte[] bytes)
            || bytes is not [0xed, 0x01, ..]
            || bytes.Length != 2 + PublicKey.Size)
        {
            return false;
        }

        did = new DidKey(new PublicKey(bytes.AsSpan(2)));
        return true;
    }

    /// <summary>Reads a verification method: a did:key, <c>#</c> and the same key again.</summary>
    public static bool TryParseVerificationMethod(string? text, out DidKey did)
    {
        did = default;
        int hash = text?.IndexOf('#', StringComparison.Ordinal) ?? -1;
        return hash > 0
            && TryParse(text![..hash], out did)
            && string.Equals(text, did.VerificationMethod, StringComparison.Ordinal);
    }

    /// <summary>The DID.</summary>
    public override string ToString() => Prefix + Multibase;
}
