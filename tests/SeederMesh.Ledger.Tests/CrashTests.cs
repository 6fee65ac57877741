using System.Diagnostics;
using System.Globalization;
using SeederMesh.Core.Identity;
using SeederMesh.Ledger.Audit;
using SeederMesh.Ledger.Postings;
using Xunit;

namespace SeederMesh.Ledger.Tests;

// Goal: what is acknowledged survives SIGKILL at any moment, and is there once. Method: this assembly runs itself as a child that
// posts from several callers and prints each acknowledged posting; the parent kills it, reopens the ledger and compares.
public sealed class CrashTests
{
    private const string ChildVariable = "SEEDERMESH_LEDGER_CRASH_CHILD";
    private const int Callers = 8;

    [Fact]
    public async Task Kill_AtRandomMoments_KeepsWhatWasAcknowledgedOnce()
    {
        string folder = Directory.CreateTempSubdirectory("ledger-crash-").FullName;
        string path = Path.Combine(folder, "ledger.db");
        // The moments are drawn from a fixed seed; what they hit in the child differs from run to run.
        Random moments = new(20261122);
        HashSet<string> acknowledged = [];
        for (int round = 0; round < 8; round++)
        {
            acknowledged.UnionWith(await RunAndKillAsync(path, round, moments.Next(1, 60)));
            using LedgerStore store = LedgerStore.OpenSqlite(path);
            foreach (string id in acknowledged)
            {
                Assert.True(Id128.TryParseHex(id, out Id128 posting));
                Assert.True(await store.Reader.HasPostingAsync(posting), $"round {round}: {id} was acknowledged and is lost");
            }

            AuditReport report = LedgerAudit.Run(path);
            Assert.All(report.Checks, check => Assert.True(check.IsPassed, check.Name + ": " + check.Detail));
        }

        Assert.NotEmpty(acknowledged);
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>The child: does nothing in an ordinary run.</summary>
    [Fact]
    public async Task Child_WhenStartedByTheCrashTest_PostsUntilKilled()
    {
        if (Environment.GetEnvironmentVariable(ChildVariable) is not { } order)
        {
            return;
        }

        string[] parts = order.Split('|');
        int round = int.Parse(parts[1], CultureInfo.InvariantCulture);
        using LedgerStore store = LedgerStore.OpenSqlite(parts[0]);
        await store.PostAsync(HubScenario.Begin);
        using SemaphoreSlim output = new(1);
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
        {
            HubScenario scenario = new(store, (round * Callers) + caller);
            await scenario.OpenAsync();
            while (true)
            {
                Posting posting = scenario.NextSettlement();
                PostingResult result = await store.PostAsync(posting);
                Core.Invariant.Require(result.IsPosted, result.ToString());
                await output.WaitAsync();
                await File.AppendAllTextAsync(parts[2], posting.Id + "\n");
                output.Release();
            }
        }));
    }

    private static async Task<IEnumerable<string>> RunAndKillAsync(string path, int round, int acknowledgements)
    {
        string output = $"{path}.acknowledged.{round}";
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, "SeederMesh.Ledger.Tests"))
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { "-method", $"{typeof(CrashTests).FullName}.{nameof(Child_WhenStartedByTheCrashTest_PostsUntilKilled)}" },
            Environment = { [ChildVariable] = $"{path}|{round}|{output}" },
        };
        using Process child = Process.Start(start)!;
        child.OutputDataReceived += (_, _) => { };
        child.ErrorDataReceived += (_, _) => { };
        child.BeginOutputReadLine();
        child.BeginErrorReadLine();
        Stopwatch waited = Stopwatch.StartNew();
        // The child's progress, not the clock, says when; the limit only ends a child that never starts.
        while (!child.HasExited && waited.Elapsed < TimeSpan.FromMinutes(1)
            && (!File.Exists(output) || new FileInfo(output).Length < acknowledgements * 33L))
        {
            await Task.Delay(1);
        }

        Assert.False(child.HasExited, "the child ended by itself");
        child.Kill();
        await child.WaitForExitAsync();
        string text = File.Exists(output) ? await File.ReadAllTextAsync(output) : "";
        return text.Split('\n').Where(line => line.Length == 32);
    }
}
