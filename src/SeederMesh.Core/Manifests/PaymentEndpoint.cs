using System.Buffers;
using SeederMesh.Core.Identity;

namespace SeederMesh.Core.Manifests;

/// <summary>By which way a payee is paid.</summary>
public enum PaymentEndpointKind
{
    /// <summary>Never valid.</summary>
    None = 0,

    /// <summary>Spontaneous payment to a Lightning node: 66 hexadecimal digits.</summary>
    Keysend,

    /// <summary>A Lightning address, <c>user@host</c> (LUD-16).</summary>
    LightningAddress,

    /// <summary>A bech32 LNURL, <c>lnurl1...</c> (LUD-01).</summary>
    Lnurl,

    /// <summary>A BOLT 12 offer, <c>lno1...</c>.</summary>
    Bolt12,

    /// <summary>An Interledger payment pointer, <c>$host/path</c>.</summary>
    PaymentPointer,

    /// <summary>Nowhere yet: the hub keeps the money until the owner of a key (<c>did:key:z6Mk...</c>) withdraws it by
    /// LNURL-withdraw (LUD-03).</summary>
    Withdraw,
}

/// <summary>
/// Where money is sent, as <c>kind:value</c>: <c>keysend:02ab...</c>, <c>lnaddress:anna@example.org</c>.
/// </summary>
/// <remarks>
/// Only the form is checked here, in canonical lower case; whether the address answers is found out when it is paid.
/// </remarks>
public readonly record struct PaymentEndpoint
{
    private const int ValueMax = 2048;
    private static readonly SearchValues<char> Bech32 = SearchValues.Create("qpzry9x8gf2tvdw0s3jn54khce6mua7l");
    private static readonly SearchValues<char> UserCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.+");

    private PaymentEndpoint(PaymentEndpointKind kind, string value)
    {
        Kind = kind;
        Value = value;
    }

    /// <summary>The way.</summary>
    public PaymentEndpointKind Kind { get; }

    /// <summary>The address on that way, without the prefix.</summary>
    public string Value { get; } = "";

    /// <summary>Reads <c>kind:value</c>; refuses an unknown kind and any other form than the canonical one.</summary>
    public static bool TryParse(string? text, out PaymentEndpoint endpoint)
    {
        endpoint = default;
        int colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (colon < 0 || text!.Length > ValueMax)
        {
            return false;
        }

        string value = text[(colon + 1)..];
        (PaymentEndpointKind kind, bool valid) = text[..colon] switch
        {
            "keysend" => (PaymentEndpointKind.Keysend, IsNodeId(value)),
            "lnaddress" => (PaymentEndpointKind.LightningAddress, IsAddress(value)),
            "lnurl" => (PaymentEndpointKind.Lnurl, IsBech32(value, "lnurl1")),
            "bolt12" => (PaymentEndpointKind.Bolt12, IsBech32(value, "lno1")),
            "paymentpointer" => (PaymentEndpointKind.PaymentPointer, IsPointer(value)),
            "withdraw" => (PaymentEndpointKind.Withdraw, DidKey.TryParse(value, out _)),
            _ => (PaymentEndpointKind.None, false),
        };
        endpoint = valid ? new PaymentEndpoint(kind, value) : default;
        return valid;
    }

    /// <summary>The text that <see cref="TryParse"/> reads.</summary>
    public override string ToString() => Kind switch
    {
        PaymentEndpointKind.Keysend => "keysend:" + Value,
        PaymentEndpointKind.LightningAddress => "lnaddress:" + Value,
        PaymentEndpointKind.Lnurl => "lnurl:" + Value,
        PaymentEndpointKind.Bolt12 => "bolt12:" + Value,
        PaymentEndpointKind.PaymentPointer => "paymentpointer:" + Value,
        PaymentEndpointKind.Withdraw => "withdraw:" + Value,
        _ => "",
    };

    // A compressed secp256k1 point (BOLT 1).
    private static bool IsNodeId(string value) =>
        value.Length == 66
        && value[0] == '0'
        && value[1] is '2' or '3'
        && value.AsSpan().IndexOfAnyExcept(Hexadecimal.LowerDigits) < 0;

    private static bool IsAddress(string value)
    {
        int at = value.IndexOf('@', StringComparison.Ordinal);
        return at is > 0 and <= 64
            && value.AsSpan(0, at).IndexOfAnyExcept(UserCharacters) < 0
            && HostName.IsHostAndPort(value.AsSpan(at + 1));
    }

    private static bool IsPointer(string value) => value.StartsWith('$') && PaymentPointer.TryParse(value, out _);

    private static bool IsBech32(string value, string prefix) =>
        value.StartsWith(prefix, StringComparison.Ordinal)
        && value.Length > prefix.Length + 6
        && value.AsSpan(prefix.Length).IndexOfAnyExcept(Bech32) < 0;
}
