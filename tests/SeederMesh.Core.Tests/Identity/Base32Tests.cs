using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Identity;
using Xunit;

namespace SeederMesh.Core.Tests.Identity;

/// <summary>Goal: one text for each key. Method: RFC 4648's vectors in lower case without padding, and a round trip.</summary>
public sealed class Base32Tests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "my")]
    [InlineData("fo", "mzxq")]
    [InlineData("foo", "mzxw6")]
    [InlineData("foob", "mzxw6yq")]
    [InlineData("fooba", "mzxw6ytb")]
    [InlineData("foobar", "mzxw6ytboi")]
    public void Encode_VectorsOfRfc4648_AreWritten(string plain, string text)
    {
        byte[] read = new byte[plain.Length];
        Assert.Equal(text, Base32.Encode(Encoding.ASCII.GetBytes(plain)));
        Assert.True(Base32.TryDecode(text, read));
        Assert.Equal(plain, Encoding.ASCII.GetString(read));
    }

    [Theory]
    [InlineData("MY", 1)]
    [InlineData("mz", 1)] // bits after the last byte
    [InlineData("m", 1)]
    [InlineData("mya", 1)]
    [InlineData("my", 2)]
    [InlineData("m1", 1)]
    [InlineData("my======", 1)]
    [InlineData("mzxw6ytboi", 5)]
    public void TryDecode_AnyOtherText_IsRefused(string text, int length) => Assert.False(Base32.TryDecode(text, new byte[length]));

    [Fact]
    public void TryDecode_WhatWasEncoded_IsTheSameBytes() => Prop.ForAll<byte[]>(bytes =>
    {
        byte[] read = new byte[bytes.Length];
        return Base32.TryDecode(Base32.Encode(bytes), read) && read.AsSpan().SequenceEqual(bytes);
    }).QuickCheckThrowOnFailure();
}
