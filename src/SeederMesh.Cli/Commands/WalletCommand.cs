using System.CommandLine;
using System.Text.Json.Nodes;
using SeederMesh.Cli.Inspection;
using SeederMesh.Cli.Terminal;
using SeederMesh.Cli.Wallets;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Bolt11;

namespace SeederMesh.Cli.Commands;

/// <summary><c>mesh wallet</c>: the own Lightning node, or a wallet of play money.</summary>
internal static class WalletCommand
{
    private const int HistoryMax = 50;

    private static readonly Option<DirectoryInfo> Data = CommandOptions.Data();
    private static readonly Option<string> Hub = CommandOptions.Hub();
    private static readonly Option<string?> Wallet = CommandOptions.Wallet();
    private static readonly Option<bool> Json = CommandOptions.Json("Print one JSON document; amounts are strings of msat.");

    /// <summary>Builds the command with its verbs.</summary>
    public static Command Create()
    {
        foreach (Option option in (Option[])[Data, Hub, Wallet, Json])
        {
            option.Recursive = true;
        }

        Option<Msat> amount = CommandOptions.Amount("--amount", "What to ask for. [default: whatever the payer sends]");
        var description = new Option<string>("--description")
        {
            Description = "What it is for.",
            DefaultValueFactory = _ => "mesh wallet",
        };

        var invoiceText = new Argument<string>("INVOICE")
        {
            Description = "A BOLT 11 invoice (lnbc..., lnbcrt...), or an offer (lno1...) where the node pays those.",
        };
        Option<Msat> payAmount = CommandOptions.Amount("--amount", "What to pay, for an invoice that names no amount.");
        Option<Msat> maxFee = CommandOptions.Amount("--max-fee", "The most that routing may cost.", Msat.FromSatoshi(5));
        var balance = new Command(
            "balance", "Show what the wallet holds. One of play money is opened at the first call, with 1,000,000 sat.");
        balance.SetAction((parsed, ct) => WithWalletAsync(parsed, BalanceAsync, ct));
        var invoice = new Command("invoice", "Make an invoice and show it as text and QR code.") { amount, description };
        invoice.SetAction((parsed, ct) => WithWalletAsync(
            parsed,
            (wallet, output, token) => InvoiceAsync(
                wallet, output, Given(parsed, amount), parsed.GetRequiredValue(description), token),
            ct));
        var pay = new Command("pay", "Pay an invoice or an offer.") { invoiceText, payAmount, maxFee };
        pay.SetAction((parsed, ct) => WithWalletAsync(
            parsed,
            (wallet, output, token) => PayAsync(
                wallet, output, parsed.GetRequiredValue(invoiceText), Given(parsed, payAmount), parsed.GetValue(maxFee), token),
            ct));
        var history = new Command("history", $"List the newest payments in and out, at most {HistoryMax}.");
        history.SetAction((parsed, ct) => WithWalletAsync(parsed, HistoryAsync, ct));
        var command = new Command(
            "wallet",
            "Your wallet: the Lightning node that --wallet names; without it a wallet of play money on the network that the hub simulates, "
            + "which is worth nothing and behaves like the real thing.")
        {
            balance, invoice, pay, history, WalletCheckCommand.Create(Wallet, Data, Json), Data, Hub, Wallet, Json,
        };
        command.SetAction((parsed, ct) => WithWalletAsync(parsed, BalanceAsync, ct));
        return command.WithExamples("""
            mesh wallet                               balance and address (keysend:...)
            mesh wallet invoice --amount 50sat        an invoice with a QR code
            mesh wallet pay lnbcrt...                 pay one
            mesh wallet check 'type=clightning;server=unix:///home/me/.lightning/bitcoin/lightning-rpc'
            mesh wallet history --json
            """);
    }

    private static Msat? Given(ParseResult parsed, Option<Msat> option) =>
        parsed.GetResult(option) is null ? null : parsed.GetValue(option);

