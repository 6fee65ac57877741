using SeederMesh.Core;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Splits;
using SeederMesh.Ledger;
using SeederMesh.Ledger.ReceiptLogs;

namespace SeederMesh.Sim.Replays;

/// <summary>What one grant's receipts came to.</summary>
/// <param name="Seeder">Who uploaded.</param>
/// <param name="Price">The price that its receipts counted.</param>
/// <param name="Bytes">All of its bytes.</param>
/// <param name="Receipts">How many receipts, one for each piece.</param>
internal sealed record LoggedGrant(PublicKey Seeder, PricePerMebibyte Price, long Bytes, long Receipts);

/// <summary>One channel: its grants in the order of their first settlement, and the split that applied.</summary>
/// <param name="Id">Its id, or its pseudonym.</param>
/// <param name="Split">The split.</param>
/// <param name="Grants">Those with receipts.</param>
/// <param name="IsDirect">Whether its downloader paid by itself, or did not.</param>
internal sealed record LoggedChannel(Id128 Id, SplitPolicy Split, IReadOnlyList<LoggedGrant> Grants, bool IsDirect);

/// <summary>The settled receipts of a hub, from its ledger or from a log that it exported.</summary>
/// <remarks>Memory holds the manifests' splits and one channel.</remarks>
internal sealed class ReceiptLog
{
    private readonly Dictionary<Digest, SplitPolicy> splits = [];
    private readonly List<LoggedGrant> grants = [];
    private readonly Action<LoggedChannel> take;
    private ChannelEntry? channel;
    private LoggedGrant? grant;

    private ReceiptLog(Action<LoggedChannel> take) => this.take = take;

    /// <summary>Reads every channel that has settled something. The file's content tells which of the two it is; the hub
    /// may be running.</summary>
    /// <exception cref="LedgerDatabaseException">It is neither a ledger nor an exported log.</exception>
    /// <exception cref="ReceiptLogException">A line of the log is wrong.</exception>
    public static void Read(string path, Action<LoggedChannel> take, CancellationToken cancellation)
    {
        var log = new ReceiptLog(take);
        if (ReceiptLogFormat.IsLog(path))
        {
            using FileStream file = File.OpenRead(path);
            ReceiptLogReader.Read(file, log.Add, cancellation);
        }
        else
        {
            LedgerReceiptLog.Read(path, log.Add, cancellation);
        }

        log.EndChannel();
    }

    private void Add(ReceiptLogEntry entry)
    {
        switch (entry)
        {
            case ManifestEntry manifest:
                splits.Add(manifest.Digest, manifest.Split);
                break;
            case ChannelEntry next:
                EndChannel();
                channel = next;
                break;
            case GrantEntry next:
                EndGrant();
                grant = new LoggedGrant(next.Seeder, next.Price, 0, 0);
                break;
            case SettlementEntry settlement:
                grant = grant! with
                {
                    Bytes = grant.Bytes + settlement.Bytes,
                    Receipts = grant.Receipts + settlement.Receipts.Length,
                };
                break;
            default:
                throw new InvariantViolationException("a receipt log has four kinds of entries");
        }
    }

    private void EndGrant()
    {
        if (grant is { Bytes: > 0 })
        {
            grants.Add(grant);
        }

        grant = null;
    }

    private void EndChannel()
    {
        EndGrant();
        if (grants.Count > 0)
        {
            take(new LoggedChannel(channel!.Id, splits[channel.Manifest], [.. grants], channel.IsDirect));
        }

        grants.Clear();
    }
}
