using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Ledger.Reading;

/// <summary>What a seeder has given, as far as it is settled.</summary>
/// <param name="SeederKey">The seeder.</param>
/// <param name="Bytes">Settled bytes.</param>
/// <param name="Amount">What downloaders paid for them, before the split.</param>
/// <param name="Grants">Over how many grants.</param>
/// <param name="Receipts">Proved by so many receipts.</param>
public sealed record Contribution(PublicKey SeederKey, long Bytes, Msat Amount, long Grants, long Receipts);
