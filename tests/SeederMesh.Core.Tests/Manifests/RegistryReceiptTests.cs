using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using Xunit;

namespace SeederMesh.Core.Tests.Manifests;

// Goal: a receipt verifies offline for its manifest alone, and not when any field was changed.
public class RegistryReceiptTests
{
    private static RegistryReceipt Receipt => RegistryReceipt.Sign(Samples.Label, Samples.Signed(), 1_800_000_000_000);

    [Fact]
    public void Read_WhatWasWritten_IsTheSameReceipt()
    {
        RegistryReceipt? read = RegistryReceiptJson.Read(RegistryReceiptJson.Write(Receipt), out string error);
        Assert.Equal("", error);
        Assert.Equal(Receipt, read);
        Assert.Equal(Receipt.Digest, read!.Digest);
        Assert.True(read.Covers(Samples.Signed()));
    }

    [Fact]
    public void IsSigned_AnyFieldChanged_IsFalse()
    {
        Assert.True(Receipt.IsSigned());
        Assert.False((Receipt with { Registry = Samples.Creator.PublicKey }).IsSigned());
        Assert.False((Receipt with { InfohashV2 = default }).IsSigned());
        Assert.False((Receipt with { Manifest = default }).IsSigned());
        Assert.False((Receipt with { Sequence = 2 }).IsSigned());
        Assert.False((Receipt with { RegisteredUnixMs = 0 }).IsSigned());
    }

    [Fact]
    public void Covers_AnotherManifest_IsFalse()
    {
        SignedManifest other = Samples.Sign(Samples.Album() with { Licence = new Licence("CC0-1.0") });
        Assert.False(Receipt.Covers(other));
    }

    [Fact]
    public void Read_EachByteChanged_IsRefused()
    {
        byte[] original = RegistryReceiptJson.Write(Receipt);
        for (int at = 0; at < original.Length; at++)
        {
            byte[] changed = [.. original];
            changed[at] ^= 1;
            Assert.True(RegistryReceiptJson.Read(changed, out string error) is null && error.Length > 0, $"byte {at}");
        }
    }

    [Fact]
    public void Read_AnyBytes_GivesAnErrorOrAReceipt() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => RegistryReceiptJson.Read(bytes, out string error) is null && error.Length > 0)
            .QuickCheckThrowOnFailure();
}
