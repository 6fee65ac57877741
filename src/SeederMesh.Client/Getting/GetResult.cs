using SeederMesh.Core.Exchange;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Client;

/// <summary>How a download ended.</summary>
public enum GetOutcome
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>There is no manifest, and it was not to be downloaded without.</summary>
    ManifestMissing = 1,

    /// <summary>The manifest does not verify or is of another torrent.</summary>
    ManifestInvalid = 2,

    /// <summary>It asks a higher price than is accepted.</summary>
    PriceTooHigh = 3,

    /// <summary>The person declined.</summary>
    Declined = 4,

    /// <summary>The torrent's metadata is not what the manifest describes.</summary>
    ContentMismatch = 5,

    /// <summary>It was cancelled; the same command goes on where it stopped.</summary>
    Cancelled = 6,

    /// <summary>Nothing came for the time allowed; the same command goes on where it stopped.</summary>
    Stalled = 7,

    /// <summary>All that was selected is there, verified, in its final place.</summary>
    Completed = 8,

    /// <summary>The downloader's own wallet cannot pay what is due, and nobody uploads more on trust; the same command goes
    /// on where it stopped.</summary>
    CannotPay = 9,
}

/// <summary>What came of a download.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Reason">Why, for a person; null when completed.</param>
/// <param name="Path">Where the content is; null unless completed.</param>
/// <param name="Statement">Who supplied what and was paid what; null when nothing was downloaded.</param>
public sealed record GetResult(GetOutcome Outcome, string? Reason, string? Path, GetStatement? Statement);

/// <summary>What one peer supplied.</summary>
/// <param name="Seeder">Its key; null for a peer that takes no receipts.</param>
/// <param name="Address">Its last address.</param>
/// <param name="Bytes">Bytes of pieces that passed.</param>
/// <param name="ReceiptedBytes">Of those, bytes that receipts were signed for.</param>
/// <param name="Receipts">Receipts signed.</param>
/// <param name="Signed">What they add up to.</param>
/// <param name="Refusal">Why it takes no receipts; null when it does.</param>
public sealed record SupplierStatement(
    PublicKey? Seeder, string Address, long Bytes, long ReceiptedBytes, long Receipts, Msat Signed, SeederVerdict? Refusal);

/// <summary>What a download cost and to whom it went.</summary>
public sealed record GetStatement
{
    /// <summary>The channel; null when nothing was paid.</summary>
    public Id128? ChannelId { get; init; }

    /// <summary>The most that it could cost.</summary>
    public Msat Budget { get; init; }

    /// <summary>What was paid into the channel.</summary>
    public Msat Funded { get; init; }

    /// <summary>What routing that cost.</summary>
    public Msat RoutingFees { get; init; }

    /// <summary>What receipts were signed for in this run.</summary>
    public Msat Signed { get; init; }

    /// <summary>What the hub settled, earlier runs included.</summary>
    public Msat Settled { get; init; }

    /// <summary>What came back.</summary>
    public Msat Refunded { get; init; }

    /// <summary>Whether a refund is still on its way.</summary>
    public bool IsRefundPending { get; init; }

    /// <summary>Why, or null.</summary>
    public string? RefundRemark { get; init; }

    /// <summary>Whether the downloader's own wallet paid; then nothing was paid into a channel, and nothing comes
    /// back.</summary>
    public bool IsDirect { get; init; }

    /// <summary>Of a direct download: what was paid and proved, earlier runs included, without routing.</summary>
    public Msat Paid { get; init; }

    /// <summary>Of a direct download: how many payments that were.</summary>
    public int Payments { get; init; }

    /// <summary>Of a direct download: what is still due, and why; null when nothing is.</summary>
    public string? DueRemark { get; init; }

    /// <summary>Of a direct download: whether something is still to be paid by a later run.</summary>
    public bool IsDuePending { get; init; }

    /// <summary>The peers that supplied anything in this run, the largest first.</summary>
    public IReadOnlyList<SupplierStatement> Suppliers { get; init; } = [];

    /// <summary>Bytes that peers sent in this run, and that passed their hash check.</summary>
    public long Bytes { get; init; }

    /// <summary>Of those, bytes that receipts were signed for.</summary>
    public long ReceiptedBytes { get; init; }

    /// <summary>Whether the budget ran out before the content was complete.</summary>
    public bool IsBudgetUsedUp { get; init; }

    /// <summary>How long the transfer took.</summary>
    public TimeSpan Duration { get; init; }
}

/// <summary>What a download is doing.</summary>
public enum GetPhase
{
    /// <summary>Not started.</summary>
    None = 0,

    /// <summary>Looking for the manifest.</summary>
    Resolving = 1,

    /// <summary>Waiting for the person's decision.</summary>
    Deciding = 2,

    /// <summary>Paying into the channel.</summary>
    Funding = 3,

    /// <summary>Waiting for the torrent's metadata.</summary>
    Metadata = 4,

    /// <summary>Hashing what an earlier run left.</summary>
    Checking = 5,

    /// <summary>Downloading.</summary>
    Downloading = 6,

