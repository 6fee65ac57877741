using SeederMesh.Core;
using SeederMesh.Core.Manifests;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Registry;

/// <summary>A manifest as the registry keeps it.</summary>
/// <param name="Sidecar">The bytes of the <c>.prov</c> file. They were checked when they came; a client checks them
/// again.</param>
/// <param name="Receipt">The registry's receipt.</param>
public sealed record RegisteredManifest(ReadOnlyMemory<byte> Sidecar, RegistryReceipt Receipt)
{
    internal static RegisteredManifest? From(ManifestRecord? record)
    {
        if (record is null)
        {
            return null;
        }

        RegistryReceipt? receipt = RegistryReceiptJson.Read(record.Receipt, out string error);
        Invariant.Require(receipt is not null, $"a stored receipt is whole ({error})");
        return new RegisteredManifest(record.Body, receipt);
    }
}
