using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Identity;
using Xunit;

namespace SeederMesh.Core.Tests.Identity;

// Goal: a key has exactly one did:key text, and nothing else is taken for it.
public class DidKeyTests
{
    private const string Valid = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp";

    [Theory]
    [InlineData(Valid, true)]
    [InlineData(Valid + "#z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp", false)]
    [InlineData(Valid + " ", false)]
    [InlineData(" " + Valid, false)]
    [InlineData("DID:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp", false)]
    [InlineData("did:key:6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp", false)]
    [InlineData("did:key:z16MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp", false)]
    [InlineData("did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooW", false)]
    [InlineData("did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDoo0p", false)]
    [InlineData("did:key:z", false)]
    [InlineData("did:key:", false)]
    [InlineData("did:web:example.com", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void TryParse_Text_IsReadOnlyInItsOneForm(string? text, bool expected) =>
        Assert.Equal(expected, DidKey.TryParse(text, out _));

    [Theory]
    [InlineData(Valid + "#z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp", true)]
    [InlineData(Valid, false)]
    [InlineData(Valid + "#", false)]
    [InlineData(Valid + "#z6MktgKTsu1QhX6QPbyqG6geXdw6FQCZBPq7uQpieWbiQiG7", false)]
    public void TryParseVerificationMethod_OtherFragment_IsRefused(string text, bool expected) =>
        Assert.Equal(expected, DidKey.TryParseVerificationMethod(text, out _));

    [Fact]
    public void Multibase_AnyBytes_ReadBackTheSame() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            byte[] some = [.. bytes.Take(64)];
            string text = Base58.ToMultibase(some);
            return Base58.TryFromMultibase(text, out byte[] back)
                && back.AsSpan().SequenceEqual(some)
                && string.Equals(Base58.ToMultibase(back), text, StringComparison.Ordinal);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryFromMultibase_TooLong_IsRefused()
    {
        Assert.True(Base58.TryFromMultibase("z" + new string('2', Base58.CharactersMax - 1), out _));
        Assert.False(Base58.TryFromMultibase("z" + new string('2', Base58.CharactersMax), out _));
    }
}
