using System.CommandLine;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;
using SeederMesh.Client;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Cli.Commands;

/// <summary><c>mesh payouts</c>: what is paid, what waits for a person, how you are paid.</summary>
internal static class PayoutsCommand
{
    private static readonly Option<string> Hub = CommandOptions.Hub();
    private static readonly Option<DirectoryInfo> Data = CommandOptions.Data();
    private static readonly Option<bool> Json = CommandOptions.Json("Print the hub's own answer.");
    private static readonly Option<bool> Parked = new("--parked") { Description = "Only what waits for a person, oldest first." };
    private static readonly Option<string?> Payee = new("--payee")
    {
        Description = "The payee's id, as mesh payouts shows it. [default: your seedbox]",
        HelpName = "ID",
    };

    private static readonly Option<Msat> Threshold = CommandOptions.Amount("--threshold", "Pay me as soon as this much is owed.");
    private static readonly Option<string?> Schedule = new("--schedule")
    {
        Description = "stream, hourly, daily@HH:MM, weekly@mon-HH:MM (UTC) or on-demand.",
        HelpName = "WHEN",
    };

    private static readonly Option<string?> Fees = new("--fees")
    {
        Description = "Who pays for routing: hub, split or payee.",
        HelpName = "WHO",
    };

    private static readonly Argument<string[]> Ids = new("ID")
    {
        Description = "Payouts that are parked. Without any: all of them.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var command = new Command("payouts", "List what a hub has paid and is paying; say how you want to be paid.")
        {
            Hub, Json, Parked, Payee, Terms(), Pay(), Retry(),
        };
        foreach (Command verb in PayeeCommands.Create())
        {
            command.Add(verb);
        }

        command.SetAction((parsed, ct) => GuardAsync(() => ListAsync(parsed, ct)));
        return command.WithExamples("""
            mesh payouts
            mesh payouts --parked
            mesh payouts terms --threshold 100sat --schedule daily@03:00
            mesh payouts pay
            mesh payouts history --as creator --csv books.csv
            mesh payouts withdraw                     a code for your phone's wallet
            mesh payouts webhook https://example.org/paid
            mesh payouts claim anna                   anna@HUB receives gifts
            mesh payouts retry --data /srv/mesh
            """);
    }

    private static Command Terms()
    {
        var command = new Command(
            "terms",
            "Say how you are paid: from which amount on, when, and who pays for routing. Signed with your seedbox's key, or with your "
            + "creator's key for a payee that your manifests name (--payee).")
        {
            Hub, Data, Json, Payee, Threshold, Schedule, Fees,
        };
        command.SetAction((parsed, ct) => GuardAsync(async () =>
        {
            Msat? threshold = parsed.GetResult(Threshold) is null ? null : parsed.GetValue(Threshold);
            (SigningKey key, Id128 payee) = Own(parsed);
            using (key)
            using (var hub = new HubClient(new Uri(parsed.GetRequiredValue(Hub)), key))
            {
                Show(parsed, await hub.PutTermsAsync(payee, threshold, parsed.GetValue(Schedule), parsed.GetValue(Fees), ct));
            }
        }));
        return command;
    }

    private static Command Pay()
    {
        var command = new Command("pay", "Pay what you are owed now, whatever threshold and schedule say.") { Hub, Data, Json, Payee };
        command.SetAction((parsed, ct) => GuardAsync(async () =>
        {
            (SigningKey key, Id128 payee) = Own(parsed);
            using (key)
            using (var hub = new HubClient(new Uri(parsed.GetRequiredValue(Hub)), key))
            {
                Show(parsed, await hub.PayNowAsync(payee, ct));
            }
        }));
        return command;
    }

