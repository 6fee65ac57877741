using System.Reflection;
using System.Text.Json;
using SeederMesh.Core.Money;
using Xunit;

namespace SeederMesh.Client.Tests.Configuration;

// Goal: a settings file is read exactly, or refused with the setting's name. Method: files written by hand.
public sealed class ClientConfigurationTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Load_NoFile_GivesTheDefaults() => Assert.Equal(new ClientConfiguration().Port, ClientConfiguration.Load(folder["none.json"]).Port);

    [Fact]
    public void Load_SomeSettings_KeepsTheOthersAtTheirDefaults()
    {
        ClientConfiguration read = Load("""{ "hub": "http://127.0.0.1:8010", "owedByHubMax": "50sat", "port": 0, /* why not */ "pex": false }""");

        Assert.Equal("http://127.0.0.1:8010", read.Hub);
        Assert.Equal(Msat.FromSatoshi(50), read.OwedByHubMax);
        Assert.Equal(0, read.Port);
        Assert.False(read.Pex);
        Assert.True(read.Dht);
        Assert.Equal(20, read.UnpaidPercent);
    }

    [Theory]
    [InlineData("""{ "hubb": "http://127.0.0.1" }""", "hubb")]
    [InlineData("""{ "port": "many" }""", "port")]
    [InlineData("""{ "port": 70000 }""", "port")]
    [InlineData("""{ "unpaidPercent": 101 }""", "unpaidPercent")]
    [InlineData("""{ "hub": "ftp://host" }""", "hub")]
    [InlineData("""{ "trustedHubs": ["nowhere"] }""", "trustedHubs")]
    [InlineData("""{ "owedByHubMax": "a lot" }""", "owedByHubMax")]
    [InlineData("""{ "uploadLimit": -1 }""", "uploadLimit")]
    [InlineData("""{ "listenAddress": "localhost" }""", "listenAddress")]
    [InlineData("""{ "peers": ["127.0.0.1"] }""", "peers")]
    [InlineData("""{ "port": 1 """, "line")]
    [InlineData("null", "{}")]
    public void Load_BadSetting_IsRefusedByName(string json, string named)
    {
        ClientException refused = Assert.Throws<ClientException>(() => Load(json));

        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.Contains("config.json", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_ThenLoad_GivesTheSame()
    {
        var written = new ClientConfiguration { Hub = "https://hub.example", Port = 1, Peers = ["127.0.0.1:6881"], LowestPricePerMiB = 7 };
        written.Save(folder["config.json"]);

        ClientConfiguration read = ClientConfiguration.Load(folder["config.json"]);

        Assert.Equal(JsonSerializer.Serialize(written), JsonSerializer.Serialize(read));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["config.json"]));
    }

    [Fact]
    public void Keys_EverySetting_IsDocumentedOnce()
    {
        IEnumerable<string> settings = typeof(ClientConfiguration)
            .GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name));

        Assert.Equal(settings.Order(StringComparer.Ordinal), ClientConfiguration.Keys.Select(key => key.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Open_FolderInUse_IsRefused()
    {
        using DataFolder first = DataFolder.Open(folder["data"]);

        Assert.Contains("in use", Assert.Throws<ClientException>(() => DataFolder.Open(folder["data"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Identity_AfterRestart_IsTheSameAndPrivate()
    {
        Core.Identity.PublicKey key;
        using (DataFolder first = DataFolder.Open(folder["data"]))
        {
            key = first.Identity().PublicKey;
        }

        using DataFolder again = DataFolder.Open(folder["data"]);

        Assert.Equal(key, again.Identity().PublicKey);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(again.IdentityPath));
    }

    [Fact]
    public void Identity_ReadableByOthersOrCut_IsRefused()
    {
        using DataFolder data = DataFolder.Open(folder["data"]);
        File.WriteAllText(data.IdentityPath, new string('a', 63));
        File.SetUnixFileMode(data.IdentityPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Contains("64 hexadecimal", Assert.Throws<ClientException>(data.Identity).Message, StringComparison.Ordinal);

        File.SetUnixFileMode(data.IdentityPath, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", Assert.Throws<ClientException>(data.Identity).Message, StringComparison.Ordinal);
    }

    private ClientConfiguration Load(string json)
    {
        File.WriteAllText(folder["config.json"], json);
        return ClientConfiguration.Load(folder["config.json"]);
    }
}