    /// <summary>Handing over the last receipts.</summary>
    Receipting = 7,

    /// <summary>Closing the channel and waiting for the refund.</summary>
    Settling = 8,

    /// <summary>Done.</summary>
    Done = 9,
}

/// <summary>A download at one moment.</summary>
public sealed record GetSnapshot
{
    /// <summary>What it is doing.</summary>
    public GetPhase Phase { get; init; }

    /// <summary>Bytes that are wanted.</summary>
    public long WantedBytes { get; init; }

    /// <summary>Of those, there and checked.</summary>
    public long DoneBytes { get; init; }

    /// <summary>Content received, bytes a second.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Connected peers.</summary>
    public int Peers { get; init; }

    /// <summary>Pieces that passed in this run, those that an earlier one left on the disk included.</summary>
    public long Pieces { get; init; }

    /// <summary>Receipts signed in this run.</summary>
    public long Receipts { get; init; }

    /// <summary>What they add up to.</summary>
    public Msat Signed { get; init; }

    /// <summary>What grants could still cost on top.</summary>
    public Msat Reserved { get; init; }

    /// <summary>The most that it may cost.</summary>
    public Msat Budget { get; init; }

    /// <summary>The most that can be lost from here on, if the hub and every seeder were dishonest: what is in the
    /// channel.</summary>
    public Msat AtMostLost { get; init; }

    /// <summary>Whether the downloader's own wallet pays: the hub then holds nothing.</summary>
    public bool IsDirect { get; init; }

    /// <summary>Of a direct download: paid and proved, without routing.</summary>
    public Msat Paid { get; init; }

    /// <summary>Of a direct download: due and not proved yet.</summary>
    public Msat Due { get; init; }

    /// <summary>The peers that supplied anything.</summary>
    public IReadOnlyList<SupplierStatement> Suppliers { get; init; } = [];
}

/// <summary>Something that happened to a download.</summary>
public abstract record GetEvent;

/// <summary>It does something else now.</summary>
/// <param name="Phase">What.</param>
public sealed record PhaseChanged(GetPhase Phase) : GetEvent;

/// <summary>No wallet is set: somebody has to pay this invoice before the download begins.</summary>
/// <param name="Bolt11">The invoice.</param>
/// <param name="Amount">What it asks for.</param>
/// <param name="ExpiresAt">Until when; afterwards another one is shown.</param>
public sealed record InvoiceShown(string Bolt11, Msat Amount, DateTimeOffset ExpiresAt) : GetEvent;

/// <summary>The channel has money.</summary>
/// <param name="Amount">How much.</param>
/// <param name="Fee">What routing it cost.</param>
public sealed record ChannelFunded(Msat Amount, Msat Fee) : GetEvent;

/// <summary>A seeder that takes receipts is connected.</summary>
/// <param name="Seeder">Its key.</param>
/// <param name="Address">Its address.</param>
public sealed record SeederFound(PublicKey Seeder, string Address) : GetEvent;

/// <summary>A seeder that takes receipts left.</summary>
/// <param name="Seeder">Its key.</param>
public sealed record SeederLeft(PublicKey Seeder) : GetEvent;

/// <summary>A grant was shown to a seeder.</summary>
/// <param name="Seeder">Whom.</param>
/// <param name="Limit">The most that it can cost.</param>
/// <param name="Generation">The how-many-eth for this seeder, from 0.</param>
public sealed record GrantShown(PublicKey Seeder, Msat Limit, int Generation) : GetEvent;

/// <summary>A seeder refused a grant or receipts; it is an ordinary peer from now on.</summary>
/// <param name="Seeder">Who.</param>
/// <param name="Verdict">Why.</param>
public sealed record SeederRefused(PublicKey Seeder, SeederVerdict Verdict) : GetEvent;

/// <summary>A seeder takes no downloaders that pay by themselves; it is an ordinary peer from now on.</summary>
/// <param name="Seeder">Who.</param>
public sealed record SeederNotDirect(PublicKey Seeder) : GetEvent;

/// <summary>A direct channel is open: nothing was paid in, the wallet pays what is due.</summary>
/// <param name="Promised">The most that it will pay, without routing.</param>
public sealed record DirectChannelOpened(Msat Promised) : GetEvent;

/// <summary>Receipts were signed and sent.</summary>
/// <param name="Seeder">To whom.</param>
/// <param name="Receipts">How many.</param>
/// <param name="Bytes">For how many bytes.</param>
public sealed record ReceiptsSigned(PublicKey Seeder, int Receipts, long Bytes) : GetEvent;

/// <summary>The budget covers no more: the rest is downloaded unpaid, as far as peers give it away.</summary>
public sealed record BudgetUsedUp : GetEvent;

/// <summary>The rest of the channel came back.</summary>
/// <param name="Amount">How much.</param>
public sealed record Refunded(Msat Amount) : GetEvent;

/// <summary>Something that a person may want to know; the download goes on.</summary>
/// <param name="Message">What.</param>
public sealed record GetWarning(string Message) : GetEvent;
