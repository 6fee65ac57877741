using System.Net;
using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Hub.Tests.Support;

namespace SeederMesh.Hub.Tests;

/// <summary>Mutating calls are signed: nobody acts for another, and no signature serves another call.</summary>
public sealed class SignedCallTests : IAsyncLifetime
{
    private HubFixture hub = null!;
    private HubCaller seeder = null!;
    private string path = "";
    private object body = null!;

    public async ValueTask InitializeAsync()
    {
        hub = await HubFixture.StartAsync();
        seeder = hub.Caller();
        path = $"/v1/seeders/{seeder.Key.PublicKey}";
        body = new { destination = await HubFixture.KeysendToAsync(await hub.WalletAsync("box")), name = "box" };
    }

    public ValueTask DisposeAsync() => hub.DisposeAsync();

    [Fact]
    public async Task Put_Signed_IsTakenTwiceAndShowsItsDestinationToItsOwnerOnly()
    {
        Assert.Equal(HttpStatusCode.OK, (await seeder.PutAsync(path, body)).Status);
        Assert.Equal(HttpStatusCode.OK, (await seeder.PutAsync(path, body)).Status);
        Assert.False((await seeder.GetAsync(path)).Json.TryGetProperty("destination", out _));
        Assert.True((await seeder.GetAsync(path, isSigned: true)).Json.TryGetProperty("destination", out _));
    }

    // seconds from the registration in force to the call, whether it says the same -> status, name afterwards
    [Theory]
    [InlineData(-1, false, HttpStatusCode.Conflict, "box")]
    [InlineData(0, false, HttpStatusCode.Conflict, "box")]
    [InlineData(1, false, HttpStatusCode.OK, "other")]
    [InlineData(-1, true, HttpStatusCode.OK, "box")]
    [InlineData(0, true, HttpStatusCode.OK, "box")]
    public async Task Put_SignedBeforeTheRegistrationInForce_ChangesNothing(int seconds, bool isSame, HttpStatusCode status, string name)
    {
        DateTimeOffset first = DateTimeOffset.UtcNow;
        (await PutAsync(body, first)).Required();

        object later = isSame ? body : new { destination = await HubFixture.KeysendToAsync(await hub.WalletAsync("other")), name = "other" };
        HubReply reply = await PutAsync(later, first.AddSeconds(seconds));

        Assert.Equal((status, name), (reply.Status, (await seeder.GetAsync(path)).Text("name")));
    }

    [Fact]
    public async Task Put_KeptBackWhileTheSameWasSignedAgain_DoesNotTakeItsPlace()
    {
        DateTimeOffset first = DateTimeOffset.UtcNow;
        (await PutAsync(body, first)).Required();
        (await PutAsync(body, first.AddSeconds(2))).Required();

        HubReply keptBack = await PutAsync(new { destination = "lnaddress:thief@example.com", name = "thief" }, first.AddSeconds(1));

        Assert.Equal((HttpStatusCode.Conflict, "conflict"), (keptBack.Status, keptBack.Problem));
        Assert.Equal("box", (await seeder.GetAsync(path)).Text("name"));
    }

    private Task<HubReply> PutAsync(object content, DateTimeOffset signed) => seeder.PutAsync(
        path, content, request => seeder.Sign(request, path, JsonSerializer.SerializeToUtf8Bytes(content, JsonSerializerOptions.Web), signed));

    public static TheoryData<string, string> Spoilings => new()
    {
        { "unsigned", "signature-missing" },
        { "no digest", "signature-missing" },
        { "old", "signature-expired" },
        { "future", "signature-expired" },
        { "altered body", "signature-invalid" },
        { "other path", "signature-invalid" },
        { "other method", "signature-invalid" },
        { "other authority", "signature-invalid" },
        { "other key", "signature-invalid" },
        { "query added", "signature-invalid" },
        { "garbage", "signature-invalid" },
    };

    [Theory]
    [MemberData(nameof(Spoilings))]
    public async Task Put_WithASignatureThatDoesNotHold_IsRefused(string how, string problem)
    {
        HubReply reply = await seeder.PutAsync(path, body, request => Spoil(request, how));
        Assert.Equal((HttpStatusCode.Unauthorized, problem), (reply.Status, reply.Problem));
        Assert.Equal("unknown-seeder", (await seeder.GetAsync(path)).Problem);
    }

