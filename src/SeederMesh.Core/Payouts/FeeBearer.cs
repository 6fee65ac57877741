namespace SeederMesh.Core.Payouts;

/// <summary>Who pays for routing. The number is stored; a lower one costs the hub more.</summary>
public enum FeeBearer
{
    /// <summary>Nobody has this.</summary>
    None = 0,

    /// <summary>The hub, out of its revenue, as far as its budget goes; beyond it the payee.</summary>
    Hub = 1,

    /// <summary>Half and half; the odd millisatoshi is the hub's.</summary>
    Split = 2,

    /// <summary>The payee: routing is taken off what arrives.</summary>
    Payee = 3,
}

/// <summary>Fee bearers as people write them.</summary>
public static class FeeBearers
{
    /// <summary>Reads <c>hub</c>, <c>split</c> or <c>payee</c>.</summary>
    public static bool TryParse(string? text, out FeeBearer bearer)
    {
        bearer = text switch
        {
            "hub" => FeeBearer.Hub,
            "split" => FeeBearer.Split,
            "payee" => FeeBearer.Payee,
            _ => FeeBearer.None,
        };
        return bearer != FeeBearer.None;
    }

    /// <summary>The text that <see cref="TryParse"/> reads.</summary>
    public static string Text(this FeeBearer bearer) => bearer switch
    {
        FeeBearer.Hub => "hub",
        FeeBearer.Split => "split",
        _ => "payee",
    };
}
