using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Identity;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Lightning.Tests.Destinations;

/// <summary>Goal: every written form of a destination leads to the right address and to no forbidden one. Method: the LUDs' examples, tables, properties.</summary>
public sealed class DestinationTests
{
    private const string Node = "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad";

    // BOLT 12's "Minimal bolt12 offer".
    private const string Offer = "lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese";

    [Fact]
    public void TryParse_OfficialLnurls_LeadToTheirAddresses()
    {
        using JsonDocument vectors = Vectors.Json("lnurl/lnurl.json");
        JsonElement root = vectors.RootElement;
        string lnurl = root.GetProperty("lud01").GetProperty("lnurl").GetString()!;
        string url = root.GetProperty("lud01").GetProperty("url").GetString()!;
        Assert.Equal(url, Address(lnurl));
        Assert.Equal(lnurl, LnurlText.Write(new Uri(url)));
        foreach (JsonElement address in root.GetProperty("lud16").EnumerateArray())
        {
            Assert.Equal(address.GetProperty("url").GetString(), Address("lnaddress:" + address.GetProperty("address").GetString()));
        }

        foreach (JsonElement scheme in root.GetProperty("lud17").EnumerateArray())
        {
            Assert.Equal(scheme.GetProperty("url").GetString(), LnurlText.Read(scheme.GetProperty("uri").GetString()!).Address!.ToString());
        }
    }

    [Fact]
    public void DescriptionHash_OfficialMetadata_IsTheInvoicesHash()
    {
        using JsonDocument vectors = Vectors.Json("lnurl/lnurl.json");
        JsonElement plain = vectors.RootElement.GetProperty("lud06");
        JsonElement payer = vectors.RootElement.GetProperty("lud18");

        Assert.Equal(
            plain.GetProperty("metadataSha256").GetString(),
            LnurlPay.DescriptionHash(plain.GetProperty("metadata").GetString()!, "").ToString());
        Assert.Equal(
            payer.GetProperty("descriptionHashSha256").GetString(),
            LnurlPay.DescriptionHash(payer.GetProperty("metadata").GetString()!, payer.GetProperty("payerdata").GetString()!).ToString());
        Assert.Equal(
            payer.GetProperty("payerdata").GetString(), Uri.UnescapeDataString(payer.GetProperty("payerdataUrlEncoded").GetString()!));
    }

    [Fact]
    public void ReadSuccessAction_OfficialExamples_AreShownOnlyWithinTheirHost()
    {
        using JsonDocument vectors = Vectors.Json("lnurl/lnurl.json");
        JsonElement[] actions = [.. vectors.RootElement.GetProperty("lud09").EnumerateArray()];
        JsonElement wrap(JsonElement action) => JsonDocument.Parse($$"""{"successAction":{{action}}}""").RootElement;
        Uri own = new("https://www.ln-service.com/callback");

        Assert.Equal(actions[0].GetProperty("message").GetString(), LnurlPay.ReadSuccessAction(wrap(actions[0]), own)!.Text);
        Assert.StartsWith("https://www.ln-service.com/order/", LnurlPay.ReadSuccessAction(wrap(actions[1]), own)!.Url, StringComparison.Ordinal);
        Assert.Null(LnurlPay.ReadSuccessAction(wrap(actions[1]), new Uri("https://other.example/callback")));
    }

