using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Lightning.Bolt12;

namespace SeederMesh.Lightning.Tests.Bolt12;

/// <summary>Goal: BOLT 12 offers to the letter. Method: the document's own test files, then properties.</summary>
public sealed class Bolt12OfferTests
{
    [Fact]
    public void TryDecode_OfficialOffers_HaveTheirFieldsOrAreRefused()
    {
        using JsonDocument vectors = Vectors.Json("bolt12/offers-test.json");
        foreach (JsonElement vector in vectors.RootElement.EnumerateArray())
        {
            string about = vector.GetProperty("description").GetString()!;
            bool valid = vector.GetProperty("valid").GetBoolean();
            bool read = Bolt12Offer.TryDecode(vector.GetProperty("bolt12").GetString(), out Bolt12Offer? offer, out string error);
            Assert.True(valid == read, $"{about}: {error}");
            Assert.Equal(valid, error.Length == 0);
            if (valid)
            {
                Assert.Equal(
                    vector.GetProperty("fields").EnumerateArray().Select(field => (field.GetProperty("type").GetUInt64(), field.GetProperty("hex").GetString())),
                    offer!.Fields.Select(field => (field.Type, (string?)Convert.ToHexStringLower(field.Value))));
            }
        }
    }

    [Fact]
    public void TryDecode_OfficialStrings_AreReadAsTheFormatSays()
    {
        using JsonDocument vectors = Vectors.Json("bolt12/format-string-test.json");
        foreach (JsonElement vector in vectors.RootElement.EnumerateArray())
        {
            bool read = Bolt12Offer.TryDecode(vector.GetProperty("string").GetString(), out _, out string error);
            Assert.True(vector.GetProperty("valid").GetBoolean() == read, $"{vector.GetProperty("comment")}: {error}");
        }
    }

    [Theory]
    [InlineData("with amount", "amount")]
    [InlineData("with currency", "currency")]
    [InlineData("with expiry", "expiry")]
    [InlineData("with unlimited (or unknown) quantity", "quantity")]
    [InlineData("same, with blinded path first_node_id using sciddir", "path")]
    public void TryDecode_OfficialOffer_ReadsItsValue(string about, string what)
    {
        using JsonDocument vectors = Vectors.Json("bolt12/offers-test.json");
        string text = vectors.RootElement.EnumerateArray()
            .Single(vector => vector.GetProperty("description").GetString() == about).GetProperty("bolt12").GetString()!;
        Assert.True(Bolt12Offer.TryDecode(text, out Bolt12Offer? offer, out _));

        Assert.True(what switch
        {
            "amount" => offer.Amount == 10_000 && offer.ToDecodedRequest().Amount!.Value.Value == 10_000,
            "currency" => (offer.Currency, offer.Amount) == ("USD", 10_000UL) && offer.ToDecodedRequest().Amount is null,
            "expiry" => offer.AbsoluteExpirySeconds == 2051184600 && offer.ToDecodedRequest().ExpiresAt!.Value.Year is 2034 or 2035,
            "quantity" => offer.QuantityMax == 0,
            _ => offer.Paths[0].FirstChannel == (42UL, 0) && offer.Paths[0].Hops.Count == 2,
        });
    }

    [Fact]
    public void TryDecode_AnyBytes_AnswersAndNeverThrows() => Prop.ForAll<byte[]>(bytes =>
    {
        string text = "lno1" + string.Concat(Lightning.Bolt11.Bech32.ToWords(bytes).Select(word => "qpzry9x8gf2tvdw0s3jn54khce6mua7l"[word]));
        return Bolt12Offer.TryDecode(text, out Bolt12Offer? offer, out string error) == (offer is not null)
            && (offer is null) == (error.Length > 0);
    }).QuickCheckThrowOnFailure();
}
