using System.CommandLine;
using SeederMesh.Cli.Album;
using SeederMesh.Cli.Demo;
using SeederMesh.Cli.Terminal;
using SeederMesh.Core.Money;
using Spectre.Console;

namespace SeederMesh.Cli.Commands;

/// <summary><c>mesh demo [DIR]</c>.</summary>
internal static class DemoCommand
{
    private static readonly Argument<string?> Source = new("DIR")
    {
        Description = "Folder or file to publish. Without it, an album of audio that the program makes itself.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<int> Seeders = new("--seeders")
    {
        Description = $"How many seedboxes, 1 to {DemoOptions.SeedersMax}.",
        HelpName = "N",
        DefaultValueFactory = _ => 3,
    };

    private static readonly Option<long> Size = CommandOptions.Bytes("--size", "Size of the album, such as 20MB or 1GiB. "
        + "[default: 20MB]");
    private static readonly Option<Msat> Budget = CommandOptions.Amount("--budget", "The most that the downloader pays. "
        + "[default: 50sat, more for large content]");
    private static readonly Option<Msat> Price = CommandOptions.Amount("--price", "Price of a MiB.", Msat.FromSatoshi(2));
    private static readonly Option<int> Seconds = new("--seconds")
    {
        Description = "Slow the transfer so that it lasts about so long and can be watched; 0 is as fast as it goes.",
        HelpName = "S",
        DefaultValueFactory = _ => 8,
    };

    private static readonly Option<bool> KillSeeder = new("--kill-seeder")
    {
        Description = "Kill a seedbox (SIGKILL) in the middle and start it again: it loses nothing that it had a receipt for.",
    };

    private static readonly Option<int> KillHub = new("--kill-hub")
    {
        Description = "Kill the hub (SIGKILL) so many times at random moments and start it again each time.",
        HelpName = "N",
    };

    private static readonly Option<int> Seed = new("--seed")
    {
        Description = "Where the random moments come from; the same seed, the same delays.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<DirectoryInfo?> Keep = new("--keep")
    {
        Description = "Keep all data (keys, databases, logs, files) in this folder, which must be new or empty.",
        HelpName = "DIR",
    };

    private static readonly Option<bool> Yes = new("--yes", "-y")
    {
        Description = "Accept the offer without being asked.",
    };

    private static readonly Option<bool> Json = CommandOptions.Json(
        "Print JSON lines: progress once a second, then {\"event\": \"figures\", ...}.");

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var command = new Command(
            "demo",
            "Show the whole path on this machine with play money: a creator publishes, seedboxes upload, a downloader "
                + "pays by receipts, everybody is "
            + "paid, and the books are audited. A hub, the seedboxes and the downloader are processes of their own on 127.0.0.1; "
            + "none is left behind.")
        {
            Source, Seeders, Size, Budget, Price, Seconds, KillSeeder, KillHub, Seed, Keep, Yes, Json,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(Read(parsed), new Output(parsed.GetValue(Json)), cancellationToken));
        return command.WithExamples("""
            mesh demo                       an album of 20 MB, three seedboxes
            mesh demo /usr/share/doc --yes  a real folder, thousands of files
            mesh demo --kill-seeder         a seedbox dies in the middle and comes back
            mesh demo --size 200MB --seeders 5 --seconds 0 --json
            """);
    }

    private static DemoOptions Read(ParseResult parsed)
    {
        var options = new DemoOptions
        {
            Source = parsed.GetValue(Source) is { } source ? Path.GetFullPath(source) : null,
            Seeders = parsed.GetValue(Seeders),
            AlbumBytes = parsed.GetResult(Size) is null ? AlbumGenerator.DefaultBytes : parsed.GetValue(Size),
            Budget = parsed.GetResult(Budget) is null ? null : parsed.GetValue(Budget),
            Price = parsed.GetValue(Price),
            Seconds = parsed.GetValue(Seconds),
            KillSeeder = parsed.GetValue(KillSeeder),
            HubKills = parsed.GetValue(KillHub),
            Seed = parsed.GetValue(Seed),
            Keep = parsed.GetValue(Keep)?.FullName,
            Yes = parsed.GetValue(Yes),
        };
        string? fault =
            options.Source is { } path && !Path.Exists(path) ? $"there is no file or folder {path}"
            : options.Seeders is < 1 or > DemoOptions.SeedersMax ? $"--seeders is 1 to {DemoOptions.SeedersMax}"
            : options.AlbumBytes is < AlbumGenerator.BytesMin or > AlbumGenerator.BytesMax ? "--size is 1MB to 16GiB"
            : options.Seconds is < 0 or > 3600 ? "--seconds is 0 to 3600"
            : options.HubKills is < 0 or > 1000 ? "--kill-hub is 0 to 1000"
            : options.Price.IsZero ? "--price is more than nothing: the demo is about payment"
            : IsUsed(options.Keep) ? $"--keep: {options.Keep} is not empty"
            : null;
        return fault is null ? options : throw new Refusal(fault + ".");
    }

    private static bool IsUsed(string? folder) => Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any();

    private static async Task<int> RunAsync(DemoOptions options, Output output, CancellationToken cancellationToken)
    {
        string folder = options.Keep ?? Directory.CreateTempSubdirectory("mesh-demo-").FullName;
        Directory.CreateDirectory(folder);
        (bool held, bool failed) = (false, false);
        try
        {
            output.Say("SeederMesh demo: every amount is play money, worth nothing.");
            IAnsiConsole console = output.Console();
            DemoFigures figures = await new DemoRun(options, output, console).RunAsync(folder, cancellationToken);
            (held, failed) = (figures.Held, !figures.Held);
            DemoReport.Write(console, figures);
            System.Text.Json.Nodes.JsonObject document = figures.ToJson();
            output.Event("figures", document);
            return held ? ExitCode.Ok : ExitCode.Failed;
        }
        catch (Failure)
        {
            failed = true;
            throw;
        }
        finally
        {
            // After a failure the data is what explains it.
            if (options.Keep is null && !failed)
            {
                Directory.Delete(folder, recursive: true);
            }
            else
            {
                output.Say($"all data is in {folder}");
            }
        }
    }
}
