using System.Net;
using System.Net.Sockets;
using System.Text;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Receipts;
using Xunit;

namespace SeederMesh.Client.Tests.Hub;

// Goal: whatever answers at a hub's address, every call ends in bounded time and memory with a sentence that a person can read.
// Method: answers made by hand, inside the process or over a socket; waiting takes no time, as the clock steps.
public sealed class HubClientTests
{
    private static readonly TimeSpan TryTime = TimeSpan.FromSeconds(15);

    private static readonly SigningKey Caller = SigningKey.FromSeed([.. Enumerable.Repeat((byte)5, 32)]);

    private static readonly Id128 Id = Id128.Derive("channel", [1]);

    public static TheoryData<string> Nonsense =>
    [
        "",
        "null",
        "[]",
        "[null]",
        "7",
        "\"text\"",
        "{",
        "{}",
        "<html>",
        "{\"name\":7,\"publicKey\":7,\"channelId\":7,\"seederKey\":7,\"grant\":7,\"verdicts\":7,\"topUpId\":7}",
        "{\"name\":null,\"publicKey\":null,\"channelId\":null,\"seederKey\":null,\"grant\":null,\"verdicts\":null,\"topUpId\":null}",
        "{\"verdicts\":[null],\"grant\":\"AAAA\"}",
        "{\"verdicts\":[{\"verdict\":\"999\",\"settledSequence\":1}],\"grant\":\"!\"}",
        "{\"verdicts\":[{\"verdict\":\"accepted\",\"settledSequence\":1e400}]}",
        "{\"verdicts\":[{\"verdict\":\"accepted\"},{\"verdict\":\"accepted\"}]}",
        "{\"channelId\":\"00000000000000000000000000000000\",\"state\":\"open\",\"grants\":[null]}",
        "{\"channelId\":\"00000000000000000000000000000000\",\"state\":\"open\",\"fundedMsat\":\"-1\"}",
        "{\"a\":1,\"a\":2}",
        "{\"name\":\"\u00ff\ud800\"}",
        new string('[', 100_000),
    ];

    [Theory]
    [MemberData(nameof(Nonsense))]
    public async Task AnyCall_AnsweredByNonsense_SaysSoAtOnce(string answer)
    {
        var handler = new Answers((_, _) => Task.FromResult(Reply(HttpStatusCode.OK, Encoding.Latin1.GetBytes(answer))));
        using var client = new HubClient(new Uri("http://hub.test"), Caller, handler, new SteppedTime(due => due < TryTime));
        Func<Task>[] calls =
        [
            () => client.GetHubAsync(),
            () => client.GetChannelAsync(Id),
            () => client.CloseChannelAsync(Id, refund: null),
            () => client.RequestGrantAsync(Id, Caller.PublicKey, Msat.FromSatoshi(1), 0),
            () => client.TopUpAsync(Id, Msat.FromSatoshi(1), Id),
            () => client.FindSeederAsync(Caller.PublicKey),
            () => client.PutSeederAsync("keysend:02", "box"),
            () => client.ReportAsync([new ReceiptRun(Id, ReceiptChain.Start(default), [new ReceiptEntry(1, 1, 1)], default)]),
        ];

        foreach (Func<Task> call in calls)
        {
            HubException thrown = await Assert.ThrowsAsync<HubException>(call);
            Assert.Equal("malformed-answer", thrown.Problem);
            Assert.False(thrown.IsTransient);
            Assert.DoesNotContain(thrown.Message, char.IsControl);
        }

        Assert.Equal(calls.Length, handler.Calls);
    }

