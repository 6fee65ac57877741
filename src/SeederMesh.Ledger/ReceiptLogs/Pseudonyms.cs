using System.Security.Cryptography;
using System.Text;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Splits;

namespace SeederMesh.Ledger.ReceiptLogs;

/// <summary>Names of one export that stand for keys and ids: HMAC-SHA-256 under a key that nobody keeps.</summary>
/// <remarks>
/// The same seeder, torrent or payee has the same pseudonym throughout one log, and another in the next. What is left as
/// it is: prices, splits, amounts, sizes, piece numbers, times, and the order. Who knows a torrent's size or when somebody
/// downloaded may recognise them by these. Not thread safe.
/// </remarks>
public sealed class Pseudonyms : IDisposable
{
    private readonly HMACSHA256 hash = new(RandomNumberGenerator.GetBytes(32));

    /// <summary>The entry with pseudonyms in place of every key, id and digest.</summary>
    public ReceiptLogEntry Replace(ReceiptLogEntry entry) => entry switch
    {
        ManifestEntry manifest => manifest with
        {
            Digest = Of("manifest", manifest.Digest),
            Torrent = Of("torrent", manifest.Torrent),
            Split = new SplitPolicy(
                [.. manifest.Split.Payees.Select(payee => payee with { Payee = Of("payee", payee.Payee) })],
                manifest.Split.Seeders,
                manifest.Split.Registry,
                manifest.Split.Hub),
        },
        ChannelEntry channel => channel with { Id = Of("channel", channel.Id), Manifest = Of("manifest", channel.Manifest) },
        GrantEntry grant => grant with { Id = Of("grant", grant.Id), Seeder = Of(grant.Seeder) },
        SettlementEntry settlement => settlement with { Seeder = Of(settlement.Seeder) },
        _ => throw new ArgumentException($"A receipt log has no {entry.GetType().Name}.", nameof(entry)),
    };

    /// <summary>Forgets the key.</summary>
    public void Dispose() => hash.Dispose();

    private Digest Of(string kind, in Digest value) => new(Hash(kind, value.Span));

    private PublicKey Of(in PublicKey seeder) => new(Hash("seeder", seeder.Span));

    private Id128 Of(string kind, Id128 value) => Id128.Read(Hash(kind, value.ToArray()).AsSpan(0, Id128.Size));

    /// <summary>The kind separates pseudonyms of different kinds: no kind is another's beginning followed by
    /// zero.</summary>
    private byte[] Hash(string kind, ReadOnlySpan<byte> value) =>
        hash.ComputeHash([.. Encoding.ASCII.GetBytes(kind), 0, .. value]);
}
