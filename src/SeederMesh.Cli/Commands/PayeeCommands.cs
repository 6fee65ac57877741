using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;
using SeederMesh.Cli.Wallets;
using SeederMesh.Client;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using Spectre.Console;

namespace SeederMesh.Cli.Commands;

/// <summary>What a seedbox or a creator does with its payouts: <c>mesh payouts history</c>, <c>withdraw</c>,
/// <c>webhook</c>, <c>claim</c>.</summary>
internal static class PayeeCommands
{
    private const int ShownUsual = 20;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private static readonly Option<DirectoryInfo> Data = CommandOptions.Data();
    private static readonly Option<string> Hub = CommandOptions.Hub();
    private static readonly Option<bool> Json = CommandOptions.Json("Print the hub's own answer; amounts are strings of msat.");
    private static readonly Option<string> As = new("--as")
    {
        Description = "Whose: seeder (of \"mesh seed\"), creator (of \"mesh publish\"), or all that the hub pays.",
        HelpName = "WHO",
        DefaultValueFactory = _ => "seeder",
    };

    private static readonly Option<FileInfo?> Csv = new("--csv")
    {
        Description = "Write the whole history into this file as CSV, a row for each settlement that was paid.",
        HelpName = "FILE",
    };

    private static readonly Option<int> Limit = new("--limit")
    {
        Description = "Show so many payouts, newest first; 1 to 100.",
        HelpName = "N",
        DefaultValueFactory = _ => ShownUsual,
    };

    /// <summary>Builds the verbs.</summary>
    public static IEnumerable<Command> Create()
    {
        As.AcceptOnlyFromAmong("seeder", "creator", "all");
        var history = new Command("history", "What you were paid, and for which receipts and manifests; --csv writes all of it.")
        {
            Csv, Limit, As, Data, Hub, Json,
        };
        history.SetAction(ListAsync);
        var withdraw = new Command(
            "withdraw",
            "Take what you are owed with any Lightning wallet: shows a code to scan (LNURL-withdraw) and waits until it is paid.")
        {
            As, Data, Hub, Json,
        };
        withdraw.SetAction(WithdrawAsync);
        var address = new Argument<string>("URL") { Description = "Where to tell: an https address." };
        var webhook = new Command("webhook", "Have every payout told to an address of yours, signed; prints the secret.")
        {
            address, As, Data, Hub, Json,
        };
        webhook.SetAction((parsed, ct) => WriteAsync(
            parsed, HttpMethod.Put, _ => "v1/webhook", new JsonObject { ["address"] = parsed.GetRequiredValue(address) }, ct));
        var name = new Argument<string>("NAME") { Description = "The name: 3 to 32 of a-z 0-9 - _ . beginning with a letter." };
        var claim = new Command("claim", "Claim NAME@HUB as a Lightning address for what people give you; needs a registered work.")
        {
            name, Data, Hub, Json,
        };
        claim.SetAction((parsed, ct) => WriteAsync(
            parsed,
            HttpMethod.Put,
            key => $"v1/creators/{new DidKey(key)}/addresses/{Uri.EscapeDataString(parsed.GetRequiredValue(name))}",
            [],
            ct,
            who: "creator"));
        return [history, withdraw, webhook, claim];
    }

    private static async Task<int> ListAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var output = new Output(parsed.GetValue(Json));
        if (parsed.GetValue(Limit) is < 1 or > 100)
        {
            throw new Refusal("--limit is 1 to 100.");
        }

