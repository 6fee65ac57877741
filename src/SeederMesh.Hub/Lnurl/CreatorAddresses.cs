using System.Buffers;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Splits;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Records;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Lnurl;
using SeederMesh.Registry;

namespace SeederMesh.Hub.Lnurl;

/// <summary>Whose a Lightning address <c>NAME@HOST</c> of this hub is: a creator with a registered manifest that names
/// payees.</summary>
/// <remarks>
/// Every creator has the address that its key spells in base32, 52 characters, without asking for it; shorter names are
/// claimed, first come first served, and stay with who claimed them.
/// </remarks>
internal sealed class CreatorAddresses(
    LedgerStore ledger, ILightningNode node, HubOptions options, TimeProvider clock)
{
    /// <summary>Names that one creator may claim.</summary>
    public const int NamesMax = 4;

    private const int NameLengthMin = 3;
    private const int NameLengthMax = 32;
    private const int InvoicesPerMinute = 60;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");
    private static readonly string[] Reserved = ["admin", "hub", "registry", "root", "support", "postmaster", "abuse"];

    private readonly SubmissionLimit invoices = new(InvoicesPerMinute, 10 * InvoicesPerMinute);

    /// <summary>The address that a creator has without asking.</summary>
    public static string NameOf(PublicKey creator) => Base32.Encode(creator.Span);

    /// <summary>Why a name cannot be claimed by anybody, or null.</summary>
    public static string? DefectOf(string? name) => name switch
    {
        not { Length: >= NameLengthMin and <= NameLengthMax } => $"A name has {NameLengthMin} to {NameLengthMax} characters.",
        _ when name.AsSpan().IndexOfAnyExcept(NameCharacters) >= 0 => "A name has only a-z 0-9 - _ and . in it (LUD-16).",
        _ when !char.IsAsciiLetterLower(name[0]) => "A name begins with a letter.",
        _ when Reserved.Contains(name, StringComparer.Ordinal) => "This name belongs to the hub.",
        _ => null,
    };

    /// <summary>The payee behind a name, or null.</summary>
    public async Task<LnurlPayee?> FindAsync(string name, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        byte[] key = new byte[PublicKey.Size];
        CreatorAddressRecord? claimed = await ledger.Reader.FindCreatorAddressAsync(name);
        string? creator = claimed?.Creator
            ?? (Base32.TryDecode(name, key) ? new DidKey(new PublicKey(key)).ToString() : null);
        return creator is not null && await FindTermsAsync(creator, claimed?.PayeeId ?? default) is { } terms
            ? new CreatorPayee(name, terms, ledger, node, options, clock, invoices)
            : null;
    }

    /// <summary>How a donation to a creator is divided now, or null where no manifest names anybody.</summary>
    public async Task<DonationTerms?> FindTermsAsync(string creator, Id128 payeeId)
    {
        if (await ledger.Reader.FindNewestManifestAsync(creator) is not { } record
            || SignedManifest.Verify(record.Body).Signed?.Manifest is not { Payment.Payees: { Count: > 0 } payees } manifest)
        {
            return null;
        }

        // A payee that stands twice is one payee; one that was chosen must still be named.
        Payee[] named = [.. payees.DistinctBy(payee => payee.Id).Where(payee => payeeId.IsNone || payee.Id == payeeId)];
        return named.Length == 0 ? null : new DonationTerms(creator, record.Digest, manifest.Torrent.Name, payeeId, [.. named]);
    }
}

/// <summary>How a donation is divided.</summary>
/// <param name="Creator">The creator's DID.</param>
/// <param name="ManifestDigest">The manifest that says so.</param>
/// <param name="Work">What the manifest is of.</param>
/// <param name="PayeeId">The payee who gets all; none where it is divided.</param>
/// <param name="Payees">Who gets a part.</param>
internal sealed record DonationTerms(string Creator, Digest ManifestDigest, string Work, Id128 PayeeId, IReadOnlyList<Payee> Payees)
{
    public IReadOnlyList<PayeeShare> Shares =>
        [.. Payees.Select(payee => new PayeeShare(payee.Id, new BasisPoints(payee.ShareBps)))];
}
