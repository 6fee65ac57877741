using System.Security.Cryptography;
using System.Text;
using SeederMesh.Cli.Terminal;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded.Http;

namespace SeederMesh.Cli.Wallets;

/// <summary>A person's wallet of play money: a node of the network that a hub runs, and the secret file that opens
/// it.</summary>
/// <remarks>The file <c>wallet</c> in the home folder holds the connection string, mode 0600. It is made once, never
/// changed.</remarks>
internal static class PlayWallet
{
    private const int PaymentsMax = 1_000;
    private const int FileBytesMax = 8_192;

    /// <summary>What a new wallet starts with: 1,000,000 sat of play money.</summary>
    public static Msat Faucet { get; } = Msat.FromSatoshi(1_000_000);

    /// <summary>Where the secret is.</summary>
    public static string FileIn(string home) => Path.Combine(home, "wallet");

    /// <summary>The wallet's connection string, made at the first call.</summary>
    /// <param name="home">The person's folder.</param>
    /// <param name="hub">The hub whose network a new wallet is on.</param>
    public static string ConnectionString(string home, string hub)
    {
        string file = FileIn(home);
        if (!File.Exists(file))
        {
            string name = "w" + RandomNumberGenerator.GetHexString(15, lowercase: true);
            string token = RandomNumberGenerator.GetHexString(64, lowercase: true);
            Store(file, $"type=embedded;server={hub}/lightning;node={name};token={token}");
        }

        var information = new FileInfo(file);
        return information.Length <= FileBytesMax
            ? File.ReadAllText(file).Trim()
            : throw new Refusal($"{file} is no wallet: it has more than {FileBytesMax} bytes.");
    }

    /// <summary>Opens the wallet, and on its network too when it is new.</summary>
    /// <exception cref="Failure">The hub's network does not answer.</exception>
    public static async Task<ILightningNode> OpenAsync(string home, string hub, CancellationToken cancellationToken)
    {
        string text = ConnectionString(home, hub);
        if (!LightningConnectionString.TryParse(text, out LightningConnectionString? parsed, out string error))
        {
            throw new Refusal($"{FileIn(home)}: {error}");
        }

        if (parsed.Type != "embedded")
        {
            return LightningNodes.Connect(text);
        }

        var node = new EmbeddedNodeClient(parsed["server"], parsed["node"], parsed["token"]);
        try
        {
            await node.OpenWalletAsync(Faucet, cancellationToken);
            return node;
        }
        catch (LightningNodeException exception)
        {
            await node.DisposeAsync();
            throw new Failure($"The play-money wallet cannot be opened: {exception.Message} Is the hub running (mesh hub)?", exception);
        }
    }

    /// <summary>All that a wallet has received, as the wallet itself tells; nothing where there is no wallet.</summary>
    public static async Task<Msat> ReceivedAsync(string home, CancellationToken cancellationToken)
    {
        if (!File.Exists(FileIn(home)))
        {
            return Msat.Zero;
        }

        await using ILightningNode wallet = LightningNodes.Connect((await File.ReadAllTextAsync(FileIn(home), cancellationToken)).Trim());
        IReadOnlyList<Invoice> invoices = await wallet.ListInvoicesAsync(PaymentsMax, cancellationToken);
        return invoices.Where(invoice => invoice.Status == InvoiceStatus.Settled)
            .Aggregate(Msat.Zero, (sum, invoice) => sum + invoice.Received);
    }

    // Two commands of one person may start at the same moment: the first one's wallet counts.
    private static void Store(string file, string text)
    {
        Directory.CreateDirectory(
            Path.GetDirectoryName(file)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string draft = $"{file}.{Environment.ProcessId}";
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var stream = new FileStream(draft, options))
        {
            stream.Write(Encoding.ASCII.GetBytes(text + "\n"));
            stream.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(draft, file, overwrite: false);
        }
        catch (IOException) when (File.Exists(file))
        {
            File.Delete(draft);
        }
    }
}
