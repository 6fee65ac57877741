using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;
using SeederMesh.Client;
using SeederMesh.Core.Manifests;

namespace SeederMesh.Cli.Getting;

/// <summary>An offer, a moment and a result of a download, for scripts and for the texts that are made of
/// them.</summary>
internal static class OfferJson
{
    /// <summary>The offer.</summary>
    public static JsonObject Describe(GetOffer offer)
    {
        var fields = new JsonObject
        {
            ["status"] = Name(offer.Status.ToString()),
            ["problem"] = offer.Problem,
            ["name"] = offer.Name,
            ["fileCount"] = offer.Files.Count(file => file.IsSelected),
            ["selectedBytes"] = offer.SelectedBytes,
            ["pricePerMiBMsat"] = offer.Price.Msat.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["costMsat"] = Output.Amount(offer.Cost),
            ["budgetMsat"] = Output.Amount(offer.Budget),
            ["alreadyFundedMsat"] = Output.Amount(offer.AlreadyFunded),
            ["wouldPay"] = offer.WouldPay,
            ["direct"] = offer.IsDirect,
            ["playMoney"] = offer.IsPlayMoney,
            ["network"] = offer.Network,
            ["paysByHand"] = offer.PaysByHand,
            ["hub"] = offer.HubUrl,
        };
        if (offer.Direct is { } direct)
        {
            fields["directPayees"] = new JsonArray([.. direct.Payees.Select(payee => (JsonNode)new JsonObject
            {
                ["name"] = payee.Name,
                ["share"] = Units.Percent(payee.ShareBps),
                ["direct"] = payee.Direct,
                ["destinations"] = new JsonArray([.. payee.Destinations.Select(destination => (JsonNode)new JsonObject
                {
                    ["destination"] = destination.Destination,
                    ["direct"] = destination.Direct,
                    ["remark"] = destination.Remark,
                })]),
            })]);
        }

        if (offer.Manifest is { Manifest: { } manifest } signed)
        {
            fields["creator"] = manifest.Creator.ToString();
            fields["manifestDigest"] = signed.Digest.ToString();
            fields["infohash"] = manifest.Torrent.InfohashV2.ToString();
            fields["licence"] = manifest.Licence.Spdx;
            fields["licenceUrl"] = manifest.Licence.Url;
            fields["training"] = Rights(manifest.Rights);
            fields["split"] = manifest.Payment is { } payment ? Split(payment) : null;
        }

        return fields;
    }

    /// <summary>A moment.</summary>
    public static JsonObject Describe(GetSnapshot snapshot) => new()
    {
        ["phase"] = Name(snapshot.Phase.ToString()),
        ["wantedBytes"] = snapshot.WantedBytes,
        ["doneBytes"] = snapshot.DoneBytes,
        ["rate"] = snapshot.DownloadRate,
        ["peers"] = snapshot.Peers,
        ["piecesDone"] = snapshot.Pieces,
        ["receipts"] = snapshot.Receipts,
        ["signedMsat"] = Output.Amount(snapshot.Signed),
        ["reservedMsat"] = Output.Amount(snapshot.Reserved),
        ["budgetMsat"] = Output.Amount(snapshot.Budget),
        ["atMostLostMsat"] = Output.Amount(snapshot.AtMostLost),
        ["direct"] = snapshot.IsDirect,
        ["paidMsat"] = Output.Amount(snapshot.Paid),
        ["dueMsat"] = Output.Amount(snapshot.Due),
    };

    /// <summary>The end.</summary>
    public static JsonObject Describe(GetResult result)
    {
        GetStatement? statement = result.Statement;
        return new JsonObject
        {
            ["outcome"] = Name(result.Outcome.ToString()),
            ["reason"] = result.Reason,
            ["path"] = result.Path,
            ["channelId"] = statement?.ChannelId?.ToString(),
            ["budgetMsat"] = Output.Amount(statement?.Budget ?? default),
            ["fundedMsat"] = Output.Amount(statement?.Funded ?? default),
            ["routingFeesMsat"] = Output.Amount(statement?.RoutingFees ?? default),
            ["signedMsat"] = Output.Amount(statement?.Signed ?? default),
            ["settledMsat"] = Output.Amount(statement?.Settled ?? default),
            ["refundedMsat"] = Output.Amount(statement?.Refunded ?? default),
            ["refundPending"] = statement?.IsRefundPending ?? false,
            ["direct"] = statement?.IsDirect ?? false,
            ["paidMsat"] = Output.Amount(statement?.Paid ?? default),
            ["payments"] = statement?.Payments ?? 0,
            ["duePending"] = statement?.IsDuePending ?? false,
            ["dueRemark"] = statement?.DueRemark,
            ["bytes"] = statement?.Bytes ?? 0,
            ["receiptedBytes"] = statement?.ReceiptedBytes ?? 0,
            ["seconds"] = Math.Round(statement?.Duration.TotalSeconds ?? 0, 3),
            ["suppliers"] = new JsonArray([.. (statement?.Suppliers ?? []).Select(supplier => (JsonNode)new JsonObject
            {
                ["seeder"] = supplier.Seeder?.ToString(),
                ["address"] = supplier.Address,
                ["bytes"] = supplier.Bytes,
                ["receipts"] = supplier.Receipts,
                ["signedMsat"] = Output.Amount(supplier.Signed),
            })]),
        };
    }

    private static string Rights(Rights rights)
    {
        string training = rights.Training switch
        {
            TrainingRight.Allowed => "machines may be trained on it",
            TrainingRight.NotAllowed => "machines must not be trained on it",
            TrainingRight.Paid => $"training is paid for: {rights.Contract}",
            _ => $"training is paid for with {Units.Percent(rights.RevenueShareBps ?? 0)} of the revenue: {rights.Contract}",
        };
        return rights.Terms is null ? training : $"{training}; terms: {rights.Terms}";
    }

    private static JsonArray Split(ManifestPayment payment)
    {
        var parts = new JsonArray();
        foreach (Payee payee in payment.Payees)
        {
            parts.Add(new JsonObject { ["name"] = payee.Name ?? "payee", ["share"] = Units.Percent(payee.ShareBps) });
        }

        foreach ((string name, int bps) in ((string, int)[])[
            ("seeders", payment.SeedersBps), ("registry", payment.RegistryBps), ("hub", payment.HubBps)])
        {
            parts.Add(new JsonObject { ["name"] = name, ["share"] = Units.Percent(bps) });
        }

        return parts;
    }

    private static string Name(string name) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(name);
}
