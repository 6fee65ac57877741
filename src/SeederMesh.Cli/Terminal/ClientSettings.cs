using System.CommandLine;
using SeederMesh.Cli.Wallets;
using SeederMesh.Client;

namespace SeederMesh.Cli.Terminal;

/// <summary>The settings of <c>mesh seed</c> and <c>mesh get</c> that stand on the command line; they go before
/// config.json.</summary>
internal static class ClientSettings
{
    private static readonly Option<DirectoryInfo> Data = CommandOptions.Data();
    private static readonly Option<string> Hub = CommandOptions.Hub();
    private static readonly Option<string?> Wallet = CommandOptions.Wallet();
    private static readonly Option<int?> Port = new("--port")
    {
        Description = "Port on which peers reach you; 0 takes any free one. [default: 6881]",
        HelpName = "PORT",
    };

    private static readonly Option<long> UploadLimit = CommandOptions.Bytes("--upload-limit", "Upload at most so many bytes a second, "
        + "such as 2MB; 0 sets no limit.");
    private static readonly Option<long> DownloadLimit = CommandOptions.Bytes("--download-limit", "Download at most so many bytes a "
        + "second; 0 sets no limit.");
    private static readonly Option<bool> NoDht = new("--no-dht")
    {
        Description = "Do not use the distributed hash table.",
    };

    private static readonly Option<bool> NoPex = new("--no-pex") { Description = "Do not exchange peers with peers." };
    private static readonly Option<string[]> Peers = new("--peer")
    {
        Description = "A peer to connect to.",
        HelpName = "HOST:PORT",
    };

    private static readonly Option<bool> Local = new("--local")
    {
        Description = "Stay on this machine: listen on 127.0.0.1, find peers by the hub's tracker alone. For trials.",
    };

    /// <summary>Adds the options to a command.</summary>
    public static void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Data, Hub, Wallet, Port, UploadLimit, DownloadLimit, NoDht, NoPex, Peers, Local])
        {
            command.Add(option);
        }
    }

    /// <summary>The person's home folder.</summary>
    public static string Home(ParseResult parsed) => parsed.GetRequiredValue(Data).FullName;

    /// <summary>The hub: of the command line, else of config.json, else of the environment.</summary>
    public static string HubOf(ParseResult parsed, ClientConfiguration configuration) =>
        parsed.GetResult(Hub) is { Implicit: false } || configuration.Hub is null
            ? parsed.GetRequiredValue(Hub)
            : configuration.Hub.TrimEnd('/');

    /// <summary>What config.json in a home folder says.</summary>
    /// <exception cref="Refusal">A setting is wrong.</exception>
    public static ClientConfiguration Stored(string home)
    {
        try
        {
            return ClientConfiguration.Load(Path.Combine(home, "config.json"));
        }
        catch (ClientException exception)
        {
            throw new Refusal(exception.Message);
        }
    }

    /// <summary>Reads config.json in the home folder and lets the command line override it.</summary>
    /// <exception cref="Refusal">A setting is wrong.</exception>
    public static ClientConfiguration Read(ParseResult parsed)
    {
        ClientConfiguration read = Stored(Home(parsed));
        bool local = parsed.GetValue(Local);
        read = read with
        {
            Hub = HubOf(parsed, read),
            Wallet = OwnWallet.Choose(parsed.GetValue(Wallet), read),
            Port = parsed.GetValue(Port) ?? read.Port,
            UploadLimit = parsed.GetResult(UploadLimit) is null ? read.UploadLimit : parsed.GetValue(UploadLimit),
            DownloadLimit = parsed.GetResult(DownloadLimit) is null ? read.DownloadLimit : parsed.GetValue(DownloadLimit),
            Dht = read.Dht && !local && !parsed.GetValue(NoDht),
            Pex = read.Pex && !parsed.GetValue(NoPex),
            Lsd = read.Lsd && !local,
            Loopback = read.Loopback || local,
            ListenAddress = local ? "127.0.0.1" : read.ListenAddress,
            Peers = [.. read.Peers, .. parsed.GetValue(Peers) ?? []],
        };
        return read.Defect() is { } defect ? throw new Refusal(defect) : read;
    }

    /// <summary>The wallet that is set, else the play-money wallet in the home folder.</summary>
    public static Task<Lightning.ILightningNode> OpenWalletAsync(
        ParseResult parsed, ClientConfiguration configuration, CancellationToken cancellationToken) =>
        OwnWallet.OpenAsync(configuration.Wallet, Home(parsed), configuration.Hub!, cancellationToken);
}
