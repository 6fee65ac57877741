using SeederMesh.Core.Identity;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Ledger.Reading;

/// <content>Creators' Lightning addresses, and what came through them.</content>
public sealed partial class LedgerReader
{
    /// <summary>Who claimed a name, or null.</summary>
    public Task<CreatorAddressRecord?> FindCreatorAddressAsync(string name) =>
        FindAsync<CreatorAddressRecord>("id = @p0", CreatorAddressRecord.IdOf(name).ToArray());

    /// <summary>The names of a creator, in their order.</summary>
    public Task<IReadOnlyList<CreatorAddressRecord>> ListCreatorAddressesAsync(string creator, int limit = PageMax) =>
        ListAsync<CreatorAddressRecord>("creator = @p0 ORDER BY name", limit, creator);

    /// <summary>The creator's manifest that was registered last and is still its torrent's newest, or null.</summary>
    public Task<ManifestRecord?> FindNewestManifestAsync(string creator) => FindAsync<ManifestRecord>(
        "creator = @p0 AND sequence = (SELECT MAX(o.sequence) FROM manifest o WHERE o.infohash = manifest.infohash) "
        + "ORDER BY registered_unix_ms DESC, digest",
        creator);

    /// <summary>The donation that an invoice is for, or null.</summary>
    public Task<DonationRecord?> FindDonationAsync(Digest paymentHash) =>
        FindAsync<DonationRecord>("id = @p0", DonationRecord.IdOf(paymentHash).ToArray());

    /// <summary>What came to a creator, newest first.</summary>
    public Task<IReadOnlyList<DonationRecord>> ListDonationsAsync(string creator, int limit = PageMax) =>
        ListAsync<DonationRecord>("creator = @p0 AND paid_unix_ms IS NOT NULL ORDER BY paid_unix_ms DESC, id", limit, creator);
}
