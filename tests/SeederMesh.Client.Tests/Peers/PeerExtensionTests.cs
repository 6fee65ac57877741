using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Identity;
using Xunit;

namespace SeederMesh.Client.Tests.Peers;

// Goal: what a peer says of itself is read exactly or not at all, whatever it sends. Method: examples, and bytes changed at random.
public sealed class PeerExtensionTests
{
    private static readonly PublicKey Seeder = SigningKey.FromSeed([.. Enumerable.Repeat((byte)1, 32)]).PublicKey;
    private static readonly PublicKey Hub = SigningKey.FromSeed([.. Enumerable.Repeat((byte)2, 32)]).PublicKey;

    [Fact]
    public void TryRead_WhatASeederSends_GivesItBack()
    {
        Assert.True(PeerExtension.TryRead(WithNonce(PeerExtension.Write(Seeder, [Hub])), out PeerExtension? read));

        Assert.Equal(Seeder, read!.Seeder);
        Assert.Equal(Hub, Assert.Single(read.Hubs));
        Assert.Equal(16, read.Nonce.Length);
    }

    [Fact]
    public void TryRead_WhatADownloaderSends_HasNoSeeder()
    {
        Assert.True(PeerExtension.TryRead(WithNonce(PeerExtension.Write(null, [])), out PeerExtension? read));

        Assert.Null(read!.Seeder);
        Assert.Empty(read.Hubs);
    }

    [Theory]
    [InlineData("")]
    [InlineData("de")]
    [InlineData("d1:vi1ee")]
    [InlineData("d1:n15:aaaaaaaaaaaaaaa1:vi1ee")]
    [InlineData("d1:n16:aaaaaaaaaaaaaaaa1:vi2ee")]
    [InlineData("d1:hi3e1:n16:aaaaaaaaaaaaaaaa1:vi1ee")]
    [InlineData("d1:n16:aaaaaaaaaaaaaaaa1:vi1e")]
    [InlineData("d1:n16:aaaaaaaaaaaaaaaa1:v999999999999:")]
    [InlineData("d1:xllllllllllllleeeeeeeeeeee1:vi1ee")]
    public void TryRead_AnythingElse_IsRefused(string text) =>
        Assert.False(PeerExtension.TryRead(System.Text.Encoding.Latin1.GetBytes(text), out _));

    [Fact]
    public void TryRead_UnknownMembers_ArePassedOver()
    {
        byte[] bytes = System.Text.Encoding.Latin1.GetBytes("d1:ad1:bl1:ci7eee1:n16:aaaaaaaaaaaaaaaa1:vi1e1:zi-5ee");

        Assert.True(PeerExtension.TryRead(bytes, out _));
    }

    [Fact]
    public void TryRead_AnyBytes_NeverThrows() =>
        Prop.ForAll<int, byte>((place, value) =>
        {
            byte[] bytes = WithNonce(PeerExtension.Write(Seeder, [Hub, Hub]));
            bytes[At(place, bytes)] = value;
            PeerExtension.TryRead(bytes, out _);
            PeerExtension.TryRead(bytes.AsSpan(0, At(place, bytes)), out _);
        }).QuickCheckThrowOnFailure();

    private static int At(int place, byte[] bytes) => (int)(unchecked((uint)place) % (uint)bytes.Length);

    // As the engine does: between the keys k and v.
    private static byte[] WithNonce(byte[] dictionary) => [.. dictionary[..^7], .. "1:n16:0123456789abcdef"u8, .. dictionary[^7..]];
}