    private static Command Retry()
    {
        var command = new Command(
            "retry", "As the operator of a hub, on its machine: try parked money again at once. Signed with the hub's key in its folder.")
        {
            Hub, Data, Json, Ids,
        };
        command.SetAction((parsed, ct) => GuardAsync(async () =>
        {
            string path = Path.Combine(parsed.GetRequiredValue(Data).FullName, "hub", "hub.key");
            using SigningKey key = DataFolder.ReadKey(path);
            using var hub = new HubClient(new Uri(parsed.GetRequiredValue(Hub)), key);
            string[] asked = parsed.GetValue(Ids) ?? [];
            IEnumerable<string> ids = asked.Length > 0
                ? asked
                : (await ReadAsync(hub, "v1/payouts/parked", ct)).Select(payout => payout["payoutId"]!.GetValue<string>());
            foreach (string id in ids)
            {
                JsonObject answer = await hub.RetryPayoutAsync(Id(id), ct);
                answer.Insert(0, "payoutId", id);
                Show(parsed, answer);
            }
        }));
        return command;
    }

    private static async Task ListAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var hub = new HubClient(new Uri(parsed.GetRequiredValue(Hub)), caller: null);
        string path = parsed.GetValue(Parked) ? "v1/payouts/parked"
            : parsed.GetValue(Payee) is { } payee ? $"v1/payouts?payee={Id(payee)}" : "v1/payouts";
        IReadOnlyList<JsonObject> payouts = await ReadAsync(hub, path, cancellationToken);
        var output = new Output(parsed.GetValue(Json));
        if (output.Json)
        {
            output.Document(new JsonObject { ["payouts"] = new JsonArray([.. payouts.Select(payout => payout.DeepClone())]) });
            return;
        }

        output.Say(payouts.Count == 0 ? "no payouts" : $"{payouts.Count} payouts");
        foreach (JsonObject payout in payouts)
        {
            string amount = Msat.TryFrom(long.Parse(Text(payout, "amountMsat")), out Msat msat) ? msat.ToString() : "";
            string to = Text(payout, "payeeId") is { Length: > 0 } id ? $"payee {id}" : $"channel {Text(payout, "channelId")}";
            output.Say($"  {Text(payout, "payoutId")}  {Text(payout, "state"),-9}  {amount,14}  {to}");
            if (Text(payout, "reason") is { Length: > 0 } reason)
            {
                output.Say($"      {Printable.Clean(reason)}");
            }
        }
    }

    private static async Task<IReadOnlyList<JsonObject>> ReadAsync(HubClient hub, string path, CancellationToken cancellationToken) =>
        await hub.ReadAsync(path, cancellationToken) is JsonObject answer && answer["payouts"] is JsonArray payouts
            ? [.. payouts.OfType<JsonObject>()]
            : [];

    /// <summary>The key that speaks for the payee: the seedbox's for itself, else the creator's.</summary>
    private static (SigningKey Key, Id128 Payee) Own(ParseResult parsed)
    {
        string home = parsed.GetRequiredValue(Data).FullName;
        if (parsed.GetValue(Payee) is { } named)
        {
            return (PayeeCommands.KeyOf(home, "creator", "leave --payee out for your seedbox"), Id(named));
        }

        SigningKey key = PayeeCommands.KeyOf(home, "seed", "name a payee of your works with --payee");
        return (key, Ledger.Records.PayeeRecord.IdOfSeeder(key.PublicKey));
    }

    private static Id128 Id(string text) => Id128.TryParseHex(text, out Id128 id) && !id.IsNone
        ? id
        : throw new Refusal($"'{text}' is no id: 32 hexadecimal digits, as mesh payouts shows them.");

    private static string Text(JsonObject fields, string name) => fields[name]?.ToString() ?? "";

    private static void Show(ParseResult parsed, JsonObject answer)
    {
        var output = new Output(parsed.GetValue(Json));
        if (output.Json)
        {
            output.Document(answer);
        }
        else
        {
            FieldsText.Write(output, FieldsText.Readable(answer), indent: 0);
        }
    }

    private static async Task<int> GuardAsync(Func<Task> act)
    {
        try
        {
            await act();
            return ExitCode.Ok;
        }
        catch (ClientException exception)
        {
            throw new Failure(exception.Message, exception);
        }
    }
}
