using System.Net;
using System.Net.Sockets;
using SeederMesh.Core.Manifests;

namespace SeederMesh.Client;

/// <summary>What became of the search for a manifest.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Manifest">The manifest, when it is verified.</param>
/// <param name="Problem">What is wrong, when it is not.</param>
internal sealed record ResolvedManifest(ManifestStatus Status, SignedManifest? Manifest, string? Problem);

/// <summary>Finds the manifest of a torrent: a given file, a file beside the torrent, then registries, then
/// peers.</summary>
/// <remarks>
/// The first of a file or a registry counts, even when it is bad: who can hide a good one could as well have sent none.
/// A peer is just
/// anybody: a bad one of a peer counts only when no other peer has a good one.
/// </remarks>
internal sealed class ManifestResolver(ClientConfiguration configuration, DataFolder data, IProgress<GetEvent> events, TimeProvider clock)
{
    public async Task<ResolvedManifest> FindAsync(
        DownloadSource source, GetRequest request, DownloadFolder folder, CancellationToken cancellation)
    {
        if (source.InfohashV2 is null && source.Magnet is null)
        {
            return new ResolvedManifest(ManifestStatus.Missing, null, "A v1 torrent has no full infohash that a manifest could vouch for.");
        }

        string? path = request.ManifestPath
            ?? (source.TorrentPath is { } torrent ? TorrentFiles.FindManifest(torrent, source.Metainfo!) : null)
            ?? (File.Exists(folder.ManifestPath) ? folder.ManifestPath : null);
        if (path is not null)
        {
            return Judge(TorrentFiles.ReadManifest(path), source, path);
        }

        foreach (string registry in new[] { source.Magnet?.Registry, configuration.Hub }
            .OfType<string>()
            .Concat(configuration.TrustedHubs)
            .Select(url => url.TrimEnd('/'))
            .Distinct(StringComparer.Ordinal))
        {
            if (await AskAsync(registry, source.Id, cancellation) is { } bytes)
            {
                return Judge(SignedManifest.Verify(bytes), source, registry);
            }
        }

        return request.ManifestTimeLimit == TimeSpan.Zero
            ? new ResolvedManifest(ManifestStatus.Missing, null, "No registry that was asked has a manifest of this torrent.")
            : await AskPeersAsync(source, request, folder, cancellation);
    }

    private async Task<ResolvedManifest> AskPeersAsync(
        DownloadSource source, GetRequest request, DownloadFolder folder, CancellationToken cancellation)
    {
        events.Report(new GetWarning(
            $"No registry has its manifest. Peers are asked for it, for at most {request.ManifestTimeLimit.TotalSeconds:F0} seconds."));
        var judged = new ResolvedManifest(
            ManifestStatus.Missing, null, "No registry and no peer that was asked has a manifest of this torrent.");
        await new PeerManifests(configuration, data, clock).SearchAsync(source, request, folder, IsGood, cancellation);
        return judged;

        bool IsGood(byte[] bytes)
        {
            judged = Judge(SignedManifest.Verify(bytes), source, "a peer");
            return judged.Status == ManifestStatus.Verified;
        }
    }

    private static ResolvedManifest Judge(in ManifestVerification verification, DownloadSource source, string place)
    {
        if (verification.Signed is not { } signed)
        {
            return new ResolvedManifest(ManifestStatus.Invalid, null, $"The manifest from {place} does not verify. {verification}");
        }

        ManifestTorrent torrent = signed.Manifest.Torrent;
        bool isSame = source.InfohashV2 is { } v2
            ? torrent.InfohashV2 == v2
            : string.Equals(torrent.InfohashV1?.ToString(), source.Id, StringComparison.Ordinal);
        if (!isSame)
        {
            return new ResolvedManifest(
                ManifestStatus.Invalid, null, $"The manifest from {place} is of another torrent, {torrent.InfohashV2}.");
        }

        return source.Metainfo is { } metainfo && TorrentFiles.DifferenceOf(signed, metainfo) is { } difference
            ? new ResolvedManifest(ManifestStatus.Invalid, null, $"The manifest from {place} does not describe this torrent. {difference}")
            : new ResolvedManifest(ManifestStatus.Verified, signed, null);
    }

    private async Task<byte[]?> AskAsync(string registry, string id, CancellationToken cancellation)
    {
        try
        {
            if (!Uri.TryCreate(registry, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
            {
                throw new ClientException($"\"{registry}\" is no registry's address.");
            }

            await RequirePublicAsync(uri, cancellation);
            using var client = new HubClient(uri, caller: null, clock: clock);
            return await client.FindManifestAsync(id, cancellation);
        }
        catch (ClientException exception)
        {
            events.Report(new GetWarning(exception.Message));
            return null;
        }
    }

    /// <summary>An address out of a magnet link may not make us knock at doors inside our own network.</summary>
    private async Task RequirePublicAsync(Uri uri, CancellationToken cancellation)
    {
        bool isConfigured = configuration.TrustedHubs.Append(configuration.Hub).OfType<string>()
            .Any(hub => string.Equals(new Uri(hub).Authority, uri.Authority, StringComparison.OrdinalIgnoreCase));
        if (isConfigured || configuration.Loopback)
        {
            return;
        }

        IPAddress[] addresses;
        try
        {
            addresses = await Dns.GetHostAddressesAsync(uri.DnsSafeHost, cancellation);
        }
        catch (SocketException exception)
        {
            throw new ClientException($"The registry {uri.Host} cannot be found: {exception.Message}", exception);
        }

        if (Array.Exists(addresses, IsInside))
        {
            throw new ClientException(
                $"The registry {uri} is inside a private network. Name it as hub or in trustedHubs if you mean it.");
        }
    }

    private static bool IsInside(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        byte[] bytes = address.GetAddressBytes();
        return IPAddress.IsLoopback(address)
            || address.IsIPv6LinkLocal
            || address.IsIPv6SiteLocal
            || address.IsIPv6UniqueLocal
            || address.Equals(IPAddress.IPv6Any)
            || (bytes.Length == 4
                && bytes is [0 or 10 or 127, ..]
                    or [169, 254, ..]
                    or [192, 168, ..]
                    or [172, >= 16 and <= 31, ..]
                    or [100, >= 64 and <= 127, ..]
                    or [>= 224, ..]);
    }
}
