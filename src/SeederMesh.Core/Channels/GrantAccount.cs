using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;

namespace SeederMesh.Core.Channels;

/// <summary>A grant as its channel keeps it: what it may pay, and where its receipts stand.</summary>
/// <param name="Grant">The grant.</param>
/// <param name="Chain">The newest settled receipt.</param>
/// <param name="Settled">What its receipts have settled, at most the grant's limit.</param>
/// <param name="IsClosed">Whether the rest of the limit has gone back to the channel.</param>
/// <param name="ClosesAtUnixMs">When a downloader's request to close takes effect; null while nobody asked.</param>
public sealed record GrantAccount(
    Grant Grant, ReceiptChain Chain, Msat Settled, bool IsClosed, long? ClosesAtUnixMs)
{
    /// <summary>A grant just given.</summary>
    public static GrantAccount Open(Grant grant) =>
        new(grant, ReceiptChain.Start(grant.Hash()), Msat.Zero, IsClosed: false, ClosesAtUnixMs: null);

    /// <summary>What is still set aside for the seeder; zero once closed.</summary>
    public Msat Reserved => IsClosed ? Msat.Zero : Grant.Limit.Less(Settled);
}
