using System.Globalization;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;
using SeederMesh.Cli.Wallets;
using SeederMesh.Client;

namespace SeederMesh.Cli.Getting;

/// <summary>Tells a person, or a script, what happens while downloading; pieces and receipts are counted in the view
/// instead.</summary>
internal sealed class GetEventLines(Output output) : IProgress<GetEvent>
{
    /// <inheritdoc/>
    public void Report(GetEvent value)
    {
        string? line = value switch
        {
            ChannelFunded funded => $"paid {funded.Amount} into the channel, routing {funded.Fee}",
            DirectChannelOpened opened => $"your wallet pays seeders and creators, {opened.Promised} at most; the hub holds nothing",
            SeederNotDirect refused => $"seeder {refused.Seeder.ToString()[..12]} takes nobody who pays by himself: an ordinary peer",
            SeederRefused refused => $"seeder {refused.Seeder.ToString()[..12]} takes no receipts: {refused.Verdict}",
            BudgetUsedUp => "the budget is used up: the rest comes unpaid, as far as peers give it away",
            Refunded refunded => $"refunded {refunded.Amount}",
            InvoiceShown shown => $"{InvoiceQr.Draw(shown.Bolt11)}{shown.Bolt11}\nPay {shown.Amount} to this invoice before "
                + $"{shown.ExpiresAt:u}; the download begins when the money is there.",
            GetWarning warning => Printable.Clean(warning.Message),
            _ => null,
        };
        JsonObject? fields = value switch
        {
            InvoiceShown shown => new JsonObject
            {
                ["invoice"] = shown.Bolt11,
                ["amountMsat"] = Output.Amount(shown.Amount),
                ["expires"] = shown.ExpiresAt.ToString("u", CultureInfo.InvariantCulture),
            },
            _ when line is not null => new JsonObject { ["message"] = line },
            SeederFound found => new JsonObject { ["seeder"] = found.Seeder.ToString(), ["address"] = found.Address },
            SeederLeft left => new JsonObject { ["seeder"] = left.Seeder.ToString() },
            GrantShown shown => new JsonObject
            {
                ["seeder"] = shown.Seeder.ToString(),
                ["limitMsat"] = Output.Amount(shown.Limit),
                ["generation"] = shown.Generation,
            },
            _ => null,
        };
        if (fields is not null)
        {
            output.Event(System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(value.GetType().Name), fields);
        }

        if (line is not null)
        {
            output.Say(line);
        }
    }
}