        try
        {
            using var hub = new HubClient(new Uri(parsed.GetRequiredValue(Hub)), caller: null);
            string payees = await PayeesAsync(parsed, hub, cancellationToken);
            if (parsed.GetValue(Csv) is { } file)
            {
                byte[] csv = await hub.ReadBytesAsync("v1/payouts.csv?" + payees, cancellationToken);
                await File.WriteAllBytesAsync(file.FullName, csv, cancellationToken);
                output.Say($"{csv.Count(value => value == (byte)'\n') - 1} rows in {file.FullName}");
                return ExitCode.Ok;
            }

            JsonNode answer = await hub.ReadAsync($"v1/payouts?lines=true&limit={parsed.GetValue(Limit)}&{payees}", cancellationToken);
            if (output.Json)
            {
                output.Document(answer);
                return ExitCode.Ok;
            }

            Show(answer["payouts"]!.AsArray(), output);
            return ExitCode.Ok;
        }
        catch (ClientException exception)
        {
            throw new Failure(exception.Message, exception);
        }
        catch (IOException exception)
        {
            throw new Failure(exception.Message, exception);
        }
    }

    /// <summary>The part of a query that asks for the caller's own payouts.</summary>
    private static async Task<string> PayeesAsync(ParseResult parsed, HubClient hub, CancellationToken cancellationToken)
    {
        string who = parsed.GetRequiredValue(As);
        if (who == "all")
        {
            return "";
        }

        using SigningKey key = KeyOf(parsed, who);
        JsonNode statement = await hub.ReadAsync(
            who == "seeder" ? $"v1/seeders/{key.PublicKey}" : $"v1/creators/{new DidKey(key.PublicKey)}", cancellationToken);
        IEnumerable<JsonNode?> payees = who == "seeder" ? [statement] : statement["payees"]!.AsArray();
        return string.Join('&', payees.Take(64).Select(payee => "payee=" + (string?)payee!["payeeId"]));
    }

    private static void Show(JsonArray payouts, Output output)
    {
        var table = new Table().AddColumns("when", "state", "amount", "fee", "to", "for");
        foreach (JsonNode? payout in payouts)
        {
            table.AddRow(
                Markup.Escape(Time(payout!["createdUnixMs"])),
                Markup.Escape((string?)payout["state"] ?? ""),
                Markup.Escape(Amount(payout["amountMsat"])),
                Markup.Escape(Amount(payout["feePaidMsat"])),
                Markup.Escape(Shorten(Printable.Clean((string?)payout["destination"] ?? ""))),
                Markup.Escape((string?)payout["reason"] is { } reason ? Printable.Clean(reason) : For(payout["lines"] as JsonArray)));
        }

        output.Console().Write(table);
        output.Say($"{payouts.Count} payouts, newest first");
    }

    private static string For(JsonArray? lines)
    {
        long receipts = 0;
        long bytes = 0;
        var manifests = new SortedSet<string>(StringComparer.Ordinal);
        foreach (JsonNode? line in lines ?? [])
        {
            manifests.Add($"{((string?)line!["manifestDigest"])?[..8]} v{line["manifestSequence"]}");
            if (line["receipts"] is { } run)
            {
                receipts += (long)run["lastSequence"]! - (long)run["firstSequence"]! + 1;
                bytes += (long)run["toBytes"]! - (long)run["fromBytes"]!;
            }
        }

        string proof = receipts > 0 ? $"{receipts.ToString("N0", CultureInfo.InvariantCulture)} receipts, {Units.Bytes(bytes)}, " : "";
        return manifests.Count == 0 ? "" : $"{proof}manifest {string.Join(", ", manifests.Take(3))}";
    }

    private static async Task<int> WithdrawAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var output = new Output(parsed.GetValue(Json));
        try
        {
            using SigningKey key = KeyOf(parsed, parsed.GetRequiredValue(As));
            using var hub = new HubClient(new Uri(parsed.GetRequiredValue(Hub)), key);
            JsonNode link = await hub.WriteAsync(HttpMethod.Post, "v1/withdrawals", [], cancellationToken);
            output.Event("link", link.DeepClone().AsObject());
            if (!output.Json)
            {
                output.Say(InvoiceQr.DrawText("lightning:" + (string)link["lnurl"]!));
                output.Say((string)link["lnurl"]!);
                string money = Lightning.NodeInfo.NameMoney((await hub.GetHubAsync(cancellationToken)).Network);
                output.Say($"from {Amount(link["leastMsat"])} to {Amount(link["mostMsat"])} ({money})");
                output.Say($"scan it with a wallet, or open {(string)link["page"]!}");
                output.Say("Whoever has this code can use it, once. Waiting; Ctrl-C ends the waiting, not the code.");
            }

            string path = $"v1/withdrawals/{(string)link["withdrawalId"]!}";
            JsonNode state = await hub.ReadAsync(path, cancellationToken);
            while ((string?)state["state"] is "open" or "paying")
            {
                await Task.Delay(LookEvery, cancellationToken);
                state = await hub.ReadAsync(path, cancellationToken);
            }

            output.Event("withdrawal", state.DeepClone().AsObject());
            return (string?)state["state"] switch
            {
                "paid" => Done($"paid {Amount(state["amountMsat"])}"),
                "expired" => throw new Failure("Nobody used the code in time; nothing was paid."),
                _ => throw new Failure(
                    $"The payment failed and the money is still yours: {Printable.Clean((string?)state["reason"] ?? "")}"),
            };
        }
        catch (ClientException exception)
        {
            throw new Failure(exception.Message, exception);
        }

        int Done(string sentence)
        {
            output.Say(sentence);
            return ExitCode.Ok;
        }
    }

    private static async Task<int> WriteAsync(
        ParseResult parsed,
        HttpMethod method,
        Func<PublicKey, string> path,
        JsonObject body,
        CancellationToken cancellationToken,
        string? who = null)
    {
        var output = new Output(parsed.GetValue(Json));
        try
        {
            using SigningKey key = KeyOf(parsed, who ?? parsed.GetRequiredValue(As));
            using var hub = new HubClient(new Uri(parsed.GetRequiredValue(Hub)), key);
            JsonNode answer = await hub.WriteAsync(method, path(key.PublicKey), body, cancellationToken);
            if (output.Json)
            {
                output.Document(answer);
            }
            else
            {
                FieldsText.Write(output, answer.AsObject(), indent: 0);
            }

            return ExitCode.Ok;
        }
        catch (ClientException exception)
        {
            throw new Failure(exception.Message, exception);
        }
    }

    private static SigningKey KeyOf(ParseResult parsed, string who) => KeyOf(
        parsed.GetRequiredValue(Data).FullName, who == "creator" ? "creator" : "seed", "name another role with --as");

    /// <summary>The key of a seedbox or a creator.</summary>
    /// <param name="home">The person's home folder.</param>
    /// <param name="role">"seed" or "creator".</param>
    /// <param name="otherwise">What to say where this is the wrong role.</param>
    /// <exception cref="Refusal">There is none.</exception>
    internal static SigningKey KeyOf(string home, string role, string otherwise)
    {
        try
        {
            return DataFolder.ReadKey(Path.Combine(home, role, "identity.key"));
        }
        catch (ClientException exception)
        {
            throw new Refusal(
                $"{exception.Message} \"mesh {(role == "creator" ? "publish" : "seed")}\" makes it; name another folder with --data, or "
                + $"{otherwise}.");
        }
    }

    private static string Amount(JsonNode? msat) =>
        long.TryParse((string?)msat, NumberStyles.None, CultureInfo.InvariantCulture, out long amount) ? Msat.From(amount).ToString() : "";

    private static string Time(JsonNode? unixMs) => DateTimeOffset.FromUnixTimeMilliseconds((long?)unixMs ?? 0)
        .ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Shorten(string text) => text.Length <= 32 ? text : text[..29] + "...";
}
