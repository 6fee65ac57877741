using SeederMesh.Core.Manifests;
using Xunit;

namespace SeederMesh.Core.Tests.Manifests;

/// <summary>Goal: a pointer stands for one https address, and nothing else is a pointer. Method: the examples of
/// paymentpointers.org, and a table of what breaks one rule each.</summary>
public sealed class PaymentPointerTests
{
    [Theory]
    [InlineData("$example.com", "https://example.com/.well-known/pay")]
    [InlineData("$example.com/", "https://example.com/.well-known/pay")]
    [InlineData("$example.com/invoices/12345", "https://example.com/invoices/12345")]
    [InlineData("$bob.example.com", "https://bob.example.com/.well-known/pay")]
    [InlineData("$example.com/bob", "https://example.com/bob")]
    [InlineData("$example.com/bob%20b@x:y;z", "https://example.com/bob%20b@x:y;z")]
    [InlineData("$localhost:8480/bob", "https://localhost:8480/bob")]
    public void Address_OfAPointer_IsItsWallet(string text, string address)
    {
        Assert.True(PaymentPointer.TryParse(text, out PaymentPointer pointer));
        Assert.Equal((text, address), (pointer.ToString(), pointer.Address));
        Assert.True(PaymentPointer.TryParse(pointer.Address, out PaymentPointer again));
        Assert.Equal(address, again.Address);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("$")]
    [InlineData("example.com/bob")]
    [InlineData("http://example.com/bob")]
    [InlineData("$Example.com/bob")]
    [InlineData("$user@example.com/bob")]
    [InlineData("$example.com:8443/bob")]
    [InlineData("$example.com/bob?a=b")]
    [InlineData("$example.com/bob#a")]
    [InlineData("$example.com/../bob")]
    [InlineData("$example.com/a/./bob")]
    [InlineData("$example.com/b%2")]
    [InlineData("$example.com/bób")]
    [InlineData("$example.com/b ob")]
    [InlineData("$example.com\n/bob")]
    [InlineData("$/bob")]
    public void TryParse_AnyOtherForm_IsRefused(string? text) => Assert.False(PaymentPointer.TryParse(text, out _));
}
