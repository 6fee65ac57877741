using SeederMesh.Core.Money;

namespace SeederMesh.Cli.Demo;

/// <summary>One moment of the demo, as the view shows it.</summary>
internal sealed record DemoFrame
{
    /// <summary>What is being downloaded.</summary>
    public required string Title { get; init; }

    /// <summary>Where the downloader stands: "downloading", "settling" ...</summary>
    public required string Phase { get; init; }

    /// <summary>Since the downloader started.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Bytes that passed their hash.</summary>
    public long DoneBytes { get; init; }

    /// <summary>Bytes in all.</summary>
    public long WantedBytes { get; init; }

    /// <summary>Bytes a second.</summary>
    public long Rate { get; init; }

    /// <summary>Pieces that passed their hash.</summary>
    public long PiecesDone { get; init; }

    /// <summary>Pieces in all.</summary>
    public long Pieces { get; init; }

    /// <summary>Receipts that the downloader signed.</summary>
    public long ReceiptsSigned { get; init; }

    /// <summary>Receipts that the hub settled.</summary>
    public long ReceiptsSettled { get; init; }

    /// <summary>The most that may be spent.</summary>
    public Msat Budget { get; init; }

    /// <summary>What receipts were signed for.</summary>
    public Msat Spent { get; init; }

    /// <summary>What a downloader could lose if everybody else cheated now.</summary>
    public Msat AtMostLost { get; init; }

    /// <summary>The creator first, then the seedboxes.</summary>
    public IReadOnlyList<DemoParty> Parties { get; init; } = [];

    /// <summary>What registry and hub were allocated together.</summary>
    public Msat RegistryAndHub { get; init; }

    /// <summary>Payouts that arrived.</summary>
    public long PayoutsDone { get; init; }

    /// <summary>Payouts on their way.</summary>
    public long PayoutsPending { get; init; }

    /// <summary>What just happened, newest last: a kill, a restart.</summary>
    public IReadOnlyList<string> News { get; init; } = [];
}

/// <summary>Someone who is paid.</summary>
/// <param name="Name">"creator", "seedbox 1" ...</param>
/// <param name="UploadedBytes">What it uploaded; 0 for the creator.</param>
/// <param name="Rate">Bytes a second.</param>
/// <param name="Earned">What it was allocated.</param>
/// <param name="Paid">What arrived.</param>
/// <param name="IsUploader">Whether it is a seedbox.</param>
/// <param name="IsDown">Whether its process is dead at this moment.</param>
internal sealed record DemoParty(
    string Name, long UploadedBytes, long Rate, Msat Earned, Msat Paid, bool IsUploader, bool IsDown = false);
