using SeederMesh.Grains.Payouts;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Grains.Tests.Payouts;

/// <summary>Which destinations a hub takes, and which of several it uses at an attempt.</summary>
public sealed class PayableDestinationTests
{
    private const string Offer = "bolt12:lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese";
    private const string Invoice =
        "bolt11:lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypq"
        + "dpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj32dlqnls087fxdwk8qakdyafkq3yap9us"
        + "6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql";

    // text, whether the node pays offers -> again and again, as a refund
    [Theory]
    [InlineData("lnaddress:Anna@Example.org", false, true, true)]
    [InlineData("$wallet.example/anna", false, true, true)]
    [InlineData("withdraw:did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd", true, false, false)]
    [InlineData(Offer, true, true, true)]
    [InlineData(Offer, false, false, false)]
    [InlineData(Invoice, true, false, true)]
    [InlineData("keysend:02ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", true, false, false)]
    [InlineData("paypal:anna", true, false, false)]
    [InlineData(null, true, false, false)]
    public void TryRead_EachKind_IsPayableWhereTheNodeCan(string? text, bool paysOffers, bool again, bool refund)
    {
        Assert.Equal(again, PayableDestination.TryRead(text, paysOffers, out PayoutDestination? read, out string error));
        Assert.Equal((again, again), (read is not null, error.Length == 0));
        Assert.Equal(refund, PayableDestination.TryReadRefund(text, paysOffers, out read, out error));
        Assert.Equal((refund, refund), (read is not null, error.Length == 0));
    }

    // destinations, failures, whether the node pays offers -> chosen
    [Theory]
    [InlineData(null, 0, true, null)]
    [InlineData("paypal:anna", 0, true, null)]
    [InlineData("paypal:anna\nlnaddress:a@b.c", 0, true, "lnaddress:a@b.c")]
    [InlineData("lnaddress:a@b.c\nlnaddress:d@e.f", 1, true, "lnaddress:d@e.f")]
    [InlineData("lnaddress:a@b.c\nlnaddress:d@e.f", 2, true, "lnaddress:a@b.c")]
    [InlineData(Offer + "\nlnaddress:d@e.f", 0, true, Offer)]
    [InlineData(Offer + "\nlnaddress:d@e.f", 0, false, "lnaddress:d@e.f")]
    [InlineData(Offer, 0, false, Offer)]
    public void Choose_OfSeveral_TakesTheBestThatTheNodePaysAndTheOthersInTurn(
        string? destinations, int failures, bool paysOffers, string? chosen) =>
        Assert.Equal(chosen, PayableDestination.Choose(destinations, failures, paysOffers)?.ToString());
}
