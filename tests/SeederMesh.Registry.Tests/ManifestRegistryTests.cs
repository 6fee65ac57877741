using SeederMesh.Core.Identity;
using SeederMesh.Core.Manifests;
using SeederMesh.Core.Money;
using SeederMesh.Ledger;
using Xunit;

namespace SeederMesh.Registry.Tests;

// Goal: who came first keeps the torrent, versions follow one another, what has a receipt is there after a restart, and the same
// submission gets the same receipt, also when many come at once. Against a real ledger in a temporary file.
public sealed class ManifestRegistryTests : IDisposable
{
    private const long Now = 1_800_000_000_000;

    private static readonly SigningKey registryKey = Key(9);
    private static readonly SigningKey creator = Key(1);
    private static readonly SigningKey other = Key(2);

    private readonly string folder = Directory.CreateTempSubdirectory("registry-").FullName;
    private LedgerStore ledger;
    private ManifestRegistry registry;

    public ManifestRegistryTests() => (ledger, registry) = Open(new RegistryOptions());

    public void Dispose()
    {
        ledger.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Register_ValidManifest_IsFoundWithAReceiptThatVerifiesOffline()
    {
        SignedManifest signed = Signed(creator);
        Registration registration = await SubmitAsync(signed);

        Assert.Equal(RegistrationResult.Registered, registration.Result);
        Assert.True(registration.Receipt!.Covers(signed));
        Assert.Equal(registryKey.PublicKey, registration.Receipt.Registry);
        Assert.Equal(Now, registration.Receipt.RegisteredUnixMs);
        foreach (RegisteredManifest? found in new[]
        {
            await registry.FindAsync(signed.Manifest.Torrent.InfohashV2),
            await registry.FindAsync(signed.Manifest.Torrent.InfohashV1!.Value),
            await registry.FindByDigestAsync(signed.Digest),
        })
        {
            Assert.Equal(signed.Bytes.ToArray(), found!.Sidecar.ToArray());
            Assert.Equal(registration.Receipt, found.Receipt);
        }

        Assert.Null(await registry.FindAsync(Digest.Of("unknown"u8)));
    }

    [Fact]
    public async Task Register_Again_GivesTheFirstReceiptAlsoAfterARestart()
    {
        SignedManifest signed = Signed(creator);
        Registration first = await SubmitAsync(signed);
        Registration again = await SubmitAsync(signed, Now + 5);
        ledger.Dispose();
        (ledger, registry) = Open(new RegistryOptions());
        Registration afterRestart = await SubmitAsync(signed, Now + 10);

        Assert.Equal(RegistrationResult.AlreadyThere, again.Result);
        Assert.Equal(first.Receipt, again.Receipt);
        Assert.Equal(RegistrationResult.AlreadyThere, afterRestart.Result);
        Assert.Equal(first.Receipt, afterRestart.Receipt);
    }

    [Fact]
    public async Task Register_NextVersion_IsTheNewestAndTheOldOneStaysByDigest()
    {
        SignedManifest one = Signed(creator);
        SignedManifest two = Signed(creator, 2, one.Digest);
        await SubmitAsync(one);

        Assert.Equal(RegistrationResult.Registered, (await SubmitAsync(two)).Result);
        Assert.Equal(two.Bytes.ToArray(), (await registry.FindAsync(one.Manifest.Torrent.InfohashV2))!.Sidecar.ToArray());
        Assert.Equal(one.Bytes.ToArray(), (await registry.FindByDigestAsync(one.Digest))!.Sidecar.ToArray());
    }

    // In the order of the checks; each row also breaks the rules that are checked later.
    [Fact]
    public async Task Register_WhatDoesNotFit_IsRefusedByTheFirstRule()
    {
        SignedManifest one = Signed(creator);
        SignedManifest two = Signed(creator, 2, one.Digest);
        await SubmitAsync(one);
        await SubmitAsync(two);

        Assert.Equal(RegistrationResult.CreatorDiffers, (await SubmitAsync(Signed(other))).Result);
        Assert.Equal(RegistrationResult.CreatorDiffers, (await SubmitAsync(Signed(other, 3, two.Digest))).Result);
        Assert.Equal(RegistrationResult.Older, (await SubmitAsync(Signed(creator, licence: "CC0-1.0"))).Result);
        Assert.Equal(RegistrationResult.Conflict, (await SubmitAsync(Signed(creator, 2, one.Digest, "CC0-1.0"))).Result);
        Assert.Equal(RegistrationResult.DoesNotFollow, (await SubmitAsync(Signed(creator, 3, one.Digest))).Result);
        Assert.Equal(RegistrationResult.DoesNotFollow, (await SubmitAsync(Signed(creator, 4, two.Digest))).Result);
        Assert.Equal(RegistrationResult.AlreadyThere, (await SubmitAsync(one)).Result);
        Assert.Equal(two.Digest, (await registry.FindAsync(one.Manifest.Torrent.InfohashV2))!.Receipt.Manifest);
    }

    [Fact]
    public async Task Register_FirstSeenInALaterVersion_IsRegistered() =>
        Assert.Equal(RegistrationResult.Registered, (await SubmitAsync(Signed(creator, 7, Digest.Of("six"u8)))).Result);

    [Fact]
    public async Task Register_InvalidManifest_SaysWhere()
    {
        byte[] changed = Signed(creator).Bytes.ToArray();
        changed[^10] ^= 1;
        Registration registration = await registry.RegisterAsync(changed, "x", Now, TestContext.Current.CancellationToken);

        Assert.Equal(RegistrationResult.ManifestInvalid, registration.Result);
        Assert.Null(registration.Receipt);
        Assert.NotEqual(ManifestResult.Valid, registration.Verification.Result);
        Assert.NotEmpty(registration.Message);
    }

    [Fact]
    public async Task Register_TwoVersionsAtOnce_OneIsStoredAndTheOtherToldSo()
    {
        SignedManifest[] rivals = [.. Enumerable.Range(0, 8).Select(i => Signed(creator, licence: $"LicenseRef-{i}"))];
        Registration[] answers = await Task.WhenAll(rivals.Select(rival => Task.Run(() => SubmitAsync(rival))));

        Assert.Single(answers, answer => answer.Result == RegistrationResult.Registered);
        Assert.Equal(7, answers.Count(answer => answer.Result == RegistrationResult.Conflict));
    }

    [Fact]
    public async Task Register_TheSameAtOnce_AllGetOneReceipt()
    {
        SignedManifest signed = Signed(creator);
        Registration[] answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => Task.Run(() => SubmitAsync(signed, Now + i))));

