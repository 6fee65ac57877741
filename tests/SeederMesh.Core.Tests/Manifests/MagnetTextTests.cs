using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using Xunit;

namespace SeederMesh.Core.Tests.Manifests;

// Goal: what is written reads back; what is odd is refused by the first rule that it breaks; nothing throws.
public class MagnetTextTests
{
    private const string V2 = "xt=urn:btmh:1220cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd";
    private const string V1 = "xt=urn:btih:cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd";

    private static MagnetLink Full => new()
    {
        InfohashV2 = Digest.Of("v2"u8),
        InfohashV1 = new InfohashV1(Digest.Of("v1"u8).Span[..20]),
        DisplayName = "Müsli & Töne = 100% +1",
        Trackers = ["http://127.0.0.1:8080/announce", "udp://tracker.example.org:6969"],
        Peers = ["127.0.0.1:6881", "[::1]:6881", "seeder.example.org:1"],
        SelectOnly = [new FileRange(0, 0), new FileRange(2, 2), new FileRange(4, 7)],
        Registry = "http://127.0.0.1:8080/v1/registry",
        RegistryReceipt = Digest.Of("receipt"u8),
    };

    [Fact]
    public void Read_WhatWasWritten_IsTheSameLink()
    {
        MagnetReading reading = MagnetText.Read(Full.ToString());

        Assert.True(reading.Result == MagnetResult.Read, reading.Message);
        Assert.Equivalent(Full, reading.Link, strict: true);
        Assert.Equal(Full.ToString(), reading.Link!.ToString());
        Assert.Contains("so=0,2,4-7", Full.ToString(), StringComparison.Ordinal);
        Assert.Contains("x.pe=127.0.0.1:6881", Full.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://example.org", MagnetResult.NotMagnet)]
    [InlineData("magnet:", MagnetResult.NotMagnet)]
    [InlineData("magnet:?", MagnetResult.Malformed)]
    [InlineData("magnet:?" + V2 + "&dn", MagnetResult.Malformed)]
    [InlineData("magnet:?" + V2 + "&=x", MagnetResult.Malformed)]
    [InlineData("magnet:?" + V2 + "&dn=%", MagnetResult.Malformed)]
    [InlineData("magnet:?" + V2 + "&dn=%4", MagnetResult.Malformed)]
    [InlineData("magnet:?" + V2 + "&dn=%zz", MagnetResult.Malformed)]
    [InlineData("magnet:?" + V2 + "&dn=%ff", MagnetResult.Malformed)]
    [InlineData("magnet:?" + V2 + "&dn=a b", MagnetResult.Malformed)]
    [InlineData("magnet:?dn=x", MagnetResult.InfohashMissing)]
    [InlineData("magnet:?xt=urn:sha1:ABC", MagnetResult.InfohashMissing)]
    [InlineData("magnet:?" + V2 + "&xt=urn:sha1:ABC", MagnetResult.Read)]
    [InlineData("MAGNET:?" + V2, MagnetResult.Read)]
    [InlineData("magnet:?" + V2 + "&" + V2, MagnetResult.Read)]
    [InlineData("magnet:?xt.1=urn:btih:cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd&tr.2=http://a.b/c", MagnetResult.Read)]
    [InlineData("magnet:?xt=urn:btih:ZXG43TON3TONZXG43TONZXG43TONZXG4", MagnetResult.Read)]
    [InlineData("magnet:?xt=urn:btih:ZXG43TON3TONZXG43TONZXG43TONZXG1", MagnetResult.InfohashInvalid)]
    [InlineData("magnet:?" + V1 + "&xt=urn:btih:cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdce", MagnetResult.InfohashInvalid)]
    [InlineData("magnet:?" + V2 + "&so=1,0", MagnetResult.ParameterInvalid)]
    [InlineData("magnet:?" + V2 + "&so=1,1", MagnetResult.ParameterInvalid)]
    [InlineData("magnet:?" + V2 + "&so=3-2", MagnetResult.ParameterInvalid)]
    [InlineData("magnet:?" + V2 + "&so=", MagnetResult.ParameterInvalid)]
    [InlineData("magnet:?" + V2 + "&so=-1", MagnetResult.ParameterInvalid)]
    [InlineData("magnet:?" + V2 + "&so=200000", MagnetResult.ParameterInvalid)]
    [InlineData("magnet:?" + V2 + "&so=1&so=2", MagnetResult.ParameterInvalid)]
    [InlineData("magnet:?" + V2 + "&x.pe=nowhere", MagnetResult.ParameterInvalid)]
    [InlineData("magnet:?" + V2 + "&x.pe=a.b:70000", MagnetResult.ParameterInvalid)]
    [InlineData("magnet:?" + V2 + "&x.pe=[zz]:1", MagnetResult.ParameterInvalid)]
    [InlineData("magnet:?" + V2 + "&x.prov=file:///etc/passwd", MagnetResult.ParameterInvalid)]
    [InlineData("magnet:?" + V2 + "&x.prov=http://a.b&x.prov=http://c.d", MagnetResult.ParameterInvalid)]
    [InlineData("magnet:?" + V2 + "&x.prcpt=12", MagnetResult.ParameterInvalid)]
    [InlineData("magnet:?" + V2 + "&tr=", MagnetResult.ParameterInvalid)]
    [InlineData("magnet:?" + V2 + "&dn=%E2%80%AEgpj.exe", MagnetResult.ParameterInvalid)]
    [InlineData("magnet:?" + V2 + "&unknown=%20&dn=one&dn=two", MagnetResult.Read)]
    public void Read_Text_GivesTheFirstFault(string text, MagnetResult expected)
    {
        MagnetReading reading = MagnetText.Read(text);
        Assert.Equal(expected, reading.Result);
        Assert.Equal(expected == MagnetResult.Read, reading.Link is not null);
        Assert.Equal(expected == MagnetResult.Read, reading.Message.Length == 0);
    }

    [Fact]
    public void Read_TooLong_IsRefused() =>
        Assert.Equal(MagnetResult.TooLong, MagnetText.Read("magnet:?" + new string('x', MagnetText.LengthMax)).Result);

    [Fact]
    public void Read_Base32_IsTheSameAsHex() =>
        Assert.Equal(
            new InfohashV1([.. Enumerable.Repeat((byte)0xcd, 20)]),
            MagnetText.Read("magnet:?xt=urn:btih:ZXG43TON3TONZXG43TONZXG43TONZXG4".Replace(
                "ZXG43TON3TONZXG43TONZXG43TONZXG4", "ZXG43TONZXG43TONZXG43TONZXG43TON", StringComparison.Ordinal)).Link!.InfohashV1);

    [Fact]
    public void Read_AnyText_GivesAResult()
    {
        Gen<string> piece = Gen.OneOf(
            Gen.Elements("&", "=", "%", "xt", "so", "x.pe", "1", "-", ",", "[", "]:", "tr", "dn", V1, V2, "é", "\ud800"),
            ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""));
        Prop.ForAll(piece.ArrayOf().ToArbitrary(), pieces => MagnetText.Read("magnet:?" + string.Concat(pieces)).Result != MagnetResult.None)
            .QuickCheckThrowOnFailure();
    }
}
