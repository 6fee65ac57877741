using System.Globalization;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Json;
using SeederMesh.Core.Money;

namespace SeederMesh.Core.Manifests;

/// <summary>
/// Writes a manifest as JSON. What it writes is checked by reading it back (<see cref="ManifestReader"/>).
/// </summary>
internal static class ManifestJson
{
    public const string Type = "SeederMeshManifest";
    public const int Version = 1;
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public static JsonValue Write(Manifest manifest)
    {
        List<JsonMember> members =
        [
            new("type", JsonValue.Of(Type)),
            new("version", JsonValue.Of(Version)),
            new("torrent", Write(manifest.Torrent)),
            new("creator", JsonValue.Of(manifest.Creator.ToString())),
            new("licence", Write(manifest.Licence)),
            new("rights", Write(manifest.Rights)),
            new("createdAt", JsonValue.Of(manifest.CreatedAt.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture))),
            new("seq", JsonValue.Of(manifest.Sequence)),
        ];
        Add(members, "previous", manifest.Previous);
        if (manifest.Payment is { } payment)
        {
            members.Add(new("payment", Write(payment)));
        }

        if (manifest.Assertions.Count > 0)
        {
            members.Add(new("assertions", JsonValue.Array([.. manifest.Assertions.Select(Write)])));
        }

        return JsonValue.Object([.. members]);
    }

    /// <summary>The word for a training right in JSON.</summary>
    public static string Word(TrainingRight training) => training switch
    {
        TrainingRight.Allowed => "allowed",
        TrainingRight.NotAllowed => "notAllowed",
        TrainingRight.Paid => "paid",
        TrainingRight.PaidPercent => "paidPercent",
        _ => "none",
    };

    private static JsonValue Write(ManifestTorrent torrent)
    {
        List<JsonMember> members =
        [
            new("infohashV2", JsonValue.Of(torrent.InfohashV2.ToString())),
            new("name", JsonValue.Of(torrent.Name)),
            new("pieceLength", JsonValue.Of(torrent.PieceLength)),
            new("files", JsonValue.Array([.. torrent.Files.Select(Write)])),
        ];
        Add(members, "infohashV1", torrent.InfohashV1?.ToString());
        return JsonValue.Object([.. members]);
    }

    private static JsonValue Write(ManifestFile file)
    {
        List<JsonMember> members =
        [
            new("path", JsonValue.Of(file.Path)),
            new("length", JsonValue.Of(file.Length)),
        ];
        Add(members, "piecesRoot", file.PiecesRoot);
        Add(members, "sha256", file.Sha256);
        Add(members, "cid", file.Cid);
        return JsonValue.Object([.. members]);
    }

    private static JsonValue Write(Licence licence)
    {
        List<JsonMember> members = [new("spdx", JsonValue.Of(licence.Spdx))];
        Add(members, "url", licence.Url);
        Add(members, "sha256", licence.Sha256);
        return JsonValue.Object([.. members]);
    }

    private static JsonValue Write(Rights rights)
    {
        List<JsonMember> members = [new("training", JsonValue.Of(Word(rights.Training)))];
        Add(members, "terms", rights.Terms);
        Add(members, "contract", rights.Contract);
        if (rights.RevenueShareBps is { } share)
        {
            members.Add(new("revenueShareBps", JsonValue.Of(share)));
        }

        return JsonValue.Object([.. members]);
    }

    private static JsonValue Write(ManifestPayment payment)
    {
        List<JsonMember> members =
        [
            new("pricePerMiB", Write(payment.PricePerMiB)),
            new("payees", JsonValue.Array([.. payment.Payees.Select(Write)])),
            new("seedersBps", JsonValue.Of(payment.SeedersBps)),
            new("registryBps", JsonValue.Of(payment.RegistryBps)),
            new("hubBps", JsonValue.Of(payment.HubBps)),
        ];
        if (payment.SuggestedAmount is { } suggested)
        {
            members.Add(new("suggestedAmount", Write(suggested)));
        }

        return JsonValue.Object([.. members]);
    }

    private static JsonValue Write(Payee payee)
    {
        List<JsonMember> members =
        [
            new("bps", JsonValue.Of(payee.ShareBps)),
            new("endpoints", JsonValue.Array([.. payee.Endpoints.Select(endpoint => JsonValue.Of(endpoint.ToString()))])),
        ];
        Add(members, "name", payee.Name);
        return JsonValue.Object([.. members]);
    }

    private static JsonValue Write(Assertion assertion)
    {
        List<JsonMember> members = [new("label", JsonValue.Of(assertion.Label))];
        Add(members, "sha256", assertion.Sha256);
        Add(members, "url", assertion.Url);
        return JsonValue.Object([.. members]);
    }

    private static JsonValue Write(Msat amount) =>
        JsonValue.Of(amount.Value.ToString(CultureInfo.InvariantCulture));

    private static void Add(List<JsonMember> members, string name, Digest? digest) => Add(members, name, digest?.ToString());

    private static void Add(List<JsonMember> members, string name, string? text)
    {
        if (text is not null)
        {
            members.Add(new(name, JsonValue.Of(text)));
        }
    }
}
