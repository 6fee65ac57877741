using SeederMesh.Core.Exchange;
using SeederMesh.Core.Identity;

namespace SeederMesh.Client;

/// <summary>One peer as the seeder sees it.</summary>
internal sealed class SeederConnection(ulong peer, string address, PaidTorrent? torrent, byte[] nonce)
{
    public ulong Peer { get; } = peer;

    public string Address { get; } = address;

    /// <summary>The torrent; null when nothing is asked for it.</summary>
    public PaidTorrent? Torrent { get; } = torrent;

    public byte[] Nonce { get; } = nonce;

    /// <summary>The receipt protocol; null with a peer that does not speak it.</summary>
    public SeederSession? Session { get; set; }

    /// <summary>Bytes that were sent on this connection, as last told.</summary>
    public long UploadedBytes { get; set; }

    /// <summary>Bytes that it had been sent at the last division of the unpaid share.</summary>
    public long UploadedBefore { get; set; }

    /// <summary>How far it may come without paying, counted from the connection's first byte.</summary>
    public long UnpaidBytes { get; set; }

    /// <summary>How far the receipts of the grant in use were when an early report of them was asked for.</summary>
    public long ReportedBytes { get; set; }

    /// <summary>What it was sent unpaid between two grants, which receipts need not cover.</summary>
    public long FreeBytes { get; set; }

    /// <summary>Done when the newest run of receipts is on the disk, and all before it.</summary>
    public Task Storing { get; set; } = Task.CompletedTask;

    /// <summary>Messages that were refused; beyond a limit the peer is let go.</summary>
    public int Refusals { get; set; }

    /// <summary>Manifest parts that it was given.</summary>
    public int ManifestParts { get; set; }

    /// <summary>The credit that the engine was given last; null for no limit.</summary>
    public long? Credit { get; set; }

    /// <summary>Whether the hub refused receipts of its channel: nothing more is uploaded against such.</summary>
    public bool IsRefused { get; set; }

    /// <summary>What its grants and receipts allow; null before the first grant, and once its channel is
    /// refused.</summary>
    public long? PaidCredit => !IsRefused && Session?.CreditBytes is { } credit
        ? credit > long.MaxValue - FreeBytes ? long.MaxValue : credit + FreeBytes
        : null;

    /// <summary>The grant in use.</summary>
    public Id128? GrantId => Session?.Grant?.Grant.GrantId;

    /// <summary>Whether it pays: its grant still covers one more piece.</summary>
    public bool Pays => !IsRefused && Session is { Grant: { } grant } session
        && grant.Grant.Price.BytesFor(grant.Grant.Limit) - session.Received.CumulativeBytes > Torrent!.PieceLength;
}
