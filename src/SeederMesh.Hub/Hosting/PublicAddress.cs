using Microsoft.AspNetCore.Http;

namespace SeederMesh.Hub.Hosting;

/// <summary>The address under which others reach this hub, for links that it hands out.</summary>
/// <remarks>As the operator named it; else as the caller did, which is right wherever no proxy changes the host or ends
/// TLS.</remarks>
internal sealed class PublicAddress(HubOptions options)
{
    /// <summary>The address without a path.</summary>
    public Uri Of(HttpContext http) => options.PublicAddress.Length > 0
        ? new Uri(options.PublicAddress)
        : new Uri($"{http.Request.Scheme}://{http.Request.Host.Value}");

    /// <summary>Host, and port where it is not the scheme's: the second half of a Lightning address.</summary>
    public string HostOf(HttpContext http) => Of(http).Authority;

    /// <summary>The address of a path.</summary>
    public Uri Of(HttpContext http, string path) => new(Of(http), path);
}
