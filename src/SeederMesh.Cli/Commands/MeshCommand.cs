using System.CommandLine;
using System.CommandLine.Parsing;
using SeederMesh.Cli.Terminal;

namespace SeederMesh.Cli.Commands;

/// <summary>The program's commands.</summary>
internal static class MeshCommand
{
    /// <summary>What <c>mesh</c> alone prints: the usual path, in order.</summary>
    public const string Welcome = """
        SeederMesh: a torrent that pays its creator and its seeders, piece by piece.

        See it run (one machine, one minute, play money):
          mesh demo                              publish, seed, download, pay, audit

        The usual path by hand, with two terminals:
          mesh hub                               1. run a hub: registry, ledger, Lightning (play money, or yours)
          mesh publish DIR --licence CC-BY-4.0 --price 2sat
                                                 2. sign and register a folder; prints a magnet link
          mesh seed DIR                          3. upload it and earn
          mesh get MAGNET --budget 50sat         4. download it; never pays more than the budget
          mesh verify PATH                       5. check what arrived against the signed manifest

        Look closer:
          mesh inspect X                         explain a torrent, magnet, manifest, receipt, grant, invoice or key
          mesh wallet                            your wallet (play money, or your node): balance, invoice, pay, check
          mesh status                            what a hub has received, owes and has paid
          mesh payouts                           what is paid, and what waits for a person; your own terms
          mesh audit DB                          prove from a hub's database alone that no money was lost
          mesh hub export FILE                   a hub's receipts in a file: for research, and for mesh-sim replay

        Every command explains itself with --help. No telemetry: nothing is sent but to the hub and the peers that you use.
        """;

    /// <summary>Builds the command tree.</summary>
    public static RootCommand Create()
    {
        var root = new RootCommand("SeederMesh: a torrent that pays its creator and its seeders, piece by piece.")
        {
            DemoCommand.Create(),
            HubCommand.Create(),
            PublishCommand.Create(),
            SeedCommand.Create(),
            GetCommand.Create(),
            VerifyCommand.Create(),
            InspectCommand.Create(),
            WalletCommand.Create(),
            StatusCommand.Create(),
            PayoutsCommand.Create(),
            AuditCommand.Create(),
        };
        Help.Install(root);
        return root;
    }

    /// <summary>The words of the command that a parse stopped at, each followed by a space.</summary>
    public static IEnumerable<string> PathOf(CommandResult result) =>
        result.Command is RootCommand ? [] : [.. PathOf((CommandResult)result.Parent!), result.Command.Name + " "];
}
