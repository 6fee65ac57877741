namespace SeederMesh.Client;

/// <summary>Whether a work can be downloaded by paying oneself, as the hub says.</summary>
public sealed record DirectOfferInfo
{
    /// <summary>Whether a direct channel can be opened for it now.</summary>
    public bool Offered { get; init; }

    /// <summary>Why not, or null.</summary>
    public string? Reason { get; init; }

    /// <summary>The manifest's payees.</summary>
    public IReadOnlyList<DirectPayeeInfo> Payees { get; init; } = [];
}

/// <summary>A payee of a work.</summary>
public sealed record DirectPayeeInfo
{
    /// <summary>Its name, or null.</summary>
    public string? Name { get; init; }

    /// <summary>Its share of what is paid, basis points.</summary>
    public int ShareBps { get; init; }

    /// <summary>Whether it can be paid directly.</summary>
    public bool Direct { get; init; }

    /// <summary>Where it wants its money, the best first.</summary>
    public IReadOnlyList<DirectDestinationInfo> Destinations { get; init; } = [];
}

/// <summary>A destination of a payee.</summary>
public sealed record DirectDestinationInfo
{
    /// <summary>As the payee named it.</summary>
    public string Destination { get; init; } = "";

    /// <summary>Whether it can be paid directly.</summary>
    public bool Direct { get; init; }

    /// <summary>Why not, or under which condition; null when there is nothing to say.</summary>
    public string? Remark { get; init; }
}
