using System.Buffers.Binary;
using SeederMesh.Core.Manifests;
using Xunit;

namespace SeederMesh.Client.Tests.Peers;

// Goal: a manifest goes from peer to peer in parts, and a peer that sends anything else is found out. Method: both ends, byte for byte.
public sealed class ManifestMessagesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(ManifestMessages.PartMax)]
    [InlineData(ManifestMessages.PartMax + 1)]
    [InlineData(3_000_000)]
    public void Assembly_AllParts_GivesTheWhole(int length)
    {
        byte[] manifest = [.. Enumerable.Range(0, length).Select(index => unchecked((byte)(index * 31)))];
        var assembly = new ManifestMessages.Assembly();
        byte[]? whole = null;
        while (whole is null)
        {
            byte[]? part = ManifestMessages.Answer(assembly.NextRequest.AsSpan(1), manifest);
            Assert.True(assembly.TryAdd(part.AsSpan(1), out whole));
        }

        Assert.Equal(manifest, whole);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 10, 5)]
    [InlineData(0, 4, 5)]
    [InlineData(0, -1, 5)]
    [InlineData(0, Manifest.SizeMax + 1, 5)]
    public void TryAdd_PartThatDoesNotFit_IsRefused(int offset, int total, int bytes)
    {
        byte[] part = new byte[8 + bytes];
        BinaryPrimitives.WriteInt32BigEndian(part, offset);
        BinaryPrimitives.WriteInt32BigEndian(part.AsSpan(4), total);

        Assert.False(new ManifestMessages.Assembly().TryAdd(part, out _));
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0, 0, 0 })]
    [InlineData(new byte[] { 255, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 11 })]
    public void Answer_BadRequest_HasNone(byte[] request) => Assert.Null(ManifestMessages.Answer(request, new byte[10]));
}
