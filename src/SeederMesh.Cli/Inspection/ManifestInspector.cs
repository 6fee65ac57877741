using System.Text.Json.Nodes;
using SeederMesh.Cli.Terminal;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;

namespace SeederMesh.Cli.Inspection;

/// <summary>Explains a signed manifest: the content of a <c>.prov</c> sidecar.</summary>
internal static class ManifestInspector
{
    /// <summary>How many files are listed.</summary>
    public const int FilesShown = 1_000;

    /// <summary>Verifies the bytes and explains them.</summary>
    public static (Explanation? Explanation, Fault? Fault) Explain(ReadOnlySpan<byte> bytes)
    {
        ManifestVerification verification = SignedManifest.Verify(bytes);
        return verification.Signed is { } signed
            ? (new Explanation("manifest", Describe(signed)), null)
            : (null, new Fault("manifest", verification.ToString()));
    }

    /// <summary>What a manifest says, for people and scripts.</summary>
    public static JsonObject Describe(SignedManifest signed)
    {
        Manifest manifest = signed.Manifest;
        ManifestTorrent torrent = manifest.Torrent;
        var fields = new JsonObject
        {
            ["name"] = torrent.Name,
            ["creator"] = manifest.Creator.ToString(),
            ["signatures"] = $"valid: {signed.Signers.Count}, the creator's among them",
            ["licence"] = manifest.Licence.Spdx,
            ["licenceUrl"] = manifest.Licence.Url,
            ["training"] = JsonNamingPolicyText(manifest.Rights.Training.ToString()),
            ["terms"] = manifest.Rights.Terms,
            ["payment"] = manifest.Payment is null ? null : DescribePayment(manifest.Payment),
            ["manifestDigest"] = signed.Digest.ToString(),
            ["sequence"] = manifest.Sequence,
            ["previous"] = manifest.Previous?.ToString(),
            ["createdAt"] = ReceiptInspector.Time(manifest.CreatedAt.ToUnixTimeMilliseconds()),
            ["infohash"] = torrent.InfohashV2.ToString(),
            ["infohashV1"] = torrent.InfohashV1?.ToString(),
            ["pieceLength"] = torrent.PieceLength,
            ["totalBytes"] = torrent.Files.Sum(file => file.Length),
            ["fileCount"] = torrent.Files.Count,
        };
        foreach (string name in fields.Where(field => field.Value is null).Select(field => field.Key).ToArray())
        {
            fields.Remove(name);
        }

        var files = new JsonArray();
        foreach (ManifestFile file in torrent.Files.Take(FilesShown))
        {
            files.Add(new JsonObject { ["path"] = file.Path, ["length"] = file.Length, ["piecesRoot"] = file.PiecesRoot?.ToString() });
        }

        fields["files"] = files;
        return fields;
    }

    /// <summary>Price and split.</summary>
    public static JsonObject DescribePayment(ManifestPayment payment)
    {
        var payees = new JsonArray();
        foreach (Payee payee in payment.Payees)
        {
            payees.Add(new JsonObject
            {
                ["name"] = payee.Name,
                ["share"] = Units.Percent(payee.ShareBps),
                ["endpoints"] = new JsonArray([.. payee.Endpoints.Select(endpoint => (JsonNode)endpoint.ToString())]),
                ["paidDirectly"] = string.Join(
                    "; ", payee.Endpoints.Select(endpoint => $"{endpoint.ToString().Split(':')[0]} {PaidDirectly(endpoint.Kind)}")),
                ["payeeId"] = payee.Id.ToString(),
            });
        }

        return new JsonObject
        {
            ["pricePerMiBMsat"] = Output.Amount(payment.PricePerMiB),
            ["pricePerMiB"] = payment.PricePerMiB.ToString(),
            ["payees"] = payees,
            ["seeders"] = Units.Percent(payment.SeedersBps),
            ["registry"] = Units.Percent(payment.RegistryBps),
            ["hub"] = Units.Percent(payment.HubBps),
        };
    }

    /// <summary>Whether a downloader's own wallet can pay there.</summary>
    private static string PaidDirectly(PaymentEndpointKind kind) => kind switch
    {
        PaymentEndpointKind.Keysend => "no, it proves no payment",
        PaymentEndpointKind.Withdraw => "no, the hub keeps the money until it is withdrawn",
        PaymentEndpointKind.Bolt12 => "by a wallet that pays BOLT 12 invoices",
        PaymentEndpointKind.PaymentPointer => "where its wallet offers Lightning",
        _ => "yes",
    };

    private static string JsonNamingPolicyText(string name) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(name);
}
