using SeederMesh.Lightning.CoreLightning;
using SeederMesh.Lightning.Eclair;
using SeederMesh.Lightning.Embedded.Http;
using SeederMesh.Lightning.Lnd;
using SeederMesh.Lightning.Phoenixd;

namespace SeederMesh.Lightning;

/// <summary>Makes the adapter that a connection string asks for.</summary>
public static class LightningNodes
{
    /// <summary>The node of a connection string. Nothing is connected yet; the first call does.</summary>
    /// <exception cref="ArgumentException">The string is wrong; the message names the key and says what would be
    /// right.</exception>
    public static ILightningNode Connect(string connectionString) =>
        LightningConnectionString.TryParse(connectionString, out LightningConnectionString? parsed, out string error)
            ? Connect(parsed)
            : throw new ArgumentException(error, nameof(connectionString));

    private static ILightningNode Connect(LightningConnectionString parsed) => parsed.Type switch
    {
        "embedded" => new EmbeddedNodeClient(parsed["server"], parsed["node"], parsed["token"]),
        "clightning" => new CoreLightningNode(parsed["server"]),
        "lnd-rest" => LndNode.Connect(parsed, TimeProvider.System),
        "phoenixd" => PhoenixdNode.Connect(parsed, TimeProvider.System),
        "eclair" => EclairNode.Connect(parsed, TimeProvider.System),
        _ => throw new ArgumentException($"This build has no adapter for type={parsed.Type}.", nameof(parsed)),
    };
}