    // status, body -> tries, and words of the message
    [Theory]
    [InlineData(500, "", 4, "it gave no reason")]
    [InlineData(503, "<html>", 4, "it gave no reason")]
    [InlineData(429, "{\"detail\":\"slowly\"}", 4, "slowly")]
    [InlineData(400, "{\"detail\":7}", 1, "it gave no reason")]
    [InlineData(400, "{\"detail\":\"a\",\"detail\":\"b\"}", 1, "it gave no reason")]
    [InlineData(402, "{\"type\":7,\"detail\":\"too little\"}", 1, "(402)")]
    [InlineData(404, "[]", 1, "it gave no reason")]
    [InlineData(301, "", 1, "Set its new address")]
    [InlineData(409, "{\"detail\":\"\\u001b[2Jgone\\u202e\"}", 1, " [2Jgone ")]
    public async Task AnyCall_Refused_IsTriedAsOftenAsItMakesSense(int status, string body, int tries, string words)
    {
        var handler = new Answers((_, _) => Task.FromResult(Reply((HttpStatusCode)status, Encoding.UTF8.GetBytes(body))));
        using var client = new HubClient(new Uri("http://hub.test"), Caller, handler, new SteppedTime(due => due < TryTime));

        HubException thrown = await Assert.ThrowsAsync<HubException>(() => client.CloseGrantAsync(Id, Id));

        Assert.Equal((status, tries), (thrown.StatusCode, handler.Calls));
        Assert.Contains(words, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnyCall_RefusedWithABook_QuotesItsBeginning()
    {
        byte[] book = Encoding.UTF8.GetBytes($"{{\"detail\":\"{new string('x', 1_000_000)}\"}}");
        var handler = new Answers((_, _) => Task.FromResult(Reply(HttpStatusCode.BadRequest, book)));
        using var client = new HubClient(new Uri("http://hub.test"), Caller, handler);

        HubException thrown = await Assert.ThrowsAsync<HubException>(() => client.GetHubAsync());

        Assert.InRange(thrown.Message.Length, 500, 700);
    }

    [Fact]
    public async Task AnyCall_AnswerWithoutEnd_IsCutOff()
    {
        using var endless = new EndlessStream();
        var handler = new Answers((_, _) => Task.FromResult(
            new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(endless) }));
        using var client = new HubClient(new Uri("http://hub.test"), Caller, handler, new SteppedTime(due => due < TryTime));

        HubException thrown = await Assert.ThrowsAsync<HubException>(() => client.FindManifestAsync("00"));

        Assert.Contains("more than 17 MiB", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(1, handler.Calls);
        Assert.InRange(endless.BytesRead, 17L << 20, 20L << 20);
    }

    [Fact]
    public async Task AnyCall_NoAnswer_EndsAfterFourTries()
    {
        var time = new SteppedTime(_ => true);
        var handler = new Answers(async (_, cancellation) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
            throw new InvalidOperationException("never");
        });
        using var client = new HubClient(new Uri("http://hub.test"), Caller, handler, time);
        DateTimeOffset before = time.GetUtcNow();

        HubException thrown = await Assert.ThrowsAsync<HubException>(() => client.GetHubAsync()).WaitAsync(Limits.Patience);

        Assert.Contains("did not answer within 15 seconds", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(4, handler.Calls);
        Assert.InRange(time.GetUtcNow() - before, 4 * TryTime, (4 * TryTime) + TimeSpan.FromSeconds(4));
    }

    // what the socket says before it closes -> words of the message
    [Theory]
    [InlineData("", "cannot be reached")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"name\":", "cannot be reached")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", "cannot be reached")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "cannot be reached")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "Set its new address")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "more than 17 MiB")]
    public async Task AnyCall_OverASocketThatSpeaksBadly_SaysSo(string said, string words)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stopping = new CancellationTokenSource();
        Task serving = ServeAsync(listener, Encoding.ASCII.GetBytes(said), stopping.Token);
        using var client = new HubClient(
            new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"), Caller, clock: new SteppedTime(due => due < TryTime));

        HubException thrown = await Assert.ThrowsAsync<HubException>(() => client.GetHubAsync()).WaitAsync(Limits.Patience);

        Assert.Contains(words, thrown.Message, StringComparison.Ordinal);
        await stopping.CancelAsync();
        await serving;
    }

    private static async Task ServeAsync(TcpListener listener, byte[] said, CancellationToken stopping)
    {
        byte[] request = new byte[4_096];
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                using TcpClient peer = await listener.AcceptTcpClientAsync(stopping);
                _ = await peer.GetStream().ReadAtLeastAsync(request, 4, throwOnEndOfStream: false, stopping);
                await peer.GetStream().WriteAsync(said, stopping);
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException)
            {
                // The test is over, or the client hung up first.
                continue;
            }
        }
    }

    private static HttpResponseMessage Reply(HttpStatusCode status, byte[] body) =>
        new(status) { Content = new ByteArrayContent(body) };

    /// <summary>An answer of zeros that never ends.</summary>
    private sealed class EndlessStream : Stream
    {
        public long BytesRead { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => BytesRead; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            BytesRead += count;
            return count;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

/// <summary>Answers calls inside the process.</summary>
internal sealed class Answers(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    private int calls;

    public int Calls => Volatile.Read(ref calls);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref calls);
        return answer(request, cancellationToken);
    }
}