    private static async Task<int> WithWalletAsync(
        ParseResult parsed, Func<ILightningNode, Output, CancellationToken, Task<int>> work, CancellationToken cancellationToken)
    {
        string home = parsed.GetRequiredValue(Data).FullName;
        string? node = OwnWallet.Choose(parsed.GetValue(Wallet), ClientSettings.Stored(home));
        await using ILightningNode wallet = await OwnWallet.OpenAsync(node, home, parsed.GetRequiredValue(Hub), cancellationToken);
        try
        {
            return await work(wallet, new Output(parsed.GetValue(Json)), cancellationToken);
        }
        catch (LightningNodeException exception)
        {
            throw new Failure(exception.Message, exception);
        }
    }

    private static async Task<int> BalanceAsync(ILightningNode wallet, Output output, CancellationToken cancellationToken)
    {
        NodeInfo info = await wallet.GetInfoAsync(cancellationToken);
        NodeBalance balance = await wallet.GetBalanceAsync(cancellationToken);
        if (output.Json)
        {
            output.Document(new JsonObject
            {
                ["network"] = info.Network,
                ["spendableMsat"] = Output.Amount(balance.Spendable),
                ["receivableMsat"] = Output.Amount(balance.Receivable),
                ["destination"] = KeysendOf(info),
            });
        }
        else
        {
            output.Say($"balance     {Units.Money(balance.Spendable, info.Network)}");
            output.Say($"can receive {Units.Money(balance.Receivable, info.Network)}");
            output.Say($"address     {KeysendOf(info) ?? "none: the node takes no keysend; make an invoice"}");
        }

        return ExitCode.Ok;
    }

    private static string? KeysendOf(NodeInfo info) =>
        info.Features.HasFlag(NodeFeatures.ReceivesKeysend) ? $"keysend:{info.NodeId}" : null;

    private static async Task<int> InvoiceAsync(
        ILightningNode wallet, Output output, Msat? amount, string description, CancellationToken cancellationToken)
    {
        string label = "wallet-" + Guid.NewGuid().ToString("N");
        Invoice invoice = (await wallet.CreateInvoiceAsync(new InvoiceRequest(label, amount, description), cancellationToken)).Required();
        if (output.Json)
        {
            output.Document(new JsonObject
            {
                ["invoice"] = invoice.Bolt11,
                ["paymentHash"] = invoice.PaymentHash.ToString(),
                ["expires"] = ReceiptInspector.Time(invoice.ExpiresAt.ToUnixTimeMilliseconds()),
            });
        }
        else
        {
            output.Say(InvoiceQr.Draw(invoice.Bolt11));
            output.Say(invoice.Bolt11);
            string network = (await wallet.GetInfoAsync(cancellationToken)).Network;
            output.Say(amount is { } asked
                ? $"asks for {Units.Money(asked, network)}, for one hour"
                : $"asks for any amount ({NodeInfo.NameMoney(network)}), for one hour");
        }

        return ExitCode.Ok;
    }

    private static async Task<int> PayAsync(
        ILightningNode wallet, Output output, string text, Msat? amount, Msat maxFee, CancellationToken cancellationToken)
    {
        Payment payment = text.StartsWith("lno1", StringComparison.OrdinalIgnoreCase)
            ? await PayOfferAsync(wallet, text, amount, maxFee, cancellationToken)
            : await PayInvoiceAsync(wallet, text, amount, maxFee, cancellationToken);
        if (output.Json)
        {
            output.Document(Describe(payment));
        }

        if (payment.Status != PaymentStatus.Succeeded)
        {
            string state = payment.Status == PaymentStatus.Failed ? "failed; nothing was paid" : "has no known outcome yet; look at "
                + "\"mesh wallet history\" before you pay again";
            throw new Failure($"The payment {state}: {payment.Reason}");
        }

        if (!output.Json)
        {
            string network = (await wallet.GetInfoAsync(cancellationToken)).Network;
            output.Say($"paid {Units.Money(payment.Amount, network)}, fee {payment.Fee}");
            output.Say($"preimage {payment.Preimage}");
        }

        return ExitCode.Ok;
    }

