using System.Net;
using System.Net.Sockets;

namespace SeederMesh.Lightning.Destinations;

/// <summary>Which hosts an address from outside (a manifest, a payee) may make this process talk to.</summary>
/// <remarks>Default: public addresses over https only. Time limit 10 s, answers up to 64 KiB, at most 3 redirects on
/// the same host.</remarks>
public sealed record OutgoingPolicy
{
    /// <summary>Longest answer in bytes.</summary>
    public const int AnswerSizeMax = 65_536;

    /// <summary>Most redirects that are followed, on the same host only.</summary>
    public const int RedirectsMax = 3;

    /// <summary>Whether this machine itself may be asked, over http too: for a demo or a test. Default no.</summary>
    public bool AllowLoopback { get; init; }

    /// <summary>Whether private networks (10.0.0.0/8, fc00::/7 and the like) may be asked. Default no.</summary>
    public bool AllowPrivate { get; init; }

    /// <summary>How long one answer may take. Default 10 s.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether an address may be connected to.</summary>
    public bool Allows(IPAddress address)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return KindOf(plain) switch
        {
            AddressKind.Public => true,
            AddressKind.Loopback => AllowLoopback,
            AddressKind.Private => AllowPrivate,
            _ => false,
        };
    }

    private static AddressKind KindOf(IPAddress address)
    {
        if (IPAddress.IsLoopback(address))
        {
            return AddressKind.Loopback;
        }

        byte[] bytes = address.GetAddressBytes();
        return address.AddressFamily == AddressFamily.InterNetwork ? KindOfV4(bytes) : KindOfV6(bytes);
    }

    // RFC 6890 and the IANA special-purpose registry.
    private static AddressKind KindOfV4(ReadOnlySpan<byte> ip) => (ip[0], ip[1], ip[2]) switch
    {
        (10, _, _) or (172, >= 16 and <= 31, _) or (192, 168, _) => AddressKind.Private,
        (100, >= 64 and <= 127, _) => AddressKind.Private,
        (0, _, _) or (127, _, _) or (169, 254, _) or ( >= 224, _, _) => AddressKind.Never,
        (192, 0, 0 or 2) or (192, 88, 99) or (198, 18 or 19, _) or (198, 51, 100) or (203, 0, 113) => AddressKind.Never,
        _ => AddressKind.Public,
    };

    private static AddressKind KindOfV6(ReadOnlySpan<byte> ip)
    {
        if ((ip[0] & 0xfe) == 0xfc)
        {
            return AddressKind.Private;
        }

        // 2000::/3 is all that is routed; inside it 2001::/23 (Teredo and other protocols), documentation, and 6to4,
        // whose
        // inner IPv4 address decides. NAT64 (64:ff9b::/96) lies outside; its inner address decides too.
        bool nat64 = ip[..12].SequenceEqual((ReadOnlySpan<byte>)[0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]);
        return (ip[0], ip[1], ip[2], ip[3]) switch
        {
            _ when nat64 => KindOfV4(ip[12..]),
            (0x20, 0x02, _, _) => KindOfV4(ip[2..6]),
            (0x20, 0x01, <= 0x01, _) or (0x20, 0x01, 0x0d, 0xb8) => AddressKind.Never,
            ( >= 0x20 and <= 0x3f, _, _, _) => AddressKind.Public,
            _ => AddressKind.Never,
        };
    }

    private enum AddressKind
    {
        Never,
        Loopback,
        Private,
        Public,
    }
}
