using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Json;
using Xunit;

namespace SeederMesh.Core.Tests.Json;

// Goal: only text with one canonical form is read; any bytes give a typed answer; the canonical form is a fixed point.
public class JsonTextTests
{
    // text -> result, in the order of the checks; a text that breaks two rules is refused by the earlier one
    [Theory]
    [InlineData("", JsonResult.Malformed)]
    [InlineData(" ", JsonResult.Malformed)]
    [InlineData("\uFEFF1", JsonResult.NotUtf8)]
    [InlineData("1 2", JsonResult.Malformed)]
    [InlineData("[1,]", JsonResult.Malformed)]
    [InlineData("{\"a\":1,}", JsonResult.Malformed)]
    [InlineData("// no\n1", JsonResult.Malformed)]
    [InlineData("01", JsonResult.Malformed)]
    [InlineData("+1", JsonResult.Malformed)]
    [InlineData("NaN", JsonResult.Malformed)]
    [InlineData("{\"a\"", JsonResult.Malformed)]
    [InlineData("[", JsonResult.Malformed)]
    [InlineData("\"\n\"", JsonResult.Malformed)]
    [InlineData("\"\\ud800\"", JsonResult.LoneSurrogate)]
    [InlineData("\"\\udc00\\ud800\"", JsonResult.LoneSurrogate)]
    [InlineData("{\"\\ud800\":1}", JsonResult.LoneSurrogate)]
    [InlineData("{\"a\":1,\"a\":1}", JsonResult.DuplicateName)]
    [InlineData("{\"a\":1,\"\\u0061\":2}", JsonResult.DuplicateName)]
    [InlineData("9007199254740991", JsonResult.Read)]
    [InlineData("9007199254740992", JsonResult.NumberOutOfRange)]
    [InlineData("-9007199254740992", JsonResult.NumberOutOfRange)]
    [InlineData("9007199254740993.0", JsonResult.NumberOutOfRange)]
    [InlineData("1e16", JsonResult.NumberOutOfRange)]
    [InlineData("1e21", JsonResult.Read)]
    [InlineData("1000000000000000000000000", JsonResult.NumberOutOfRange)]
    [InlineData("1e309", JsonResult.NumberOutOfRange)]
    [InlineData("1e-400", JsonResult.Read)]
    [InlineData(" [1, {\"b\": null, \"a\": [true, false]}] \r\n", JsonResult.Read)]
    public void Read_Text_GivesTheFirstFault(string text, JsonResult expected)
    {
        JsonReading reading = Read(text);

        Assert.Equal(expected, reading.Result);
        Assert.Equal(expected == JsonResult.Read, reading.Value is not null);
        Assert.Equal(expected == JsonResult.Read, reading.Message.Length == 0);
    }

    [Fact]
    public void Read_InvalidUtf8_IsRefused()
    {
        Assert.Equal(JsonResult.NotUtf8, JsonText.Read([0x22, 0xff, 0x22], 100).Result);
        Assert.Equal(JsonResult.NotUtf8, JsonText.Read([0x22, 0xed, 0xa0, 0x80, 0x22], 100).Result);
    }

    [Fact]
    public void Read_Bounds_HoldOnBothSides()
    {
        string deepest = new string('[', JsonText.DepthMax) + new string(']', JsonText.DepthMax);
        Assert.Equal(JsonResult.Read, Read(deepest).Result);
        Assert.Equal(JsonResult.TooDeep, Read($"[{deepest}]").Result);
        Assert.Equal(JsonResult.TooDeep, Read(new string('[', 100_000)).Result);

        Assert.Equal(JsonResult.Read, JsonText.Read("[1]"u8, 3).Result);
        Assert.Equal(JsonResult.TooLarge, JsonText.Read("[1]"u8, 2).Result);

        string many = string.Join(',', Enumerable.Repeat('0', JsonText.ValuesMax - 1));
        Assert.Equal(JsonResult.Read, Read($"[{many}]").Result);
        Assert.Equal(JsonResult.TooManyValues, Read($"[{many},0]").Result);
    }

    [Fact]
    public void Serialize_NamesOutsideTheBasicPlane_AreSortedByCodeUnit()
    {
        // U+1F600 is D83D DE00 in UTF-16, before U+FB33, though its code point is larger.
        JsonReading reading = Read("{\"\uFB33\":2,\"\U0001F600\":1}");
        Assert.Equal("{\"\U0001F600\":1,\"\uFB33\":2}", Text(reading.Value!));
    }

