using System.Buffers.Binary;
using System.IO.Compression;

namespace SeederMesh.Cli.Album;

/// <summary>Draws the album's cover: a mesh of peers over an evening sky, as a PNG (RFC 2083) of 24-bit
/// colour.</summary>
internal static class CoverArt
{
    private const int Side = 640;

    private static readonly (float X, float Y)[] Peers =
        [(0.50f, 0.46f), (0.20f, 0.26f), (0.80f, 0.24f), (0.14f, 0.62f), (0.84f, 0.64f), (0.36f, 0.78f), (0.66f, 0.80f), (0.50f, 0.16f)];

    /// <summary>Writes the picture.</summary>
    public static void Write(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
        file.Write([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Side);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], Side);
        // Eight bits a channel, red green blue, deflate, no filter method but 0, not interlaced.
        (header[8], header[9]) = (8, 2);
        WriteChunk(file, "IHDR"u8, header);
        WriteChunk(file, "IDAT"u8, Deflate(Draw()));
        WriteChunk(file, "IEND"u8, []);
    }

    private static byte[] Draw()
    {
        int stride = 1 + (Side * 3);
        byte[] rows = new byte[stride * Side];
        Parallel.For(0, Side, y =>
        {
            for (int x = 0; x < Side; x++)
            {
                (float red, float green, float blue) = Shade((x + 0.5f) / Side, (y + 0.5f) / Side);
                int offset = (y * stride) + 1 + (x * 3);
                rows[offset] = Level(red);
                rows[offset + 1] = Level(green);
                rows[offset + 2] = Level(blue);
            }
        });
        return rows;
    }

    private static (float Red, float Green, float Blue) Shade(float x, float y)
    {
        float glow = MathF.Exp(-6f * (((x - 0.5f) * (x - 0.5f)) + ((y - 0.46f) * (y - 0.46f))));
        (float red, float green, float blue) = (
            0.06f + (0.45f * y) + (0.25f * glow), 0.07f + (0.12f * y) + (0.22f * glow), 0.22f + (0.2f * (1 - y)));
        float line = 0;
        for (int one = 0; one < Peers.Length; one++)
        {
            for (int other = one + 1; other < Peers.Length; other++)
            {
                float distance = DistanceToSegment(x, y, Peers[one], Peers[other]);
                line = MathF.Max(line, 1f - (distance / (one == 0 ? 0.004f : 0.0015f)));
            }
        }

        float weight = MathF.Max(0, line) * 0.7f;
        (red, green, blue) = (red + (weight * 0.9f), green + (weight * 0.7f), blue + (weight * 0.3f));
        for (int peer = 0; peer < Peers.Length; peer++)
        {
            float radius = peer == 0 ? 0.06f : 0.03f;
            float distance = MathF.Sqrt(((x - Peers[peer].X) * (x - Peers[peer].X)) + ((y - Peers[peer].Y) * (y - Peers[peer].Y)));
            float inside = Math.Clamp((radius - distance) * 400f, 0f, 1f);
            (red, green, blue) = (Mix(red, 1f, inside), Mix(green, 0.82f, inside), Mix(blue, peer == 0 ? 0.3f : 0.6f, inside));
        }

        return (red, green, blue);
    }

    private static float DistanceToSegment(float x, float y, (float X, float Y) from, (float X, float Y) to)
    {
        (float dx, float dy) = (to.X - from.X, to.Y - from.Y);
        float along = Math.Clamp((((x - from.X) * dx) + ((y - from.Y) * dy)) / ((dx * dx) + (dy * dy)), 0f, 1f);
        (float px, float py) = (from.X + (along * dx) - x, from.Y + (along * dy) - y);
        return MathF.Sqrt((px * px) + (py * py));
    }

    private static float Mix(float from, float to, float share) => from + ((to - from) * share);

    private static byte Level(float value) => (byte)(Math.Clamp(value, 0f, 1f) * 255f);

    private static byte[] Deflate(byte[] rows)
    {
        using var buffer = new MemoryStream();
        using (var zlib = new ZLibStream(buffer, CompressionLevel.Fastest))
        {
            zlib.Write(rows);
        }

        return buffer.ToArray();
    }

    private static void WriteChunk(FileStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        byte[] typed = [.. type, .. content];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(typed);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32(typed));
        file.Write(number);
    }

    // CRC-32 of RFC 2083, appendix 15, bit by bit: it runs once, over one picture.
    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : 0xedb88320u ^ (crc >> 1);
            }
        }

        return ~crc;
    }
}
