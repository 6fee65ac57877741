using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;

namespace SeederMesh.Client;

/// <summary>What to download, and how.</summary>
public sealed record GetRequest
{
    /// <summary>A magnet link, or the path of a .torrent file.</summary>
    public required string Source { get; init; }

    /// <summary>The folder that the content is put into.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>A .prov file to use instead of a registry's; null to ask registries.</summary>
    public string? ManifestPath { get; init; }

    /// <summary>The hub to pay through; null for the configured one, or else the magnet's registry.</summary>
    public string? Hub { get; init; }

    /// <summary>The most that the download may cost, routing fees included; null to let the decision say.</summary>
    public Msat? Budget { get; init; }

    /// <summary>The highest price that is accepted; null for any.</summary>
    public Msat? MaxPricePerMiB { get; init; }

    /// <summary>Downloads without paying: no channel, no receipts, nothing reported anywhere.</summary>
    public bool NoPay { get; init; }

    /// <summary>Where what is not used goes; null for the wallet. Without a wallet it is needed: the hub's invoice is then
    /// shown (<see cref="InvoiceShown"/>) for another wallet to pay.</summary>
    public string? RefundTo { get; init; }

    /// <summary>Pays seeders and creators from the own wallet, so that the hub holds nothing.</summary>
    /// <remarks>An interrupted download goes on as it began, whatever this says.</remarks>
    public bool Direct { get; init; }

    /// <summary>Downloads although there is no manifest, or one that does not verify.</summary>
    public bool Unverified { get; init; }

    /// <summary>Which files: exact paths or patterns with * (within a name), ** (across folders) and ?.</summary>
    /// <remarks>Empty for all, or what the magnet's <c>so</c> says.</remarks>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Pieces in order, for playing while it loads.</summary>
    public bool Sequential { get; init; }

    /// <summary>Peers to ask first, ADDRESS:PORT.</summary>
    public IReadOnlyList<string> Peers { get; init; } = [];

    /// <summary>How long to look for peers that have the manifest when no registry has it; zero not to ask
    /// peers.</summary>
    /// <remarks>Default: 15 seconds. Before that is over, nothing can be said of a torrent without a
    /// manifest.</remarks>
    public TimeSpan ManifestTimeLimit { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Gives up when nothing came for so long; null to wait for ever.</summary>
    public TimeSpan? StallTimeLimit { get; init; }

    /// <summary>How long to wait for the refund at the end.</summary>
    /// <remarks>What comes later is collected by <see cref="GetService.SettleLeftoversAsync"/>.</remarks>
    public TimeSpan RefundTimeLimit { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>What became of the search for a manifest.</summary>
public enum ManifestStatus
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>There is none.</summary>
    Missing = 1,

    /// <summary>There is one, and it does not verify or is of another torrent.</summary>
    Invalid = 2,

    /// <summary>Its signature holds and it describes this torrent.</summary>
    Verified = 3,
}

/// <summary>One file of what is offered.</summary>
/// <param name="Path">Its path in the torrent.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="IsSelected">Whether it will be downloaded.</param>
public sealed record OfferedFile(string Path, long Length, bool IsSelected);

/// <summary>What a person decides on, before any byte of content is fetched.</summary>
public sealed record GetOffer
{
    /// <summary>Whether the manifest is there and holds.</summary>
    public required ManifestStatus Status { get; init; }

    /// <summary>Why it does not; null when it is verified.</summary>
    public string? Problem { get; init; }

    /// <summary>The verified manifest: licence, rights, price, split.</summary>
    public SignedManifest? Manifest { get; init; }

    /// <summary>The torrent's name as far as it is known.</summary>
    public required string Name { get; init; }

    /// <summary>The files; empty when neither manifest nor metadata is there yet.</summary>
    public IReadOnlyList<OfferedFile> Files { get; init; } = [];

    /// <summary>Bytes of what is selected.</summary>
    public long SelectedBytes { get; init; }

    /// <summary>What a MiB costs.</summary>
    public PricePerMebibyte Price { get; init; }

    /// <summary>What all that is selected costs.</summary>
    public Msat Cost { get; init; }

    /// <summary>The budget: the request's, or else a suggestion that covers everything.</summary>
    public Msat Budget { get; init; }

    /// <summary>What an earlier, interrupted run has paid in already.</summary>
    public Msat AlreadyFunded { get; init; }

    /// <summary>Whether accepting pays.</summary>
    public bool WouldPay { get; init; }

    /// <summary>Whether the own wallet pays seeders and creators; then the hub holds nothing.</summary>
    public bool IsDirect { get; init; }

    /// <summary>Then: where payees are paid, as the hub says; null where it does not.</summary>
    public DirectOfferInfo? Direct { get; init; }

    /// <summary>The hub that is paid through; null when nothing is paid.</summary>
    public string? HubUrl { get; init; }

    /// <summary>The network that is paid on: "play money", "bitcoin", "regtest" ...; empty when nothing is
    /// paid.</summary>
    public string Network { get; init; } = "";

    /// <summary>Whether its money is play money.</summary>
    public bool IsPlayMoney => string.Equals(Network, Lightning.NodeInfo.PlayMoney, StringComparison.Ordinal);

    /// <summary>Whether a person pays the hub's invoice, because no wallet is set.</summary>
    public bool PaysByHand { get; init; }
}

/// <summary>A person's decision on an offer.</summary>
/// <param name="IsAccepted">Whether to download.</param>
/// <param name="Pays">Whether to pay.</param>
/// <param name="Budget">Another budget than the offer's, or null.</param>
/// <param name="Reason">Why not, for the result.</param>
public sealed record GetDecision(bool IsAccepted, bool Pays, Msat? Budget, string? Reason)
{
    /// <summary>Download, and pay what is asked up to the budget.</summary>
    public static GetDecision Accept(Msat? budget = null) => new(true, true, budget, null);

    /// <summary>Download without paying.</summary>
    public static GetDecision AcceptUnpaid() => new(true, false, null, null);

    /// <summary>Do not download.</summary>
    public static GetDecision Decline(string reason) => new(false, false, null, reason);
}
