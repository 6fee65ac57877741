using SeederMesh.Core.Money;

namespace SeederMesh.Lightning;

/// <summary>Who a node is.</summary>
/// <param name="Implementation">"clightning", "lnd", "phoenixd", "eclair" or "embedded".</param>
/// <param name="Version">As the node reports it.</param>
/// <param name="NodeId">Its public key, which keysend pays and BOLT 11 invoices recover to.</param>
/// <param name="Alias">A name for people. Of the embedded network it always contains "play money".</param>
/// <param name="Network">"bitcoin", "testnet", "signet", "regtest", or "play money" for the embedded network.</param>
/// <param name="Features">What the node can do.</param>
public sealed record NodeInfo(
    string Implementation, string Version, NodeId NodeId, string Alias, string Network, NodeFeatures Features)
{
    /// <summary>The name of the embedded network, shown wherever a person sees an amount of it.</summary>
    public const string PlayMoney = "play money";

    /// <summary>The name of the network whose coins are money.</summary>
    public const string Mainnet = "bitcoin";

    /// <summary>Whether its money is play money.</summary>
    public bool IsPlayMoney => string.Equals(Network, PlayMoney, StringComparison.Ordinal);

    /// <summary>Whether its money is real.</summary>
    public bool IsRealMoney => string.Equals(Network, Mainnet, StringComparison.Ordinal);

    /// <summary>The chain's height as the node knows it; null where it does not say.</summary>
    public long? BlockHeight { get; init; }

    /// <summary>Why the node cannot be relied on yet (it still reads the chain, it has no chain); null when
    /// nothing is wrong or it does not say.</summary>
    public string? Warning { get; init; }

    /// <summary>What a person is told after an amount: "play money", "real money", or the name of a test
    /// network.</summary>
    /// <param name="network">As <see cref="Network"/>.</param>
    public static string NameMoney(string network) => network switch
    {
        Mainnet => "real money",
        "" => "unknown network",
        _ => network,
    };
}

/// <summary>What a node can do beyond invoices and BOLT 11 payments.</summary>
[Flags]
public enum NodeFeatures
{
    /// <summary>Nothing beyond the basics.</summary>
    None = 0,

    /// <summary>It pays by keysend, under a preimage of the caller's.</summary>
    Keysend = 1,

    /// <summary>BOLT 12 offers: an invoice can be fetched, its hash stored, and then paid.</summary>
    Offers = 2,

    /// <summary>A limit on routing fees is honoured by the node itself.</summary>
    FeeLimit = 4,

    /// <summary>It can be paid by keysend.</summary>
    ReceivesKeysend = 8,

    /// <summary>BOLT 12 offers are paid in one step: the hash is known only afterwards, so that nothing may be repeated.
    /// For a person, never for a payout.</summary>
    OffersInOneStep = 16,
}

/// <summary>What a node holds.</summary>
/// <param name="Spendable">What its channels can send now, before routing fees.</param>
/// <param name="Receivable">What its channels can receive now.</param>
/// <param name="OnChain">Confirmed on-chain money; zero where the node has none.</param>
public sealed record NodeBalance(Msat Spendable, Msat Receivable, Msat OnChain);
