using System.Text.Json.Nodes;
using SeederMesh.Cli.Demo;
using SeederMesh.Core.Money;
using SeederMesh.Lightning;

namespace SeederMesh.Cli.Terminal;

/// <summary>What a downloader is told before anything is opened or paid, and the one question.</summary>
internal static class OfferText
{
    /// <summary>Shows an offer, as <c>mesh get --json</c> prints it.</summary>
    public static void Write(Output output, JsonObject offer)
    {
        output.Say();
        output.Say($"  {Clean(offer, "name")}   {Units.Bytes(DemoHub.Number(offer, "selectedBytes"))} in {offer["fileCount"]} files");
        if ((string?)offer["status"] != "verified")
        {
            output.Say($"  NOT VERIFIED: {Clean(offer, "problem")}");
            output.Say("  Nobody vouches for this torrent: not its creator, its licence, nor its content.");
            return;
        }

        output.Say($"  by        {Clean(offer, "creator")}");
        output.Say("            the manifest's signature is valid, and the torrent is the one it names");
        output.Say(
            $"  licence   {Clean(offer, "licence")}{(offer["licenceUrl"] is { } url ? $" ({Printable.Clean((string?)url ?? "")})" : "")}");
        output.Say($"  training  {Clean(offer, "training")}");
        Msat price = DemoHub.Amount(offer, "pricePerMiBMsat");
        if (price.IsZero)
        {
            output.Say("  price     nothing is asked");
            return;
        }

        bool pays = offer["wouldPay"]?.GetValue<bool>() == true;
        output.Say($"  price     {price} per MiB, {DemoHub.Amount(offer, "costMsat")} for all of it");
        output.Say($"  split     {Split(offer)}");
        output.Say(pays
            ? $"  budget    {Units.Money(DemoHub.Amount(offer, "budgetMsat"), (string?)offer["network"] ?? "")}: "
                + (offer["direct"]?.GetValue<bool>() == true
                    ? "your own wallet pays as it arrives; the hub holds nothing"
                    : "at most you can lose; what is not used comes back")
            : "  budget    none: nothing is paid, and nothing is reported to anybody");
        foreach (string line in DirectLines(offer))
        {
            output.Say(line);
        }

        if (pays && (string?)offer["network"] == NodeInfo.Mainnet)
        {
            output.Say("  REAL MONEY: your node pays bitcoin");
        }

        output.Say();
    }

    /// <summary>Asks a person.</summary>
    public static async Task<bool> AskAsync(CancellationToken cancellationToken)
    {
        await Console.Error.WriteAsync("Download, and pay for what arrives? [y/N] ");
        string? answer = await Task.Run(Console.ReadLine, cancellationToken).WaitAsync(cancellationToken);
        return answer?.Trim().ToUpperInvariant() is "Y" or "YES";
    }

    private static string Split(JsonObject offer) =>
        offer["split"] is JsonArray parts
            ? string.Join(", ", parts.OfType<JsonObject>().Select(part => $"{Clean(part, "name")} {part["share"]}"))
            : "";

    /// <summary>Where each payee is paid by the own wallet, and what of its destinations is of no use for that.</summary>
    private static IEnumerable<string> DirectLines(JsonObject offer)
    {
        string title = "paid";
        foreach (JsonObject payee in (offer["directPayees"] as JsonArray ?? []).OfType<JsonObject>())
        {
            string name = Clean(payee, "name");
            foreach (JsonObject destination in ((JsonArray)payee["destinations"]!).OfType<JsonObject>())
            {
                bool isDirect = destination["direct"]?.GetValue<bool>() == true;
                string remark = Clean(destination, "remark");
                string at = Clean(destination, "destination");
                yield return $"  {title,-9} {(name.Length == 0 ? "a payee" : name)} at {(at.Length > 48 ? at[..47] + "…" : at)}: "
                    + (isDirect ? "by your wallet" : "not by your wallet") + (remark.Length == 0 ? "" : $", {remark}");
                title = "";
            }
        }
    }

    private static string Clean(JsonObject fields, string name) => Printable.Clean((string?)fields[name] ?? "");
}
