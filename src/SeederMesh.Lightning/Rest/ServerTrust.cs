using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace SeederMesh.Lightning.Rest;

/// <summary>Whose certificate a node may show.</summary>
internal sealed record ServerTrust
{
    /// <summary>SHA-256 of the certificate, 64 upper-case hexadecimal digits; null for another kind of trust.</summary>
    public string? Thumbprint { get; init; }

    /// <summary>Take any certificate: the operator said so.</summary>
    public bool AllowInsecure { get; init; }

    public bool Accepts(X509Certificate? certificate, SslPolicyErrors errors) => this switch
    {
        { AllowInsecure: true } => true,
        { Thumbprint: { } print } => certificate is not null
            && certificate.GetCertHashString(HashAlgorithmName.SHA256).Equals(print, StringComparison.OrdinalIgnoreCase),
        _ => errors == SslPolicyErrors.None,
    };

    /// <summary>What a connection string says of it; reads the certificate's file.</summary>
    /// <exception cref="ArgumentException">The file is no certificate; the message names the key.</exception>
    public static ServerTrust Of(LightningConnectionString parsed)
    {
        string? thumbprint = parsed.Find("certthumbprint") is { } print ? LightningConnectionString.Thumbprint(print) : null;
        if (parsed.Find("certfilepath") is { } file)
        {
            try
            {
                using X509Certificate2 certificate = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(Read("certfilepath", file)));
                thumbprint = certificate.GetCertHashString(HashAlgorithmName.SHA256);
            }
            catch (CryptographicException exception)
            {
                throw new ArgumentException($"The key certfilepath names {file}, which is no PEM certificate.", nameof(parsed), exception);
            }
        }

        return new ServerTrust { Thumbprint = thumbprint, AllowInsecure = parsed.Find("allowinsecure") == "true" };
    }

    /// <summary>A file that a key names.</summary>
    /// <exception cref="ArgumentException">It cannot be read; the message names the key.</exception>
    public static byte[] Read(string key, string path)
    {
        try
        {
            return File.ReadAllBytes(path) is { Length: > 0 } bytes ? bytes : throw new IOException("it is empty.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ArgumentException($"The key {key} names {path}, which cannot be read: {exception.Message}", nameof(path), exception);
        }
    }
}

/// <summary>What a node demands of its callers.</summary>
/// <param name="Key">The key of the connection string that it comes from, for messages.</param>
/// <param name="Header">The header that carries it.</param>
/// <param name="Value">The header's value; null for none.</param>
internal sealed record NodeCredentials(string Key, string Header, string? Value)
{
    /// <summary>Words by which the node refuses them under another status than 401 and 403. Default: none.</summary>
    public IReadOnlyList<string> RefusedWith { get; init; } = [];

    /// <summary>Basic authentication with a password and no name. Source: RFC 7617.</summary>
    public static NodeCredentials Basic(string password) => new(
        "password", "Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(":" + password)));
}
