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

    /// <summary>Whether its money is play money.</summary>
    public bool IsPlayMoney => string.Equals(Network, PlayMoney, StringComparison.Ordinal);
}

/// <summary>What a node can do beyond invoices and BOLT 11 payments.</summary>
[Flags]
public enum NodeFeatures
{
    /// <summary>Nothing beyond the basics.</summary>
    None = 0,

    /// <summary>Keysend under a preimage of the caller's.</summary>
    Keysend = 1,

    /// <summary>BOLT 12 offers: an invoice can be fetched and paid.</summary>
    Offers = 2,

    /// <summary>A limit on routing fees is honoured by the node itself.</summary>
    FeeLimit = 4,
}

/// <summary>What a node holds.</summary>
/// <param name="Spendable">What its channels can send now, before routing fees.</param>
/// <param name="Receivable">What its channels can receive now.</param>
/// <param name="OnChain">Confirmed on-chain money; zero where the node has none.</param>
public sealed record NodeBalance(Msat Spendable, Msat Receivable, Msat OnChain);