    private void Spoil(HttpRequestMessage request, string how)
    {
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(body, JsonSerializerOptions.Web);
        switch (how)
        {
            case "unsigned":
                request.Headers.Remove("Signature-Input");
                request.Headers.Remove("Signature");
                break;
            case "no digest":
                request.Headers.Remove("Content-Digest");
                break;
            case "old":
                seeder.Sign(request, path, bytes, DateTimeOffset.UtcNow.AddSeconds(-310));
                break;
            case "future":
                seeder.Sign(request, path, bytes, DateTimeOffset.UtcNow.AddSeconds(310));
                break;
            case "altered body":
                bytes[^3] ^= 1;
                request.Content = new ByteArrayContent(bytes);
                break;
            case "other path":
                seeder.Sign(request, path + "0", bytes, DateTimeOffset.UtcNow);
                break;
            case "other method":
                request.Method = HttpMethod.Post;
                seeder.Sign(request, path, bytes, DateTimeOffset.UtcNow);
                request.Method = HttpMethod.Put;
                break;
            case "other authority":
                request.Headers.Host = "elsewhere.example";
                break;
            case "other key":
                Replace(request, "Signature-Input", seeder.Key.PublicKey.ToString(), hub.Caller().Key.PublicKey.ToString());
                break;
            case "query added":
                request.RequestUri = new Uri(path + "?admin=1", UriKind.Relative);
                break;
            default:
                request.Headers.Remove("Signature");
                request.Headers.TryAddWithoutValidation("Signature", "sig1=:AAAA:");
                break;
        }
    }

    private static void Replace(HttpRequestMessage request, string header, string old, string fresh)
    {
        string value = request.Headers.GetValues(header).Single().Replace(old, fresh, StringComparison.Ordinal);
        request.Headers.Remove(header);
        request.Headers.TryAddWithoutValidation(header, value);
    }

    // body -> problem
    [Theory]
    [InlineData("", "malformed-request")]
    [InlineData("null", "malformed-request")]
    [InlineData("[]", "malformed-request")]
    [InlineData("{\"destination\":1}", "malformed-request")]
    [InlineData("{\"destination\":\"x\",\"destination\":\"y\"}", "malformed-request")]
    [InlineData("{\"destination\":\"keysend:02\",\"name\":\"\"}", "invalid-destination")]
    [InlineData("{\"destination\":\"bolt11:lnbcrt1\",\"name\":\"\"}", "invalid-destination")]
    [InlineData("{\"destination\":\"lnaddress:a@b.example\",\"name\":\"line\\u000abreak\"}", "malformed-request")]
    public async Task Put_OfAHostileBody_IsRefusedWithAReason(string text, string problem)
    {
        using var caller = new HubCaller(hub.Hub.Address, seeder.Key);
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        HubReply reply = await caller.PutAsync(path, body, request =>
        {
            request.Content = new ByteArrayContent(bytes);
            caller.Sign(request, path, bytes, DateTimeOffset.UtcNow);
        });
        Assert.Equal(problem, reply.Problem);
    }

    [Theory]
    [InlineData("/v1/seeders/", 20_000)]
    [InlineData("/v1/receipts", 5_000_000)]
    public async Task Body_LargerThanTheCallTakes_IsRefused(string route, int size)
    {
        string target = route.EndsWith('/') ? path : route;
        HubReply reply = route.EndsWith('/')
            ? await seeder.PutAsync(target, new { destination = new string('x', size), name = "" })
            : await seeder.PostBytesAsync(target, new byte[size], "application/vnd.seedermesh.receipts");
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "payload-too-large"), (reply.Status, reply.Problem));
    }

    [Fact]
    public async Task Json_NestedDeeply_IsRefusedAndTheHubGoesOn()
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(new string('[', 10_000));
        HubReply reply = await seeder.PostBytesAsync("/v1/channels", bytes, "application/json");
        Assert.Equal("malformed-request", reply.Problem);
        Assert.Equal(HttpStatusCode.OK, (await seeder.GetAsync("/healthz")).Status);
    }
}
