using System.Globalization;
using System.Text.RegularExpressions;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Json;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Proofs;
using Xunit;

namespace SeederMesh.Core.Tests.Manifests;

// Goal: each field's rule, on both sides of its limit, with the path in the answer. Each row changes one member of a valid manifest
// and signs it anew, so that only the field can be at fault.
public class ManifestFieldTests
{
    private const string Hex64 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    // member, new JSON (empty: removed), path of the fault (empty: valid)
    [Theory]
    [InlineData("extra", "1", "$")]
    [InlineData("torrent", "", "$.torrent")]
    [InlineData("torrent", "[]", "$.torrent")]
    [InlineData("creator", "\"did:web:example.com\"", "$.creator")]
    [InlineData("createdAt", "\"2026-11-22T08:00:00+00:00\"", "$.createdAt")]
    [InlineData("createdAt", "\"2026-02-30T08:00:00Z\"", "$.createdAt")]
    [InlineData("seq", "0", "$.seq")]
    [InlineData("seq", "\"1\"", "$.seq")]
    [InlineData("seq", "1.5", "$.seq")]
    [InlineData("seq", "2", "$.previous")]
    [InlineData("previous", "\"" + Hex64 + "\"", "$.previous")]
    [InlineData("assertions", "[]", "$.assertions")]
    [InlineData("assertions", "", "")]
    [InlineData("assertions", "[{\"label\":\"x\",\"sha256\":\"12\"}]", "$.assertions[0].sha256")]
    [InlineData("payment", "", "")]
    [InlineData("payment", "null", "$.payment")]
    [InlineData("torrent.infohashV2", "\"" + "AA" + "\"", "$.torrent.infohashV2")]
    [InlineData("torrent.infohashV1", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "")]
    [InlineData("torrent.infohashV1", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", "$.torrent.infohashV1")]
    [InlineData("torrent.name", "\"..\"", "$.torrent.name")]
    [InlineData("torrent.name", "\"a/b\"", "$.torrent.name")]
    [InlineData("torrent.name", "\"\"", "$.torrent.name")]
    [InlineData("torrent.pieceLength", "16383", "$.torrent.pieceLength")]
    [InlineData("torrent.pieceLength", "16385", "$.torrent.pieceLength")]
    [InlineData("torrent.pieceLength", "134217728", "")]
    [InlineData("torrent.pieceLength", "268435456", "$.torrent.pieceLength")]
    [InlineData("torrent.files", "[]", "$.torrent.files")]
    [InlineData("torrent.files", "[{\"path\":\"a\",\"length\":0}]", "$.torrent.files")]
    [InlineData("torrent.files", "[7]", "$.torrent.files[0]")]
    [InlineData("torrent.files[1].piecesRoot", "\"" + Hex64 + "\"", "$.torrent.files[1].piecesRoot")]
    [InlineData("torrent.files[0].piecesRoot", "", "$.torrent.files[0].piecesRoot")]
    [InlineData("torrent.files[0].length", "-1", "$.torrent.files[0].length")]
    [InlineData("torrent.files[0].length", "9007199254740991", "$.torrent.files")]
    [InlineData("torrent.files[0].path", "\"empty.txt\"", "$.torrent.files[1].path")]
    [InlineData("torrent.files[0].path", "\"extra\"", "$.torrent.files[2].path")]
    [InlineData("torrent.files[0].path", "\"/etc/passwd\"", "$.torrent.files[0].path")]
    [InlineData("torrent.files[0].path", "\"a/../b\"", "$.torrent.files[0].path")]
    [InlineData("torrent.files[0].path", "\"a//b\"", "$.torrent.files[0].path")]
    [InlineData("torrent.files[0].path", "\"a\\\\b\"", "$.torrent.files[0].path")]
    [InlineData("torrent.files[0].path", "\"a\\u0000b\"", "$.torrent.files[0].path")]
    [InlineData("torrent.files[0].path", "\"\\u202egpj.exe\"", "$.torrent.files[0].path")]
    [InlineData("torrent.files[0].path", "\".hidden/a b.\U0001F600\"", "")]
    [InlineData("torrent.files[0].cid", "\"x y\"", "$.torrent.files[0].cid")]
    [InlineData("licence.spdx", "\"CC BY\"", "$.licence.spdx")]
    [InlineData("licence.spdx", "\"LicenseRef-\"", "$.licence.spdx")]
    [InlineData("licence.spdx", "\"LicenseRef-Mine\"", "")]
    [InlineData("licence.url", "\"ftp://example.org\"", "$.licence.url")]
    [InlineData("licence.url", "\"https://exa mple.org\"", "$.licence.url")]
    [InlineData("licence.sha256", "\"12\"", "$.licence.sha256")]
    [InlineData("rights.training", "\"maybe\"", "$.rights.training")]
    [InlineData("rights.training", "\"allowed\"", "$.rights.contract")]
    [InlineData("rights.contract", "", "$.rights.contract")]
    [InlineData("rights.revenueShareBps", "100", "$.rights.revenueShareBps")]
    [InlineData("rights.training", "\"paidPercent\"", "$.rights.revenueShareBps")]
    [InlineData("payment.pricePerMiB", "1000", "$.payment.pricePerMiB")]
    [InlineData("payment.pricePerMiB", "\"01\"", "$.payment.pricePerMiB")]
    [InlineData("payment.pricePerMiB", "\"-1\"", "$.payment.pricePerMiB")]
    [InlineData("payment.pricePerMiB", "\"0\"", "")]
    [InlineData("payment.pricePerMiB", "\"1000000000\"", "")]
    [InlineData("payment.pricePerMiB", "\"1000000001\"", "$.payment.pricePerMiB")]
    [InlineData("payment.suggestedAmount", "\"99999999999999999999\"", "$.payment.suggestedAmount")]
    [InlineData("payment.seedersBps", "2501", "$.payment.payees")]
    [InlineData("payment.seedersBps", "-1", "$.payment.seedersBps")]
    [InlineData("payment.hubBps", "10001", "$.payment.hubBps")]
    [InlineData("payment.payees", "[]", "$.payment.payees")]
    [InlineData("payment.payees[0].bps", "0", "$.payment.payees[0].bps")]
    [InlineData("payment.payees[0].endpoints", "[]", "$.payment.payees[0].endpoints")]
    [InlineData("payment.payees[0].endpoints", "[\"lnaddress:ben@127.0.0.1:8080\"]", "$.payment.payees")]
    [InlineData("payment.payees[0].endpoints", "[\"lnaddress:a@b.c\",\"lnaddress:b@b.c\"]", "$.payment.payees[0].endpoints")]
    [InlineData("payment.payees[0].endpoints", "[\"bolt11:lnbc1\"]", "$.payment.payees[0].endpoints")]
    [InlineData("payment.payees[0].endpoints", "[3]", "$.payment.payees[0].endpoints[0]")]
    [InlineData("payment.payees[0].name", "\"a\\nb\"", "$.payment.payees[0].name")]
    public void Verify_OneMemberChanged_NamesItsPath(string member, string json, string path)
    {
        JsonValue content = JsonText.Read(Samples.Signed().Bytes.Span, Manifest.SizeMax).Value!.Without("proof");
        JsonValue? replacement = json.Length == 0 ? null : JsonText.Read(System.Text.Encoding.UTF8.GetBytes(json), 1000).Value;
        JsonValue changed = Replace(content, member.Split('.'), replacement);
        byte[] sidecar = CanonicalJson.Serialize(DataIntegrity.Sign(changed, Samples.Creator, Samples.Now));

        ManifestVerification verification = SignedManifest.Verify(sidecar);

        Assert.Equal(path, verification.Path);
        Assert.Equal(path.Length == 0 ? ManifestResult.Valid : ManifestResult.FieldInvalid, verification.Result);
        Assert.Equal(path.Length == 0, verification.Message.Length == 0);
    }

    [Theory]
    [InlineData("keysend:02aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", PaymentEndpointKind.Keysend)]
    [InlineData("keysend:04aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", PaymentEndpointKind.None)]
    [InlineData("keysend:02AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", PaymentEndpointKind.None)]
    [InlineData("keysend:02aa", PaymentEndpointKind.None)]
    [InlineData("lnaddress:anna@example.org", PaymentEndpointKind.LightningAddress)]
    [InlineData("lnaddress:anna+tips@localhost:3000", PaymentEndpointKind.LightningAddress)]
    [InlineData("lnaddress:Anna@example.org", PaymentEndpointKind.None)]
    [InlineData("lnaddress:anna@example.org:0", PaymentEndpointKind.None)]
    [InlineData("lnaddress:anna@-example.org", PaymentEndpointKind.None)]
    [InlineData("lnaddress:anna@example..org", PaymentEndpointKind.None)]
    [InlineData("lnaddress:anna@example.org/x", PaymentEndpointKind.None)]
    [InlineData("lnaddress:@example.org", PaymentEndpointKind.None)]
    [InlineData("lnaddress:a@b@c", PaymentEndpointKind.None)]
    [InlineData("lnurl:lnurl1dp68gurn8ghj7", PaymentEndpointKind.Lnurl)]
    [InlineData("lnurl:https://example.org", PaymentEndpointKind.None)]
    [InlineData("bolt12:lno1qcp4256ypq", PaymentEndpointKind.Bolt12)]
    [InlineData("bolt12:lno1QCP4256YPQ", PaymentEndpointKind.None)]
    [InlineData("paymentpointer:$wallet.example.org/anna", PaymentEndpointKind.PaymentPointer)]
    [InlineData("paymentpointer:$wallet.example.org", PaymentEndpointKind.PaymentPointer)]
    [InlineData("paymentpointer:$wallet.example.org/a?b", PaymentEndpointKind.None)]
    [InlineData("paymentpointer:wallet.example.org", PaymentEndpointKind.None)]
    [InlineData("paymentpointer:https://wallet.example.org/anna", PaymentEndpointKind.None)]
    [InlineData("withdraw:did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd", PaymentEndpointKind.Withdraw)]
    [InlineData("withdraw:did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvV", PaymentEndpointKind.None)]
    [InlineData("withdraw:", PaymentEndpointKind.None)]
    [InlineData("paypal:anna", PaymentEndpointKind.None)]
    [InlineData(":", PaymentEndpointKind.None)]
    [InlineData("", PaymentEndpointKind.None)]
    [InlineData(null, PaymentEndpointKind.None)]
    public void PaymentEndpoint_Text_IsReadOnlyInCanonicalForm(string? text, PaymentEndpointKind kind)
    {
        Assert.Equal(kind != PaymentEndpointKind.None, PaymentEndpoint.TryParse(text, out PaymentEndpoint endpoint));
        Assert.Equal(kind, endpoint.Kind);
        Assert.Equal(kind == PaymentEndpointKind.None ? "" : text, endpoint.ToString());
    }

    [Fact]
    public void PayeeId_SameEndpoints_IsTheSameWhateverElseDiffers()
    {
        Payee one = Samples.Album().Payment!.Payees[0];
        Assert.Equal(one.Id, (one with { Name = "Other", ShareBps = 1 }).Id);
        Assert.NotEqual(one.Id, (one with { Endpoints = [one.Endpoints[0]] }).Id);
        Assert.NotEqual(one.Id, (one with { Endpoints = [one.Endpoints[1], one.Endpoints[0]] }).Id);
    }

    [Fact]
    public void Sign_FieldsOutOfRange_AreRefusedWithoutAnException()
    {
        Manifest album = Samples.Album();
        Manifest[] broken =
        [
            album with { Torrent = album.Torrent with { Name = "\ud800" } },
            album with { Sequence = long.MaxValue },
            album with { Torrent = album.Torrent with { Files = [album.Torrent.Files[0] with { Length = -1 }] } },
            album with { Rights = new Rights(TrainingRight.None) },
            album with { Payment = album.Payment! with { HubBps = 301 } },
            album with { Previous = Digest.Of("x"u8) },
        ];
        Assert.All(broken, manifest => Assert.Equal(
            ManifestResult.FieldInvalid, SignedManifest.Sign(manifest, Samples.Creator, Samples.Now).Result));
    }

    private static JsonValue Replace(JsonValue value, ReadOnlySpan<string> path, JsonValue? replacement)
    {
        if (path.Length == 0)
        {
            return replacement!;
        }

        Match match = Regex.Match(
            path[0], @"^(?<name>\w+)(\[(?<index>\d+)\])?$", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        string name = match.Groups["name"].Value;
        if (match.Groups["index"] is { Success: true } index)
        {
            JsonValue[] items = value.Find(name)!.Items.ToArray();
            int at = int.Parse(index.Value, CultureInfo.InvariantCulture);
            items[at] = Replace(items[at], path[1..], replacement);
            return value.With(name, JsonValue.Array(items));
        }

        return path.Length == 1
            ? replacement is null ? value.Without(name) : value.With(name, replacement)
            : value.With(name, Replace(value.Find(name)!, path[1..], replacement));
    }
}
