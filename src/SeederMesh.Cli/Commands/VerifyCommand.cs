using System.CommandLine;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;
using SeederMesh.Cli.Verification;
using SeederMesh.Core.Manifests;

namespace SeederMesh.Cli.Commands;

/// <summary><c>mesh verify PATH</c>.</summary>
internal static class VerifyCommand
{
    private const int ProblemsShown = 20;

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var path = new Argument<string>("PATH") { Description = "The folder or file that was downloaded or published." };
        var manifest = new Option<FileInfo?>("--manifest")
        {
            Description = "The signed manifest. [default: the .prov file beside PATH that names it]",
            HelpName = "FILE.prov",
        };
        Option<bool> json = CommandOptions.Json("Print one JSON document: {held, files, bytes, problems, surplus, ...}.");
        var command = new Command(
            "verify",
            "Check content against its signed manifest: the creator's signature, then every file's length and hash. "
                + "Nothing is sent anywhere. "
            + "Exit code 1 when a file is missing or different, 2 when the manifest itself is bad.")
        {
            path, manifest, json,
        };
        command.SetAction((parsed, ct) => Task.Run(
            () => Run(parsed.GetRequiredValue(path), parsed.GetValue(manifest)?.FullName, new Output(parsed.GetValue(json)), ct), ct));
        return command.WithExamples("""
            mesh verify "Loopback Ensemble - Play Money"
            mesh verify album --manifest 4f2a...c1.prov --json
            """);
    }

    private static int Run(string path, string? manifestPath, Output output, CancellationToken cancellationToken)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (!Path.Exists(full))
        {
            throw new Refusal($"There is no file or folder {full}.");
        }

        SignedManifest signed = manifestPath is null ? FindBeside(full) : Read(manifestPath);
        ManifestTorrent torrent = signed.Manifest.Torrent;
        ContentVerdict verdict = ContentVerifier.Check(torrent, full, new Ignored(), cancellationToken);
        bool held = verdict.Problems.Count == 0;
        if (output.Json)
        {
            output.Document(Describe(signed, verdict, held));
            return held ? ExitCode.Ok : ExitCode.Failed;
        }

        output.Say($"signed by  {signed.Manifest.Creator}, and the signature is valid");
        output.Say($"licence    {Printable.Clean(signed.Manifest.Licence.Spdx)}");
        foreach (FileProblem problem in verdict.Problems.Take(ProblemsShown))
        {
            output.Say($"  {Printable.Clean(problem.Path)} {problem.Problem}");
        }

        if (verdict.Surplus.Count > 0)
        {
            output.Say($"not in the manifest, so nobody vouches for it: {Printable.Clean(verdict.Surplus[0])}"
                + (verdict.Surplus.Count > 1 ? $" and {verdict.Surplus.Count - 1} more" : ""));
        }

        output.Say(held
            ? $"every file is as the creator signed it: {verdict.Files} files, {Units.Bytes(verdict.Bytes)}"
            : $"{verdict.Problems.Count} of {verdict.Files} files are missing or different");
        return held ? ExitCode.Ok : ExitCode.Failed;
    }

    private static JsonObject Describe(SignedManifest signed, ContentVerdict verdict, bool held) => new()
    {
        ["held"] = held,
        ["creator"] = signed.Manifest.Creator.ToString(),
        ["licence"] = signed.Manifest.Licence.Spdx,
        ["infohash"] = signed.Manifest.Torrent.InfohashV2.ToString(),
        ["manifestDigest"] = signed.Digest.ToString(),
        ["files"] = verdict.Files,
        ["bytes"] = verdict.Bytes,
        ["problems"] = new JsonArray([.. verdict.Problems.Select(problem => (JsonNode)new JsonObject
        {
            ["path"] = problem.Path, ["problem"] = problem.Problem,
        })]),
        ["surplus"] = new JsonArray([.. verdict.Surplus.Select(path => (JsonNode)path)]),
    };

    // The sidecar's name is an infohash, so the right one is found by what it says.
    private static SignedManifest FindBeside(string content)
    {
        string folder = Path.GetDirectoryName(content) ?? "/";
        string name = Path.GetFileName(content);
        foreach (string candidate in Directory.EnumerateFiles(folder, "*.prov"))
        {
            if (new FileInfo(candidate).Length <= Manifest.SizeMax
                && SignedManifest.Verify(File.ReadAllBytes(candidate)).Signed is { } signed
                && string.Equals(signed.Manifest.Torrent.Name, name, StringComparison.Ordinal))
            {
                return signed;
            }
        }

        throw new Refusal($"No valid manifest of \"{name}\" lies in {folder}: name one with --manifest FILE.prov.");
    }

    private static SignedManifest Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new Refusal($"There is no file {path}.");
        }

        if (new FileInfo(path).Length > Manifest.SizeMax)
        {
            throw new Refusal($"bad manifest: {path} has more than {Manifest.SizeMax} bytes.");
        }

        ManifestVerification verification = SignedManifest.Verify(File.ReadAllBytes(path));
        return verification.Signed ?? throw new Refusal($"bad manifest: {verification}");
    }

    private sealed class Ignored : IProgress<long>
    {
        public void Report(long value)
        {
        }
    }
}
