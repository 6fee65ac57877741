using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.Embedded;

/// <summary>How an embedded play-money network is made and kept.</summary>
/// <param name="DatabasePath">The SQLite file; made with mode 0600 when it does not exist, for it holds the nodes'
/// keys.</param>
public sealed record EmbeddedNetworkOptions(string DatabasePath)
{
    /// <summary>32 bytes that every key and preimage is derived from; null draws them from a secure source. Counts when
    /// the file is made.</summary>
    public byte[]? Seed { get; init; }

    /// <summary>What the hub and the routing nodes put on each side of the channels between them. Default 10 BTC of
    /// play money.</summary>
    public Msat TrunkLiquidity { get; init; } = Msat.FromSatoshi(1_000_000_000);

    /// <summary>What a routing node puts on its side of a new wallet's channel, so that the wallet can receive. Default
    /// 1 BTC of play money.</summary>
    public Msat WalletInbound { get; init; } = Msat.FromSatoshi(100_000_000);

    /// <summary>The most play money that a new wallet is given. Default 1 BTC.</summary>
    public Msat FaucetMax { get; init; } = Msat.FromSatoshi(100_000_000);

    /// <summary>What forwarding costs for each payment. Default 1 msat.</summary>
    public Msat BaseFee { get; init; } = Msat.From(1);

    /// <summary>What forwarding costs in millionths of the amount. Default 100.</summary>
    public int FeePpm { get; init; } = 100;

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
