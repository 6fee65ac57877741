using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SeederMesh.Torrents.Events;
using SeederMesh.Torrents.Metainfos;
using SeederMesh.Torrents.Sessions;
using Xunit;

namespace SeederMesh.Torrents.Tests;

/// <summary>sm_receipt between two sessions of ours, and against a hostile peer that is a bare socket.</summary>
public sealed class ReceiptExtensionTests : IDisposable
{
    private const int Size = 4_000_000;
    private const int Window = 512 * 1024;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Handshake_BothSpeak_EachLearnsTheOthersDictionaryAndNonce()
    {
        MetainfoBuildResult built = await PublishAsync();
        await using Node seeder = new();
        await seeder.SeedAsync(built.Torrent, folder.Path);
        await using Node leecher = new();
        leecher.Get(TorrentSource.File(built.Torrent), folder.Create("down"), seeder.EndPoint);

        PeerExtensionHandshake seen = await leecher.WaitAsync<PeerExtensionHandshake>();
        PeerConnected own = await seeder.WaitAsync<PeerConnected>();
        Assert.True(seen.SpeaksReceipts);
        Assert.StartsWith("SeederMesh/", seen.Client, StringComparison.Ordinal);
        Assert.Equal([.. "d1:n16:"u8, .. own.Nonce, .. "1:vi1ee"u8], seen.ReceiptDictionary);

        // The last receipts: both have everything, and the connection is still there.
        await leecher.WaitAsync<TorrentFinished>();
        byte[] large = new byte[65_534];
        Random.Shared.NextBytes(large);
        leecher.Session.Send(seen.Peer, large);
        Assert.Equal(large, (await seeder.WaitAsync<PeerMessage>()).Payload);
        seeder.Session.Send(own.Peer, "ack"u8);
        Assert.Equal("ack"u8.ToArray(), (await leecher.WaitAsync<PeerMessage>()).Payload);
        Assert.Throws<TorrentException>(() => leecher.Session.Send(seen.Peer, new byte[65_535]));
        leecher.Session.Disconnect(seen.Peer);
        Assert.Equal(Size, (await seeder.WaitAsync<PeerDisconnected>()).Uploaded);
    }

    [Fact]
    public async Task UploadCredit_Exhausted_ChokesAndGoesOnWhenItRises()
    {
        MetainfoBuildResult built = await PublishAsync();
        await using Node seeder = new();
        await seeder.SeedAsync(built.Torrent, folder.Path, credit: 0);
        long credit = 0;
        int exhausted = 0;
        seeder.OnEvent = next =>
        {
            if (next is PeerCreditExhausted e)
            {
                Assert.InRange(e.Uploaded, 0, credit);
                exhausted++;
                credit += Window;
                seeder.Session.SetUploadCredit(e.Peer, credit);
            }
        };
        await using Node leecher = new();
        leecher.Get(TorrentSource.File(built.Torrent), folder.Create("down"), seeder.EndPoint);
        await leecher.WaitAsync<TorrentFinished>();

        Assert.InRange(exhausted, Size / Window, 200);
        Assert.All(seeder.All<PeerUploaded>(), e => Assert.InRange(e.Uploaded, 0, credit));
        Assert.Equal(
            await File.ReadAllBytesAsync(folder["album/0"]), await File.ReadAllBytesAsync(folder["down/album/0"]));
    }

    [Fact]
    public async Task UploadCredit_NeverRaised_IsNeverExceeded()
    {
        MetainfoBuildResult built = await PublishAsync();
        await using Node seeder = new();
        TorrentHandleId id = await seeder.SeedAsync(built.Torrent, folder.Path, credit: Window);
        await using Node leecher = new();
        leecher.Get(TorrentSource.File(built.Torrent), folder.Create("down"), seeder.EndPoint);

        PeerCreditExhausted exhausted = await seeder.WaitAsync<PeerCreditExhausted>();
        Assert.Equal(Window, exhausted.Credit);
        await seeder.WaitAsync<PeerUploaded>(e => e.Uploaded > Window - 16384);
        PeerStatus peer = Assert.Single(seeder.Session.GetPeers(id));
        Assert.True(peer.IsCreditExhausted);
        Assert.InRange(peer.UploadedContent, Window - 16384 + 1, Window);
        Assert.InRange(peer.Uploaded, 1, Window + built.Metainfo.PieceLength);
        seeder.Session.SetUploadCredit(peer.Peer, UploadCredit.Unlimited);
        await leecher.WaitAsync<TorrentFinished>();
    }

