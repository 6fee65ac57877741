using SeederMesh.Cli.Terminal;
using SeederMesh.Client;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded.Http;

namespace SeederMesh.Cli.Wallets;

/// <summary>A person's wallet: the Lightning node that is set, else one of the hub's play money.</summary>
internal static class OwnWallet
{
    private const string Variable = "SEEDERMESH_WALLET";

    /// <summary>The connection string of the command line, else of the environment, else of config.json; null for
    /// none.</summary>
    public static string? Choose(string? given, ClientConfiguration configuration) =>
        given ?? (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } usual ? usual : configuration.Wallet);

    /// <summary>Opens it. A node is not connected yet; a play-money wallet is opened on its network.</summary>
    /// <param name="connectionString">The node, or null for play money.</param>
    /// <param name="home">The person's folder.</param>
    /// <param name="hub">The hub, whose network a new play-money wallet is on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Refusal">The connection string is wrong, or the hub is not paid in play money.</exception>
    /// <exception cref="Failure">The play-money network does not answer.</exception>
    public static async Task<ILightningNode> OpenAsync(
        string? connectionString, string home, string hub, CancellationToken cancellationToken)
    {
        if (connectionString is not null)
        {
            return Connect(connectionString);
        }

        string network = await FindNetworkAsync(hub, cancellationToken) ?? NodeInfo.PlayMoney;
        return network is NodeInfo.PlayMoney
            ? await PlayWallet.OpenAsync(home, hub, cancellationToken)
            : throw new Refusal(
                $"The hub at {hub} is paid in {NodeInfo.NameMoney(network)}, so that a wallet of play money is no use. Name your Lightning "
                + "node with --wallet (mesh wallet check tries it), or download and pay by hand with --refund-to.");
    }

    /// <summary>The node of a connection string; nothing is connected yet.</summary>
    /// <exception cref="Refusal">The string is wrong; the message names the key, and never a secret.</exception>
    public static ILightningNode Connect(string connectionString)
    {
        try
        {
            return LightningNodes.Connect(connectionString);
        }
        catch (ArgumentException exception)
        {
            throw new Refusal($"bad node: {FirstLine(exception)}");
        }
    }

    /// <summary>The network that a hub is paid on; null when it does not answer.</summary>
    public static async Task<string?> FindNetworkAsync(string hub, CancellationToken cancellationToken)
    {
        try
        {
            using var client = new HubClient(new Uri(hub), caller: null);
            return (await client.GetHubAsync(cancellationToken)).Network is { Length: > 0 } network ? network : null;
        }
        catch (ClientException)
        {
            return null;
        }
    }

    /// <summary>Where others pay a wallet to: one destination a line, the best first. A play-money wallet has a Lightning
    /// address too, where a payment can be proved.</summary>
    /// <exception cref="Refusal">The node takes no keysend, so that a person has to say it.</exception>
    public static async Task<string> DestinationAsync(ILightningNode wallet, CancellationToken cancellationToken)
    {
        NodeInfo info = await wallet.GetInfoAsync(cancellationToken);
        return info.Features.HasFlag(NodeFeatures.ReceivesKeysend)
            ? $"keysend:{info.NodeId}" + (wallet is EmbeddedNodeClient { LightningAddress: { } address } ? $"\nlnaddress:{address}" : "")
            : throw new Refusal(
                $"Your node ({info.Implementation}) takes no keysend. Say where you are paid: --pay-to lnaddress:you@host, "
                + "bolt12:lno1... or lnurl:...");
    }

    private static string FirstLine(ArgumentException exception) =>
        exception.ParamName is { } name
            ? exception.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
            : exception.Message;
}
