using System.Text.Json;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Hub.Hosting;

/// <summary>The node that a hub's money moves on: the operator's own, or the embedded network's.</summary>
/// <remarks>
/// The file <c>money.json</c> in the data folder binds the books to a network. What is owed in play money must never be
/// paid in bitcoin, so a
/// folder that was used on one network is refused on another.
/// </remarks>
internal sealed class HubNode : IAsyncDisposable
{
    private readonly EmbeddedNetwork? embedded;

    private HubNode(ILightningNode node, NodeInfo info, EmbeddedNetwork? embedded) =>
        (Node, Info, this.embedded) = (node, info, embedded);

    /// <summary>What makes invoices and pays.</summary>
    public ILightningNode Node { get; }

    /// <summary>Who it is, as of the start.</summary>
    public NodeInfo Info { get; }

    /// <summary>The network of play money; null on a node of the operator's.</summary>
    public EmbeddedNetwork? Embedded => embedded;

    /// <summary>Connects the operator's node, or opens the embedded network, and binds the books to it.</summary>
    /// <exception cref="HubStartException">The node does not answer, the books are of another network, or the operator has not
    /// agreed to real money.</exception>
    public static async Task<HubNode> OpenAsync(HubOptions options, string folder, CancellationToken cancellation)
    {
        string playMoney = Path.Combine(folder, "lightning.db");
        string file = Path.Combine(folder, "money.json");
        Binding? bound = Read(file) ?? (File.Exists(playMoney) ? new Binding(NodeInfo.PlayMoney, "") : null);
        HubNode node = options.Lightning is null
            ? await OpenEmbeddedAsync(options, playMoney, bound)
            : await ConnectAsync(options.Lightning, cancellation);
        try
        {
            Bind(node.Info, bound, file, options);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (embedded is not null)
        {
            await embedded.DisposeAsync();
        }
        else
        {
            await Node.DisposeAsync();
        }
    }

    private static async Task<HubNode> OpenEmbeddedAsync(HubOptions options, string path, Binding? bound)
    {
        // Looked at before the network's file is made: its being there is what marks a folder without money.json.
        if (bound is not null && bound.Network != NodeInfo.PlayMoney)
        {
            throw OtherNetwork(bound, NodeInfo.PlayMoney, "Say which node it is with --lightning");
        }

        EmbeddedNetwork network = await EmbeddedNetwork.OpenAsync(new EmbeddedNetworkOptions(path) { Clock = options.Clock });
        return new HubNode(network.Hub, await network.Hub.GetInfoAsync(), network);
    }

    private static async Task<HubNode> ConnectAsync(string connectionString, CancellationToken cancellation)
    {
        ILightningNode? node = null;
        try
        {
            node = LightningNodes.Connect(connectionString);
            return new HubNode(node, await node.GetInfoAsync(cancellation), embedded: null);
        }
        catch (Exception exception) when (exception is LightningNodeException or ArgumentException)
        {
            if (node is not null)
            {
                await node.DisposeAsync();
            }

            throw new HubStartException($"The hub's Lightning node cannot be used: {exception.Message}", exception);
        }
    }

    private static void Bind(NodeInfo info, Binding? bound, string file, HubOptions options)
    {
        if (bound is not null && bound.Network != info.Network)
        {
            throw OtherNetwork(bound, info.Network, "Use the node of before");
        }

        if (info.IsRealMoney && bound is null && !options.RealMoney)
        {
            throw new HubStartException(
                $"The node {info.Alias} ({info.NodeId}) is on the main network: this hub would take, hold and pay out real money. "
                + "Agree once with --real-money (or \"realMoney\": true in hub.json, or SEEDERMESH_HUB_REAL_MONEY=true).");
        }

        if (bound?.NodeId != info.NodeId.ToString())
        {
            var binding = new Binding(info.Network, info.NodeId.ToString());
            byte[] content = JsonSerializer.SerializeToUtf8Bytes(binding, JsonSerializerOptions.Web);
            string draft = file + ".new";
            File.WriteAllBytes(draft, content);
            File.Move(draft, file, overwrite: true);
        }
    }

    private static HubStartException OtherNetwork(Binding bound, string network, string remedy) => new(
        $"The books in this folder are in {NodeInfo.NameMoney(bound.Network)}, and the node is on {NodeInfo.NameMoney(network)}: what is "
        + $"owed in one is never paid in the other. {remedy}, or give the hub a data folder of its own.");

    private static Binding? Read(string file)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<Binding>(File.ReadAllBytes(file), JsonSerializerOptions.Web) is { Network.Length: > 0 } read
                ? read
                : throw new JsonException("no network");
        }
        catch (JsonException exception)
        {
            throw new HubStartException($"{file} cannot be read ({exception.Message}); it says which network the books are of.", exception);
        }
    }

    private sealed record Binding(string Network, string NodeId);
}