    [Fact]
    public async Task HostilePeer_OversizedOrNonsense_IsDroppedAndOthersGoOn()
    {
        MetainfoBuildResult built = await PublishAsync();
        await using Node seeder = new();
        await seeder.SeedAsync(built.Torrent, folder.Path);
        byte[] hello = "d1:md10:sm_receipti9ee2:smd1:vi1eee"u8.ToArray();

        using (RawPeer oversized = await RawPeer.ConnectAsync(seeder.EndPoint, built.Metainfo))
        {
            await oversized.SendExtendedAsync(0, hello);
            await seeder.WaitAsync<PeerExtensionHandshake>();
            await oversized.SendExtendedAsync(21, new byte[65_537]);
            await seeder.WaitAsync<PeerDisconnected>();
        }

        Random random = new(3);
        for (int i = 0; i < 40; i++)
        {
            using RawPeer nonsense = await RawPeer.ConnectAsync(seeder.EndPoint, built.Metainfo);
            byte[] mutated = [.. hello];
            mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            await nonsense.SendExtendedAsync(0, mutated);
            await nonsense.SendExtendedAsync(21, new byte[random.Next(1, 300)]);
        }

        using RawPeer flood = await RawPeer.ConnectAsync(seeder.EndPoint, built.Metainfo);
        await flood.SendExtendedAsync(0, hello);
        await flood.SendExtendedAsync(21, "sane"u8.ToArray());
        await seeder.WaitAsync<PeerMessage>(message => message.Payload.AsSpan().SequenceEqual("sane"u8));

        await using Node leecher = new();
        leecher.Get(TorrentSource.File(built.Torrent), folder.Create("down"), seeder.EndPoint);
        await leecher.WaitAsync<TorrentFinished>();
    }

    [Fact]
    public async Task SetReceiptExtension_NotADictionary_IsRefused()
    {
        MetainfoBuildResult built = await PublishAsync();
        await using Node node = new();
        TorrentHandleId id = await node.SeedAsync(built.Torrent, folder.Path);
        Assert.Throws<TorrentException>(() => node.Session.SetReceiptExtension(id, "i1e"u8, 0));
        Assert.Throws<TorrentException>(() => node.Session.SetReceiptExtension(id, new byte[9000], 0));
        node.Session.SetReceiptExtension(id, "de"u8, UploadCredit.Unlimited);
        node.Session.SetUploadCredit(new PeerHandleId(999), 5);
        node.Session.Send(new PeerHandleId(999), "x"u8);
    }

    private async Task<MetainfoBuildResult> PublishAsync()
    {
        folder.WriteContent("album", "0", Size, 1);
        return await MetainfoBuilder.BuildAsync(folder["album"], new MetainfoBuildOptions { PieceLength = 65536 });
    }

    /// <summary>A BitTorrent peer that says whatever the test wants.</summary>
    private sealed class RawPeer(TcpClient client) : IDisposable
    {
        public static async Task<RawPeer> ConnectAsync(IPEndPoint peer, Metainfo metainfo)
        {
            TcpClient client = new();
            await client.ConnectAsync(peer);
            byte[] id = new byte[20];
            Random.Shared.NextBytes(id);
            await client.GetStream().WriteAsync(
                (byte[])[19, .. Encoding.ASCII.GetBytes("BitTorrent protocol"), 0, 0, 0, 0, 0, 0x10, 0, 4,
                    .. metainfo.InfoHashes.V1!.Value.ToArray(), .. id]);
            return new RawPeer(client);
        }

        public async Task SendExtendedAsync(byte message, byte[] body)
        {
            byte[] bytes = new byte[6 + body.Length];
            BinaryPrimitives.WriteInt32BigEndian(bytes, body.Length + 2);
            bytes[4] = 20;
            bytes[5] = message;
            body.CopyTo(bytes, 6);
            try
            {
                await client.GetStream().WriteAsync(bytes);
            }
            catch (IOException)
            {
                // It hung up on us already.
            }
        }

        public void Dispose() => client.Dispose();
    }
}
