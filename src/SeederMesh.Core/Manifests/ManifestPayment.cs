using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Core.Splits;

namespace SeederMesh.Core.Manifests;

/// <summary>What a downloader is asked for, and how it is divided.</summary>
public sealed record ManifestPayment
{
    /// <summary>The shares of all add up to this: basis points, 10,000 = 100%.</summary>
    public const int WholeBps = 10_000;

    /// <summary>How many payees there may be.</summary>
    public const int PayeesMax = 64;

    /// <summary>The highest price that a manifest may ask for each MiB: 0.01 BTC, as much as receipts carry.</summary>
    public static Msat PricePerMiBMax { get; } = Msat.From(PricePerMebibyte.MsatMax);

    /// <summary>The price of 2^20 bytes of content. Range: 0 to <see cref="PricePerMiBMax"/>.</summary>
    public required Msat PricePerMiB { get; init; }

    /// <summary>
    /// What the creator suggests to give for the whole, on top of nothing and never taken by itself; or null.
    /// </summary>
    public Msat? SuggestedAmount { get; init; }

    /// <summary>The people who are paid, each with a share of their own. At most 64.</summary>
    public required IReadOnlyList<Payee> Payees { get; init; }

    /// <summary>
    /// The share of the seeders together, in basis points; each gets it for the bytes that it uploaded.
    /// </summary>
    public required int SeedersBps { get; init; }

    /// <summary>The share of the registry, in basis points.</summary>
    public required int RegistryBps { get; init; }

    /// <summary>The share of the hub, in basis points.</summary>
    public required int HubBps { get; init; }

    /// <summary>The split as settlement applies it; its payees are those of <see cref="Payees"/>, in order.</summary>
    /// <exception cref="ArgumentException">The shares do not add up, or a payee stands twice: no verified manifest's
    /// do.</exception>
    public SplitPolicy ToSplitPolicy() => new(
        [.. Payees.Select(payee => new PayeeShare(payee.Id, new BasisPoints(payee.ShareBps)))],
        new BasisPoints(SeedersBps),
        new BasisPoints(RegistryBps),
        new BasisPoints(HubBps));
}

/// <summary>Someone who is paid by a manifest.</summary>
public sealed record Payee
{
    /// <summary>How many endpoints a payee may have.</summary>
    public const int EndpointsMax = 5;

    /// <summary>Who it is, for people; at most 128 characters, or null.</summary>
    public string? Name { get; init; }

    /// <summary>The share in basis points, 1 to 10,000.</summary>
    public required int ShareBps { get; init; }

    /// <summary>Where to pay, the best first; at least one, each kind once.</summary>
    public required IReadOnlyList<PaymentEndpoint> Endpoints { get; init; }

    /// <summary>
    /// The id of what is owed to these endpoints: the same list in the same order is the same payee, in whichever
    /// manifest it stands.
    /// </summary>
    /// <remarks>
    /// Derived from the endpoints alone, so that money of one payee can never leave by another's endpoint.
    /// </remarks>
    public Id128 Id
    {
        get
        {
            // No endpoint holds a line feed, so the joined text is unambiguous.
            string endpoints = string.Join('\n', Endpoints);
            return Id128.Derive("payee", Digest.Of(System.Text.Encoding.UTF8.GetBytes(endpoints)).Span);
        }
    }
}