        Assert.Single(answers, answer => answer.Result == RegistrationResult.Registered);
        Assert.Single(answers.Select(answer => answer.Receipt).Distinct());
    }

    [Fact]
    public async Task Register_TooManyInAMinute_IsRefusedUntilTheNext()
    {
        ledger.Dispose();
        (ledger, registry) = Open(new RegistryOptions { SubmissionsPerMinute = 2, SubmissionsPerMinuteOfAll = 3 });
        SignedManifest signed = Signed(creator);

        Assert.True((await SubmitAsync(signed)).IsThere);
        Assert.True((await SubmitAsync(signed)).IsThere);
        Assert.Equal(RegistrationResult.TooManySubmissions, (await SubmitAsync(signed)).Result);
        Assert.True((await SubmitAsync(signed, submitter: "second")).IsThere);
        Assert.Equal(RegistrationResult.TooManySubmissions, (await SubmitAsync(signed, submitter: "third")).Result);
        Assert.Equal(RegistrationResult.TooManySubmissions, (await SubmitAsync(signed, Now - 60_000)).Result);
        Assert.True((await SubmitAsync(signed, Now + 60_000)).IsThere);
    }

    private static SignedManifest Signed(SigningKey key, long sequence = 1, Digest? previous = null, string licence = "CC-BY-4.0")
    {
        Assert.True(PaymentEndpoint.TryParse("lnaddress:anna@example.org", out PaymentEndpoint endpoint));
        Manifest manifest = new()
        {
            Torrent = new ManifestTorrent
            {
                InfohashV2 = Digest.Of("album"u8),
                InfohashV1 = new InfohashV1(Digest.Of("album"u8).Span[..20]),
                Name = "Album",
                PieceLength = 16_384,
                Files = [new ManifestFile { Path = "a.flac", Length = 40_000, PiecesRoot = Digest.Of("a"u8) }],
            },
            Creator = new DidKey(key.PublicKey),
            Licence = new Licence(licence, "https://example.org/licence"),
            Rights = new Rights(TrainingRight.NotAllowed),
            Payment = new ManifestPayment
            {
                PricePerMiB = Msat.From(1_000),
                Payees = [new Payee { ShareBps = 7_000, Endpoints = [endpoint] }],
                SeedersBps = 2_500,
                RegistryBps = 200,
                HubBps = 300,
            },
            CreatedAt = DateTimeOffset.UnixEpoch,
            Sequence = sequence,
            Previous = previous,
        };
        ManifestVerification signed = SignedManifest.Sign(manifest, key, DateTimeOffset.UnixEpoch);
        Assert.True(signed.Result == ManifestResult.Valid, signed.ToString());
        return signed.Signed!;
    }

    private static SigningKey Key(byte fill) => SigningKey.FromSeed([.. Enumerable.Repeat(fill, SigningKey.SeedSize)]);

    private Task<Registration> SubmitAsync(SignedManifest signed, long now = Now, string submitter = "first") =>
        registry.RegisterAsync(signed.Bytes, submitter, now, TestContext.Current.CancellationToken);

    private (LedgerStore Ledger, ManifestRegistry Registry) Open(RegistryOptions options)
    {
        LedgerStore opened = LedgerStore.OpenSqlite(Path.Combine(folder, "hub.db"));
        return (opened, new ManifestRegistry(opened, registryKey, options));
    }
}
