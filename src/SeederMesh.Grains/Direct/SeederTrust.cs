using System.Collections.Concurrent;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Grains.Manifests;
using SeederMesh.Ledger;
using SeederMesh.Ledger.Reading;

namespace SeederMesh.Grains.Direct;

/// <summary>Bounds what direct downloaders may leave unpaid to one seeder over all channels together: a channel costs
/// nothing, so whoever opens many takes a first window with each.</summary>
/// <remarks>
/// What counts is the seeder's share of what is granted or due and was not paid before, as long as it is not proved or
/// written off, which takes a day (<see cref="HubSettings.DirectGraceMs"/>). Read from the books every few seconds; what
/// is granted in between is added. Thread safe, and remembers so many seeders.
/// </remarks>
public sealed class SeederTrust(LedgerStore ledger, ManifestCatalog manifests, TimeProvider clock)
{
    /// <summary>Shares of a first window that may be out without anything to back them.</summary>
    public const int FirstWindowsMax = 64;

    private const long RemembersMs = 5_000;
    private const int RememberedMax = 10_000;

    private readonly ConcurrentDictionary<PublicKey, Unbacked> seeders = new();

    /// <summary>Takes a grant into account, if the seeder is not owed too much without it.</summary>
    /// <param name="seeder">The seeder.</param>
    /// <param name="more">By how much what is not backed grows, the seeder's share.</param>
    /// <param name="firstWindow">The seeder's share of the channel's first window.</param>
    /// <returns>Whether the grant may be given.</returns>
    public async Task<bool> TryTakeAsync(PublicKey seeder, Msat more, Msat firstWindow)
    {
        if (more.IsZero)
        {
            return true;
        }

        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (!seeders.TryGetValue(seeder, out Unbacked? known) || now - known.ReadUnixMs >= RemembersMs)
        {
            if (seeders.Count >= RememberedMax)
            {
                seeders.Clear();
            }

            known = seeders[seeder] = new Unbacked(await ReadAsync(seeder), now);
        }

        return known.TryAdd(more, Msat.From(firstWindow.Value * FirstWindowsMax));
    }

    private async Task<Msat> ReadAsync(PublicKey seeder)
    {
        Msat sum = Msat.Zero;
        foreach (SeederExposure exposure in await ledger.Reader.ListExposuresAsync(seeder))
        {
            (PaidManifest? manifest, _) = await manifests.FindAsync(exposure.Manifest);
            Core.Invariant.Require(manifest is not null, "the manifest of a channel stays registered");
            Msat atStake = exposure.Due + manifest.Split.Seeders.Of(exposure.Granted);
            sum += atStake.Less(Msat.Min(atStake, exposure.Proved));
        }

        return sum;
    }

    private sealed class Unbacked(Msat read, long readUnixMs)
    {
        private readonly Lock gate = new();
        private Msat sum = read;

        public long ReadUnixMs => readUnixMs;

        public bool TryAdd(Msat more, Msat most)
        {
            lock (gate)
            {
                bool isCovered = sum + more <= most;
                sum = isCovered ? sum + more : sum;
                return isCovered;
            }
        }
    }
}