    [Theory]
    [InlineData("1.0", "1")]
    [InlineData("-0", "0")]
    [InlineData("-0.0", "0")]
    [InlineData("1E2", "100")]
    [InlineData("0.000001", "0.000001")]
    [InlineData("0.0000001", "1e-7")]
    [InlineData("1.5e300", "1.5e+300")]
    [InlineData("123456789012.5", "123456789012.5")]
    [InlineData("\"\\u007f\\/\\u001F\"", "\"\u007f/\\u001f\"")]
    public void Serialize_Spellings_BecomeOne(string text, string canonical) => Assert.Equal(canonical, Text(Read(text).Value!));

    [Fact]
    public void Serialize_WhatItWrote_ReadsBackToTheSameBytes() =>
        Prop.ForAll(Values(4).ToArbitrary(), value =>
        {
            byte[] canonical = CanonicalJson.Serialize(value);
            JsonReading again = JsonText.Read(canonical, int.MaxValue);
            return again.Value is not null && CanonicalJson.Serialize(again.Value).AsSpan().SequenceEqual(canonical);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void FormatNumber_AnyDouble_ReadsBackToTheSameDouble() =>
        Prop.ForAll(ArbMap.Default.ArbFor<long>(), bits =>
        {
            // Spread over all exponents, where the generator alone stays near zero.
            double number = BitConverter.Int64BitsToDouble(unchecked(bits * 0x7fff_ffff_1234_5677));
            return !double.IsFinite(number)
                || double.Parse(CanonicalJson.FormatNumber(number), CultureInfo.InvariantCulture).Equals(number);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Read_AnyBytes_GivesAResult() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => JsonText.Read(bytes, 1000).Result != JsonResult.None)
            .QuickCheckThrowOnFailure();

    // Random bytes rarely get past the first one; pieces of JSON do.
    [Fact]
    public void Read_AnyPiecesOfJson_GivesAResult()
    {
        Gen<string> piece = Gen.Elements(
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"a\":", "1", "-", "1e5", "\"\\ud83d", "\\ude00\"", "null", "tru", " ", "\"", "\\");
        Prop.ForAll(piece.ArrayOf().ToArbitrary(), pieces =>
        {
            JsonReading reading = Read(string.Concat(pieces));
            return reading.Result != JsonResult.None && (reading.Value is null) == (reading.Message.Length > 0);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Object_NameTwice_IsRefused() =>
        Assert.Throws<ArgumentException>(() => JsonValue.Object(new("a", JsonValue.Null), new("a", JsonValue.True)));

    [Fact]
    public void Of_LoneSurrogate_IsRefused() => Assert.Throws<ArgumentException>(() => JsonValue.Of("\ud800"));

    [Fact]
    public void Find_EveryMember_IsFound()
    {
        JsonMember[] members = [.. Enumerable.Range(0, 50).Select(i => new JsonMember($"n{i}", JsonValue.Of(i)))];
        JsonValue value = JsonValue.Object(members);
        Assert.All(Enumerable.Range(0, 50), i => Assert.Equal(i, value.Find($"n{i}")!.Number));
        Assert.Null(value.Find("n50"));
        Assert.Null(value.Without("n7").Find("n7"));
        Assert.Equal(JsonKind.True, value.With("n7", JsonValue.True).Find("n7")!.Kind);
    }

    private static Gen<JsonValue> Values(int depth)
    {
        Gen<JsonValue> leaf = Gen.OneOf(
            Gen.Elements(JsonValue.Null, JsonValue.True, JsonValue.False),
            ArbMap.Default.GeneratorFor<int>().Select(number => JsonValue.Of((long)number)),
            ArbMap.Default.GeneratorFor<NormalFloat>()
                .Where(number => Math.Abs(number.Get) is <= JsonValue.IntegerMax or >= 1e21)
                .Select(number => JsonValue.Of(number.Get)),
            Names().Select(JsonValue.Of));
        return depth == 0
            ? leaf
            : Gen.OneOf(
                leaf,
                Values(depth - 1).ArrayOf().Select(items => JsonValue.Array(items)),
                Names().Zip(Values(depth - 1)).ArrayOf().Select(pairs => JsonValue.Object(
                    [.. pairs.DistinctBy(pair => pair.Item1, StringComparer.Ordinal).Select(pair => new JsonMember(pair.Item1, pair.Item2))])));
    }

    private static Gen<string> Names() =>
        Gen.Elements("a", "b", "\u00e9", "\ufb33", "\U0001F600", "\"", "\\", "\n", "\u0001", "\u2028").ArrayOf().Select(string.Concat);

    private static JsonReading Read(string text) => JsonText.Read(System.Text.Encoding.UTF8.GetBytes(text), 10_000_000);

    private static string Text(JsonValue value) => System.Text.Encoding.UTF8.GetString(CanonicalJson.Serialize(value));
}
