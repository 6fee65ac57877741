using System.Collections.Concurrent;
using SeederMesh.Core.Manifests;
using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Grains.Direct;

/// <summary>Finds out which destinations a downloader can pay by itself.</summary>
/// <remarks>Thread safe. What destinations answered is remembered for a minute, and for so many destinations: who asks about
/// works asks strangers' hosts no more often than that.</remarks>
/// <param name="probe">Asks a destination.</param>
/// <param name="settings">What the hub's node can do.</param>
/// <param name="clock">The time.</param>
public sealed class DirectDestinations(IDestinationProbe probe, HubSettings settings, TimeProvider clock)
{
    private const int RememberedMax = 10_000;
    private const long RemembersMs = 60_000;

    private readonly ConcurrentDictionary<string, (Task<string?> Defect, long AskedUnixMs)> remembered = new(StringComparer.Ordinal);

    /// <summary>Examines where a payee wants its money.</summary>
    /// <param name="destinations">One a line, the best first.</param>
    /// <returns>Each, in the same order.</returns>
    public async Task<IReadOnlyList<DirectDestination>> ExamineAsync(string? destinations) =>
        await Task.WhenAll((destinations ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ExamineOneAsync));

    /// <summary>Why nothing can be paid directly to a payee; null when something can.</summary>
    /// <remarks>Hosts are asked only where everything depends on what a wallet offers: an address that does not answer now is
    /// paid when it does, but a wallet without Lightning never is.</remarks>
    /// <param name="destinations">One a line, the best first.</param>
    public async Task<string?> FindDefectAsync(string? destinations)
    {
        PayoutDestination[] provable = [.. ProvableDestination.ReadAll(destinations, settings.PaysOffers)];
        if (provable.Length == 0)
        {
            return "it names only where a payment proves nothing, such as keysend.";
        }

        if (Array.Exists(provable, destination => destination.Kind != DestinationKind.PaymentPointer))
        {
            return null;
        }

        string?[] defects = await Task.WhenAll(provable.Select(ProbeAsync));
        return Array.Exists(defects, defect => defect is null) ? null : defects[0];
    }

    private async Task<DirectDestination> ExamineOneAsync(string text)
    {
        if (PaymentEndpoint.TryParse(text, out PaymentEndpoint endpoint) && endpoint.Kind == PaymentEndpointKind.Withdraw)
        {
            return new DirectDestination(text, IsPayable: false, "the hub keeps the money until it is withdrawn");
        }

        if (!PayoutDestination.TryParse(text, out PayoutDestination? destination, out string error))
        {
            return new DirectDestination(text, IsPayable: false, error);
        }

        string? defect = ProvableDestination.DefectOf(destination.Kind, settings.PaysOffers)
            ?? (destination.Kind == DestinationKind.Bolt12 ? null : await ProbeAsync(destination));
        string remark = destination.Kind == DestinationKind.Bolt12 ? "by a wallet that pays BOLT 12 invoices" : "";
        return new DirectDestination(text, defect is null, defect ?? remark);
    }

    private async Task<string?> ProbeAsync(PayoutDestination destination)
    {
        string name = destination.ToString();
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (remembered.TryGetValue(name, out (Task<string?> Defect, long AskedUnixMs) known) && now - known.AskedUnixMs < RemembersMs)
        {
            return await known.Defect;
        }

        if (remembered.Count >= RememberedMax)
        {
            remembered.Clear();
        }

        Task<string?> asked = probe.FindDefectAsync(destination);
        remembered[name] = (asked, now);
        return await asked;
    }
}

/// <summary>A destination, and whether a downloader can pay it by itself.</summary>
/// <param name="Destination">As the payee named it.</param>
/// <param name="IsPayable">Whether it gives invoices, whose preimage proves the payment.</param>
/// <param name="Remark">Why it does not, or under which condition; empty when there is nothing to say.</param>
public sealed record DirectDestination(string Destination, bool IsPayable, string Remark);
