using SeederMesh.Cli.Terminal;
using SeederMesh.Client;

namespace SeederMesh.Cli.Seeding;

/// <summary>One line that says how seeding goes: the last line of a terminal, printed once a minute
/// elsewhere.</summary>
internal sealed class SeedView(Output output)
{
    private static readonly TimeSpan PrintEvery = TimeSpan.FromMinutes(1);
    private long printed;

    /// <summary>Shows the newest figures.</summary>
    public void Show(SeedSnapshot snapshot)
    {
        if (output.Json)
        {
            return;
        }

        if (output.ShowsStatus)
        {
            output.Status(Line(snapshot));
        }
        else if (printed == 0 || System.Diagnostics.Stopwatch.GetElapsedTime(printed) > PrintEvery)
        {
            printed = System.Diagnostics.Stopwatch.GetTimestamp();
            output.Say(Line(snapshot));
        }
    }

    /// <summary>The last figures, which stay on the terminal.</summary>
    public void End(SeedSnapshot snapshot)
    {
        if (!output.Json)
        {
            output.Say(Line(snapshot));
        }
    }

    private static string Line(SeedSnapshot snapshot)
    {
        int checking = snapshot.Torrents.Count(torrent => torrent.State == SeedingState.Checking);
        string torrents = $"{snapshot.Torrents.Count} torrents{(checking > 0 ? $" ({checking} being checked)" : "")}";
        string money = string.Join("; ", snapshot.Hubs.Select(hub =>
            $"{hub.Receipts} receipts"
            + (hub.UnreportedReceipts > 0 ? $" ({hub.UnreportedReceipts} to report)" : "")
            + (hub.Standing is { } standing
                ? $", earned {standing.EarnedMsat}, paid {standing.PaidMsat} ({Lightning.NodeInfo.NameMoney(hub.Network)})"
                    + Direct(standing.Direct)
                : "")));
        return $"{torrents}, {snapshot.Peers} peers, {snapshot.PayingPeers} paying, {Units.Bytes(snapshot.UploadRate)}/s, "
            + $"{Units.Bytes(snapshot.UploadedBytes)} up. {money}";
    }

    private static string Direct(DirectEarnings direct) => direct.EarnedMsat.IsZero
        ? ""
        : $"; from downloaders' own wallets {direct.PaidMsat} of {direct.EarnedMsat}"
            + (direct.UnpaidMsat.IsZero ? "" : $", {direct.UnpaidMsat} never paid");
}
