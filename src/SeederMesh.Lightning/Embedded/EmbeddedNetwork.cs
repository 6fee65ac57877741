using System.Security.Cryptography;
using System.Text;
using SeederMesh.Core;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Lightning.Embedded;

/// <summary>A Lightning network of play money in one process: nodes, channels, liquidity, routing fees, real BOLT 11
/// invoices.</summary>
/// <remarks>
/// A new file holds the nodes <see cref="HubName"/>, <see cref="NorthName"/> and <see cref="SouthName"/>, joined in a
/// triangle; each wallet gets
/// one channel to north or south, chosen by its name, so that every payment between hub and wallets is forwarded and
/// costs a fee.
/// Deterministic: the same seed and the same calls give the same keys, preimages, routes and balances; there is no
/// randomness in it.
/// Every change is durable before its task completes; a payment over any number of hops is one transaction. Thread
/// safe.
/// </remarks>
public sealed partial class EmbeddedNetwork : IAsyncDisposable
{
    /// <summary>The hub's node.</summary>
    public const string HubName = "hub";

    /// <summary>A routing node.</summary>
    public const string NorthName = "north";

    /// <summary>The other routing node.</summary>
    public const string SouthName = "south";

    private readonly EmbeddedNetworkOptions options;
    private readonly NetworkStore store;
    private readonly CommitQueue commits;

    private EmbeddedNetwork(EmbeddedNetworkOptions options, NetworkStore store)
    {
        this.options = options;
        this.store = store;
        commits = new CommitQueue(store);
    }

    /// <summary>The hub's own node.</summary>
    public EmbeddedNode Hub => new(this, HubName);

    internal TimeProvider Clock => options.Clock;

    /// <summary>Opens the network's file, and makes it with its three nodes when it is not there.</summary>
    /// <exception cref="LightningNodeException">Another process has it open, or it is of another version.</exception>
    public static async Task<EmbeddedNetwork> OpenAsync(EmbeddedNetworkOptions options)
    {
        EmbeddedNetwork network = new(options, NetworkStore.Open(options));
        await network.commits.RunAsync(network.CreateTrunk);
        return network;
    }

    /// <summary>A node by name, for the process that owns the network.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public async Task<EmbeddedNode> NodeAsync(string name) =>
        await commits.RunAsync(() => store.Map.Find(name) is not null)
            ? new EmbeddedNode(this, name)
            : throw new ArgumentException($"The play-money network has no node '{name}'.", nameof(name));

    /// <summary>Opens a wallet: a node with one channel, funded by the operator's faucet of play money. Idempotent by
    /// name and token.</summary>
    /// <param name="name">1 to 32 of a-z 0-9 - _ ; also the user part of its Lightning address.</param>
    /// <param name="token">The wallet's secret, 32 to 128 hexadecimal digits, chosen by its owner. Only its hash is
    /// stored.</param>
    /// <param name="funds">Play money to start with. Counts only when the wallet is new.</param>
    /// <param name="cancellation">Gives up waiting; the wallet may be open all the same.</param>
    public async Task<OpenWalletResult> OpenWalletAsync(
        string name, string token, Msat funds, CancellationToken cancellation = default)
    {
        if (!IsNodeName(name) || !IsToken(token))
        {
            return OpenWalletResult.InvalidRequest;
        }

        byte[] tokenHash = HashToken(token);
        return await commits.RunAsync(() => OpenWallet(name, tokenHash, funds), cancellation);
    }

    /// <summary>The node of a wallet, when the token is its own.</summary>
    public async Task<EmbeddedNode?> AuthenticateAsync(string name, string token, CancellationToken cancellation = default)
    {
        if (!IsToken(token))
        {
            return null;
        }

        byte[] tokenHash = HashToken(token);
        byte[]? known = await commits.RunAsync(() => store.Map.Find(name)?.TokenHash, cancellation);
        return known is not null && CryptographicOperations.FixedTimeEquals(known, tokenHash)
            ? new EmbeddedNode(this, name)
            : null;
    }

    /// <summary>A wallet's node for those who want to pay it by name, as a Lightning address does; null where there is
    /// none.</summary>
    /// <summary>Whether there is a wallet of that name.</summary>
    public async Task<bool> HasWalletAsync(string name, CancellationToken cancellation = default) =>
        await FindPayeeAsync(name, cancellation) is not null;

    internal async Task<EmbeddedNode?> FindPayeeAsync(string name, CancellationToken cancellation) =>
        await commits.RunAsync(() => store.Map.Find(name) is not null, cancellation) ? new EmbeddedNode(this, name) : null;

