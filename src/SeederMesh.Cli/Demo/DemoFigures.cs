using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;
using SeederMesh.Core.Money;

namespace SeederMesh.Cli.Demo;

/// <summary>What the demo came to.</summary>
internal sealed record DemoFigures
{
    /// <summary>What was published.</summary>
    public required string Name { get; init; }

    /// <summary>Its v2 infohash.</summary>
    public required string Infohash { get; init; }

    /// <summary>How many files.</summary>
    public required long Files { get; init; }

    /// <summary>How many bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>How many pieces.</summary>
    public required long Pieces { get; init; }

    /// <summary>How long the download took.</summary>
    public required TimeSpan Download { get; init; }

    /// <summary>How long everything took.</summary>
    public required TimeSpan Total { get; init; }

    /// <summary>What the downloader paid into its channel.</summary>
    public required Msat Funded { get; init; }

    /// <summary>What its receipts were signed for.</summary>
    public required Msat Spent { get; init; }

    /// <summary>What came back.</summary>
    public required Msat Refunded { get; init; }

    /// <summary>What the downloader's wallet says came back.</summary>
    public required Msat RefundReceived { get; init; }

    /// <summary>What the hub settled.</summary>
    public required Msat Settled { get; init; }

    /// <summary>The creator, then the seedboxes.</summary>
    public required IReadOnlyList<DemoReceiver> Receivers { get; init; }

    /// <summary>What the registry was allocated.</summary>
    public required Msat Registry { get; init; }

    /// <summary>What the hub was allocated, routing fees taken off.</summary>
    public required Msat HubRevenue { get; init; }

    /// <summary>What the payouts cost on their way.</summary>
    public required Msat RoutingFees { get; init; }

    /// <summary>What was checked.</summary>
    public required IReadOnlyList<DemoCheck> Checks { get; init; }

    /// <summary>Whether every check held.</summary>
    public bool Held => Checks.All(check => check.Held);

    /// <summary>The document for scripts.</summary>
    public JsonObject ToJson() => new()
    {
        ["held"] = Held,
        ["playMoney"] = true,
        ["name"] = Name,
        ["infohash"] = Infohash,
        ["files"] = Files,
        ["bytes"] = Bytes,
        ["pieces"] = Pieces,
        ["downloadSeconds"] = Math.Round(Download.TotalSeconds, 3),
        ["totalSeconds"] = Math.Round(Total.TotalSeconds, 3),
        ["downloader"] = new JsonObject
        {
            ["fundedMsat"] = Output.Amount(Funded),
            ["spentMsat"] = Output.Amount(Spent),
            ["refundedMsat"] = Output.Amount(Refunded),
            ["refundReceivedMsat"] = Output.Amount(RefundReceived),
        },
        ["settledMsat"] = Output.Amount(Settled),
        ["registryMsat"] = Output.Amount(Registry),
        ["hubMsat"] = Output.Amount(HubRevenue),
        ["routingFeesMsat"] = Output.Amount(RoutingFees),
        ["receivers"] = new JsonArray([.. Receivers.Select(receiver => (JsonNode)receiver.ToJson())]),
        ["checks"] = new JsonArray([.. Checks.Select(check => (JsonNode)new JsonObject
        {
            ["check"] = check.Name, ["held"] = check.Held, ["detail"] = check.Detail,
        })]),
    };
}

/// <summary>Somebody who was paid.</summary>
/// <param name="Name">"creator", "seedbox 1" ...</param>
/// <param name="UploadedBytes">Bytes with receipts; 0 for the creator.</param>
/// <param name="Receipts">Pieces, or parts of them, that were receipted.</param>
/// <param name="Earned">Allocated by settlements.</param>
/// <param name="Paid">Arrived.</param>
/// <param name="Wallet">What its wallet received in all, asked of the wallet itself.</param>
/// <param name="Fees">What the payments cost on their way.</param>
/// <param name="PaymentHashes">The payments, oldest first.</param>
internal sealed record DemoReceiver(
    string Name, long UploadedBytes, long Receipts, Msat Earned, Msat Paid, Msat Wallet, Msat Fees, IReadOnlyList<string> PaymentHashes)
{
    /// <summary>For scripts.</summary>
    public JsonObject ToJson() => new()
    {
        ["name"] = Name,
        ["uploadedBytes"] = UploadedBytes,
        ["receipts"] = Receipts,
        ["earnedMsat"] = Output.Amount(Earned),
        ["paidMsat"] = Output.Amount(Paid),
        ["walletMsat"] = Output.Amount(Wallet),
        ["feesMsat"] = Output.Amount(Fees),
        ["payments"] = new JsonArray([.. PaymentHashes.Select(hash => (JsonNode)hash)]),
    };
}

/// <summary>One thing that must hold.</summary>
/// <param name="Name">What.</param>
/// <param name="Held">Whether it does.</param>
/// <param name="Detail">The figures that show it.</param>
internal sealed record DemoCheck(string Name, bool Held, string Detail);
