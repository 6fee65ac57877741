using SeederMesh.Core;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Postings;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Registry;

/// <summary>Keeps manifests and answers which one belongs to a torrent; gives a signed receipt for each.</summary>
/// <remarks>
/// The first manifest of a torrent fixes its creator; later versions follow one another by <c>seq</c> and
/// <c>previous</c>. Registering is
/// idempotent by the manifest's digest: the same manifest again gets the same receipt. Thread safe. A failure of the
/// database is a <see cref="LedgerUnavailableException"/>; the same submission may be made again.
/// </remarks>
public sealed class ManifestRegistry
{
    // Each further round means that another submission for the same torrent was stored in between.
    private const int RoundsMax = 8;

    private readonly LedgerStore ledger;
    private readonly SigningKey key;
    private readonly SubmissionLimit limit;

    /// <summary>Opens a registry over a ledger.</summary>
    /// <param name="ledger">Where manifests are kept; not disposed here.</param>
    /// <param name="key">The registry's key, which signs receipts; not disposed here.</param>
    /// <param name="options">Limits.</param>
    public ManifestRegistry(LedgerStore ledger, SigningKey key, RegistryOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SubmissionsPerMinute, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SubmissionsPerMinuteOfAll, 1, nameof(options));
        this.ledger = ledger;
        this.key = key;
        limit = new SubmissionLimit(options.SubmissionsPerMinute, options.SubmissionsPerMinuteOfAll);
    }

    /// <summary>The key that signs receipts.</summary>
    public PublicKey PublicKey => key.PublicKey;

    /// <summary>Checks and stores a manifest. When a receipt is returned, the manifest is durable.</summary>
    /// <param name="sidecar">The bytes of the <c>.prov</c> file.</param>
    /// <param name="submitter">Who submits, for the limit a minute: a key or a network address.</param>
    /// <param name="nowUnixMs">The time now, in Unix milliseconds.</param>
    /// <param name="cancellation">Stops before storing; what is being stored is stored.</param>
    public async Task<Registration> RegisterAsync(
        ReadOnlyMemory<byte> sidecar, string submitter, long nowUnixMs, CancellationToken cancellation)
    {
        if (!limit.TryTake(submitter, nowUnixMs))
        {
            return new Registration(
                RegistrationResult.TooManySubmissions, null, default, "Too many submissions in this minute; wait for the next.");
        }

        ManifestVerification verification = SignedManifest.Verify(sidecar.Span);
        if (verification.Signed is not { } signed)
        {
            return new Registration(RegistrationResult.ManifestInvalid, null, verification, verification.ToString());
        }

        for (int round = 0; round < RoundsMax; round++)
        {
            Registration? answer = await TryRegisterAsync(signed, verification, nowUnixMs, cancellation);
            if (answer is not null)
            {
                return answer;
            }
        }

        throw new InvariantViolationException("a manifest that cannot be stored is there, or another one of its torrent");
    }

    /// <summary>The newest manifest of a torrent, or null.</summary>
    /// <param name="infohashV2">The full v2 infohash.</param>
    public async Task<RegisteredManifest?> FindAsync(Digest infohashV2) =>
        RegisteredManifest.From(await ledger.Reader.FindManifestOfTorrentAsync(infohashV2));

    /// <summary>The newest manifest of a hybrid torrent by its v1 infohash, or null.</summary>
    /// <remarks>
    /// A v1 infohash in a manifest is the creator's word alone, so what is found must be compared with the torrent
    /// itself.
    /// </remarks>
    /// <param name="infohashV1">The v1 infohash.</param>
    public async Task<RegisteredManifest?> FindAsync(InfohashV1 infohashV1) =>
        RegisteredManifest.From(await ledger.Reader.FindManifestOfTorrentAsync(infohashV1.ToArray()));

    /// <summary>A manifest of any version by its digest, or null.</summary>
    /// <param name="manifestDigest">Its digest.</param>
    public async Task<RegisteredManifest?> FindByDigestAsync(Digest manifestDigest) =>
        RegisteredManifest.From(await ledger.Reader.FindManifestAsync(manifestDigest));

    /// <summary>One attempt; null when another submission came first and all must be looked at again.</summary>
    private async Task<Registration?> TryRegisterAsync(
        SignedManifest signed, ManifestVerification verification, long nowUnixMs, CancellationToken cancellation)
    {
        RegisteredManifest? same = await FindByDigestAsync(signed.Digest);
        if (same is not null)
        {
            return new Registration(RegistrationResult.AlreadyThere, same.Receipt, verification, "");
        }

        ManifestRecord? newest = await ledger.Reader.FindManifestOfTorrentAsync(signed.Manifest.Torrent.InfohashV2);
        KnownManifest? known = newest is null ? null : new KnownManifest(newest.Digest, newest.Creator, newest.Sequence);
        (RegistrationResult result, string message) = RegistrationRule.Decide(signed, known);
        if (result != RegistrationResult.Registered)
        {
            return new Registration(result, null, verification, message);
        }

        RegistryReceipt receipt = RegistryReceipt.Sign(key, signed, nowUnixMs);
        PostingResult posted = await ledger.PostAsync(
            new Posting { Id = default, Records = [RecordOf(signed, receipt)] }, cancellation);
        return posted.Outcome switch
        {
            PostingOutcome.Posted => new Registration(RegistrationResult.Registered, receipt, verification, ""),

            // The same digest, or the same torrent and version: the database allows one of each.
            PostingOutcome.RecordExists or PostingOutcome.RefusedByDatabase => null,
            _ => throw new InvariantViolationException($"a manifest is stored or is there already, not {posted.Outcome}"),
        };
    }

    private static ManifestRecord RecordOf(SignedManifest signed, RegistryReceipt receipt) => new()
    {
        Digest = signed.Digest,
        Infohash = signed.Manifest.Torrent.InfohashV2,
        InfohashV1 = signed.Manifest.Torrent.InfohashV1?.ToArray(),
        Sequence = signed.Manifest.Sequence,
        Creator = signed.Manifest.Creator.ToString(),
        Body = signed.Bytes.ToArray(),
        Receipt = RegistryReceiptJson.Write(receipt),
        RegisteredUnixMs = receipt.RegisteredUnixMs,
    };
}