    /// <summary>The channels and what stands on each side.</summary>
    public Task<IReadOnlyList<EmbeddedChannel>> ListChannelsAsync() => commits.RunAsync<IReadOnlyList<EmbeddedChannel>>(() =>
    [
        .. store.Map.Channels.Select(channel => new EmbeddedChannel(
            channel.Id, channel.NodeA.Name, channel.NodeB.Name, channel.BalanceA, channel.BalanceB, channel.Usable)),
    ]);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await commits.DisposeAsync();
        store.Dispose();
    }

    internal static bool IsNodeName(string? name) =>
        name is { Length: >= 1 and <= 32 } && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_');

    private static bool IsToken(string? token) =>
        token is { Length: >= 32 and <= 128 } && token.All(char.IsAsciiHexDigit);

    private static byte[] HashToken(string token) => SHA256.HashData(Encoding.ASCII.GetBytes(token.ToLowerInvariant()));

    private bool CreateTrunk()
    {
        if (store.Map.Nodes.Count > 0)
        {
            return false;
        }

        // No token opens these: the hash of a secret that is never given out.
        MapNode hub = AddNode(HubName, store.Derive("trunk-token/hub"));
        MapNode north = AddNode(NorthName, store.Derive("trunk-token/north"));
        MapNode south = AddNode(SouthName, store.Derive("trunk-token/south"));
        AddChannel(hub, north, options.TrunkLiquidity, options.TrunkLiquidity);
        AddChannel(hub, south, options.TrunkLiquidity, options.TrunkLiquidity);
        AddChannel(north, south, options.TrunkLiquidity, options.TrunkLiquidity);
        return true;
    }

    private OpenWalletResult OpenWallet(string name, byte[] tokenHash, Msat funds)
    {
        if (store.Map.Find(name) is { } known)
        {
            return CryptographicOperations.FixedTimeEquals(known.TokenHash, tokenHash)
                ? OpenWalletResult.AlreadyOpen
                : OpenWalletResult.NameTaken;
        }

        if (funds > options.FaucetMax)
        {
            return OpenWalletResult.FundsAboveFaucet;
        }

        if (store.Map.Nodes.Count >= NetworkMap.NodesMax)
        {
            return OpenWalletResult.NetworkFull;
        }

        MapNode wallet = AddNode(name, tokenHash);
        bool north = (Digest.Of(Encoding.UTF8.GetBytes(name)).Span[0] & 1) == 0;
        AddChannel(store.Map.Find(north ? NorthName : SouthName)!, wallet, options.WalletInbound, funds);
        return OpenWalletResult.Opened;
    }

    private MapNode AddNode(string name, byte[] tokenHash)
    {
        MapNode node = new(name, store.Map.Nodes.Count, store.NodeSecret(name), tokenHash);
        store.Map.Add(node);
        store.InsertNode(node);
        return node;
    }

    private MapChannel AddChannel(MapNode nodeA, MapNode nodeB, Msat sideA, Msat sideB)
    {
        MapChannel channel = new(
            store.Map.Channels.Count + 1, nodeA, nodeB, sideA, sideB, options.BaseFee, options.FeePpm);
        store.Map.Add(channel);
        store.InsertChannel(channel);
        return channel;
    }

    private MapNode Required(string name)
    {
        MapNode? node = store.Map.Find(name);
        Invariant.Require(node is not null, "a node that was opened stays");
        return node;
    }
}

/// <summary>What became of a request to open a wallet, in the order of the checks.</summary>
public enum OpenWalletResult
{
    /// <summary>Never returned.</summary>
    None = 0,

    /// <summary>The name or the token breaks its form.</summary>
    InvalidRequest = 1,

    /// <summary>Somebody else has a wallet of this name.</summary>
    NameTaken = 2,

    /// <summary>The wallet is open already, with this token.</summary>
    AlreadyOpen = 3,

    /// <summary>More play money was asked for than the faucet gives.</summary>
    FundsAboveFaucet = 4,

    /// <summary>The network has as many nodes as it takes.</summary>
    NetworkFull = 5,

    /// <summary>The wallet is new.</summary>
    Opened = 6,
}

/// <summary>A channel as a person may look at it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="NodeA">The node on one side.</param>
/// <param name="NodeB">The node on the other side.</param>
/// <param name="BalanceA">What node A can send over it.</param>
/// <param name="BalanceB">What node B can send over it.</param>
/// <param name="Usable">Whether it forwards.</param>
public sealed record EmbeddedChannel(long Id, string NodeA, string NodeB, Msat BalanceA, Msat BalanceB, bool Usable);