    private static Task<Payment> PayInvoiceAsync(
        ILightningNode wallet, string text, Msat? amount, Msat maxFee, CancellationToken cancellationToken)
    {
        if (!Bolt11Invoice.TryDecode(text, out Bolt11Invoice? invoice, out string error))
        {
            throw new Refusal($"bad invoice: {error}");
        }

        return invoice.Amount is null && amount is null
            ? throw new Refusal("The invoice names no amount: say how much with --amount.")
            : wallet.PayAsync(new PayRequest(invoice.Text, maxFee) { Amount = amount }, cancellationToken);
    }

    private static Task<Payment> PayOfferAsync(
        ILightningNode wallet, string text, Msat? amount, Msat maxFee, CancellationToken cancellationToken)
    {
        DecodedRequest offer = PaymentRequests.Decode(text);
        if (offer.Error is { } error)
        {
            throw new Refusal($"bad offer: {error}");
        }

        return offer.Amount is null && amount is null
            ? throw new Refusal("The offer names no amount: say how much with --amount.")
            : wallet.PayOfferAsync(new OfferPayRequest(text, offer.Amount is null ? amount : null, maxFee), cancellationToken);
    }

    private static async Task<int> HistoryAsync(ILightningNode wallet, Output output, CancellationToken cancellationToken)
    {
        IReadOnlyList<Invoice> received = await wallet.ListInvoicesAsync(HistoryMax, cancellationToken);
        IReadOnlyList<Payment> sent = await wallet.ListPaymentsAsync(HistoryMax, cancellationToken);
        Invoice[] settled = [.. received.Where(invoice => invoice.Status == InvoiceStatus.Settled)];
        if (output.Json)
        {
            output.Document(new JsonObject
            {
                ["received"] = new JsonArray([.. settled.Select(invoice => (JsonNode)new JsonObject
                {
                    ["paymentHash"] = invoice.PaymentHash.ToString(),
                    ["amountMsat"] = Output.Amount(invoice.Received),
                    ["description"] = invoice.Description,
                    ["time"] = Time(invoice.SettledAt),
                })]),
                ["sent"] = new JsonArray([.. sent.Select(payment => (JsonNode)Describe(payment))]),
            });
            return ExitCode.Ok;
        }

        IEnumerable<(DateTimeOffset? Time, string Line)> lines =
        [
            .. settled.Select(invoice => (invoice.SettledAt, $"+ {invoice.Received,-16} {Printable.Clean(invoice.Description)}")),
            .. sent.Select(payment =>
                (payment.CreatedAt, $"- {payment.Amount,-16} fee {payment.Fee}, {payment.Status.ToString().ToLowerInvariant()}")),
        ];
        output.Say(NodeInfo.NameMoney((await wallet.GetInfoAsync(cancellationToken)).Network));
        foreach ((DateTimeOffset? time, string line) in lines.OrderByDescending(line => line.Time))
        {
            output.Say($"{Time(time),-24} {line}");
        }

        return ExitCode.Ok;
    }

    private static JsonObject Describe(Payment payment) => new()
    {
        ["paymentHash"] = payment.PaymentHash.ToString(),
        ["status"] = System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(payment.Status.ToString()),
        ["amountMsat"] = Output.Amount(payment.Amount),
        ["feeMsat"] = Output.Amount(payment.Fee),
        ["preimage"] = payment.Preimage?.ToString(),
        ["reason"] = payment.Reason.Length == 0 ? null : payment.Reason,
        ["time"] = Time(payment.CreatedAt),
    };

    private static string Time(DateTimeOffset? time) => time is { } known ? ReceiptInspector.Time(known.ToUnixTimeMilliseconds()) : "";
}