    [Theory]
    [InlineData("keysend:" + Node, DestinationKind.Keysend, "keysend:" + Node)]
    [InlineData("lnaddress:Bob+tips@Example.COM:8443", DestinationKind.LightningAddress, "lnaddress:bob+tips@example.com:8443")]
    [InlineData("bob@example.com", DestinationKind.LightningAddress, "lnaddress:bob@example.com")]
    [InlineData("lnurl:https://example.com/pay", DestinationKind.Lnurl, "lnurl:https://example.com/pay")]
    [InlineData("lnurlp://example.com/pay", DestinationKind.Lnurl, "lnurl:lnurlp://example.com/pay")]
    [InlineData(Offer, DestinationKind.Bolt12, "bolt12:" + Offer)]
    public void TryParse_EveryForm_IsWrittenInOneWay(string text, DestinationKind kind, string canonical)
    {
        Assert.True(PayoutDestination.TryParse(text, out PayoutDestination? destination, out string error), error);
        Assert.Equal((kind, canonical), (destination.Kind, destination.ToString()));
        Assert.True(PayoutDestination.TryParse(canonical, out PayoutDestination? again, out _));
        Assert.Equal(canonical, again.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("paypal:bob")]
    [InlineData("keysend:02")]
    [InlineData("keysend:02ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")] // not on the curve
    [InlineData("lnaddress:bob")]
    [InlineData("lnaddress:b ob@example.com")]
    [InlineData("lnaddress:bob@exa/mple.com")]
    [InlineData("lnaddress:bob@a@b")]
    [InlineData("lnurl:ftp://example.com")]
    [InlineData("lnurl:lnurl1qqqqqqqq")]
    [InlineData("lnurlp://")] // a URI, but no https address
    [InlineData("bolt11:lnbc1")]
    [InlineData("bolt12:lni1abc")]
    [InlineData("bolt12:lno1")]
    public void TryParse_Malformed_SaysWhatWouldBeRight(string text)
    {
        Assert.False(PayoutDestination.TryParse(text, out _, out string error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void TryParse_AnyText_AnswersAndNeverThrows() => Prop.ForAll<string?, int>((text, kind) =>
    {
        string[] kinds = ["", "keysend:", "lnaddress:", "lnurl:", "bolt11:", "bolt12:", "lnurl1", "lnurlp://", "a@"];
        string whole = kinds[unchecked((int)((uint)kind % kinds.Length))] + text;
        return PayoutDestination.TryParse(whole, out PayoutDestination? read, out string error) == (read is not null)
            && (read is null) == (error.Length > 0);
    }).QuickCheckThrowOnFailure();

    // address, allowed by default, with AllowLoopback, with AllowPrivate
    [Theory]
    [InlineData("93.184.216.34", true, true, true)]
    [InlineData("2606:2800:220:1::1", true, true, true)]
    [InlineData("127.0.0.1", false, true, false)]
    [InlineData("127.9.9.9", false, true, false)]
    [InlineData("::1", false, true, false)]
    [InlineData("::ffff:127.0.0.1", false, true, false)]
    [InlineData("10.0.0.1", false, false, true)]
    [InlineData("172.31.255.255", false, false, true)]
    [InlineData("172.32.0.0", true, true, true)]
    [InlineData("192.168.1.1", false, false, true)]
    [InlineData("100.64.0.1", false, false, true)]
    [InlineData("fd00::1", false, false, true)]
    [InlineData("::ffff:10.0.0.1", false, false, true)]
    [InlineData("64:ff9b::a00:1", false, false, true)] // NAT64 of 10.0.0.1
    [InlineData("2002:a00:1::", false, false, true)] // 6to4 of 10.0.0.1
    [InlineData("0.0.0.0", false, false, false)]
    [InlineData("169.254.169.254", false, false, false)] // clouds' metadata service
    [InlineData("224.0.0.1", false, false, false)]
    [InlineData("255.255.255.255", false, false, false)]
    [InlineData("192.0.2.1", false, false, false)]
    [InlineData("198.18.0.1", false, false, false)]
    [InlineData("::", false, false, false)]
    [InlineData("fe80::1", false, false, false)]
    [InlineData("ff02::1", false, false, false)]
    [InlineData("2001:db8::1", false, false, false)]
    [InlineData("2001::1", false, false, false)] // Teredo
    public void Allows_Address_DependsOnItsKind(string address, bool plain, bool loopback, bool priv)
    {
        IPAddress ip = IPAddress.Parse(address);

        Assert.Equal(
            (plain, loopback, priv),
            (new OutgoingPolicy().Allows(ip),
                new OutgoingPolicy { AllowLoopback = true }.Allows(ip),
                new OutgoingPolicy { AllowPrivate = true }.Allows(ip)));
    }

    [Fact]
    public void Reveal_AesActionWithThePreimage_ShowsTheText()
    {
        Preimage preimage = new(Digest.Of("preimage"u8).Span);
        using Aes aes = Aes.Create();
        aes.Key = preimage.ToArray();
        string ciphertext = Convert.ToBase64String(aes.EncryptCbc(Encoding.UTF8.GetBytes("the code is 1234"), new byte[16]));
        SuccessAction action = new("aes", "Your code", null)
        {
            Ciphertext = ciphertext,
            InitialisationVector = Convert.ToBase64String(new byte[16]),
        };

        Assert.Equal("the code is 1234", action.Reveal(preimage));
        Assert.Null((action with { Ciphertext = "not base64" }).Reveal(preimage));
        Assert.Null(new SuccessAction("message", "hi", null).Reveal(preimage));
    }

    private static string? Address(string text)
    {
        Assert.True(PayoutDestination.TryParse(text, out PayoutDestination? destination, out string error), error);
        return destination.PayAddress?.ToString();
    }
}
