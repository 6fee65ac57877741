using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;
using SeederMesh.Client;

namespace SeederMesh.Cli.Seeding;

/// <summary>Tells a person, or a script, what happens while seeding; receipts are counted in the view
/// instead.</summary>
internal sealed class SeedEventLines(Output output) : IProgress<SeedEvent>
{
    /// <inheritdoc/>
    public void Report(SeedEvent value)
    {
        string? line = value switch
        {
            SeedingStarted started => $"seeding \"{Printable.Clean(started.Name)}\""
                + (started.IsPaid ? "" : $", unpaid: {started.Remark ?? "nothing is asked"}"),
            SeedingChecked { IsComplete: false } incomplete =>
                $"\"{Printable.Clean(incomplete.Name)}\" is not complete on this disk; what is "
                + "there is seeded",
            SeedingStopped stopped => $"stopped \"{Printable.Clean(stopped.Name)}\"",
            SeedingRefused refused => $"cannot seed {refused.Path}: {refused.Reason}",
            SeedingFailed failed => $"stopped \"{Printable.Clean(failed.Name)}\": {failed.Reason}",
            PeerRefused refused => $"refused {refused.Peer}: {refused.Verdict}",
            ReceiptsRefused refused => $"the hub {refused.Hub} refused {refused.Receipts} receipts: {refused.Verdict}",
            HubAway away => $"the hub {away.Hub} is away: {away.Reason} Receipts are kept.",
            HubReached reached => $"the hub {reached.Hub} is reached",
            ReceiptStoreRecovered recovered => $"the receipt store was repaired: {recovered.CutBytes} bytes of an unfinished write cut"
                + string.Concat(recovered.Damage.Select(damage => " " + damage)),
            SeedFault fault => fault.Message,
            _ => null,
        };
        if (line is null)
        {
            return;
        }

        if (output.Json)
        {
            output.Event(
                System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(value.GetType().Name), new JsonObject { ["message"] = line });
        }

        output.Say(line);
    }
}
