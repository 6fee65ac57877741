using SeederMesh.Lightning.Destinations;

namespace SeederMesh.Grains.Direct;

/// <summary>Asks a destination whether it gives invoices.</summary>
public interface IDestinationProbe
{
    /// <summary>Why a destination gives no invoices now, as a sentence for a person; null when it does. Never throws for what a
    /// destination answers.</summary>
    Task<string?> FindDefectAsync(PayoutDestination destination);
}
