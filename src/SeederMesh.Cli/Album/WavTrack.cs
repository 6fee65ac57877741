using System.Buffers.Binary;

namespace SeederMesh.Cli.Album;

/// <summary>Writes one track as a WAV file (RIFF, PCM, 44.1 kHz, 16 bits, stereo) of an exact length.</summary>
internal static class WavTrack
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderBytes = 44;

    /// <summary>Bars are mixed one at a time: a track of any length takes the memory of two bars.</summary>
    public static void Write(string path, Score score, long bytes)
    {
        long frames = Math.Max(1, (bytes - HeaderBytes) / AlbumFormat.FrameBytes);
        int bars = (int)Math.Min(int.MaxValue, (frames + score.BarFrames - 1) / score.BarFrames);
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        WriteHeader(file, frames);

        // Notes ring into the next bar: the second half of the mix is carried over.
        int barSamples = score.BarFrames * 2;
        float[] mix = new float[barSamples * 2];
        byte[] pcm = new byte[barSamples * 2];
        for (int bar = 0; bar < bars; bar++)
        {
            score.PlayBar(mix, bar, bars);
            int samples = (int)Math.Min(barSamples, (frames - ((long)bar * score.BarFrames)) * 2);
            long left = frames - ((long)bar * score.BarFrames);
            for (int sample = 0; sample < samples; sample++)
            {
                // A soft limit instead of a hard one, and two seconds of fade at the end.
                float fade = MathF.Min(1f, (left - (sample / 2)) / (2f * AlbumFormat.SampleRate));
                float value = mix[sample] / (1f + MathF.Abs(mix[sample])) * fade;
                BinaryPrimitives.WriteInt16LittleEndian(pcm.AsSpan(sample * 2), (short)(value * 32_000f));
            }

            file.Write(pcm, 0, samples * 2);
            mix.AsSpan(barSamples).CopyTo(mix);
            mix.AsSpan(barSamples).Clear();
        }
    }

    private static void WriteHeader(FileStream file, long frames)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        uint data = (uint)Math.Min(uint.MaxValue - HeaderBytes, frames * AlbumFormat.FrameBytes);
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], data + HeaderBytes - 8);
        "WAVEfmt "u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], 16);
        BinaryPrimitives.WriteInt16LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteInt16LittleEndian(header[22..], 2);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], AlbumFormat.SampleRate);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], AlbumFormat.SampleRate * AlbumFormat.FrameBytes);
        BinaryPrimitives.WriteInt16LittleEndian(header[32..], AlbumFormat.FrameBytes);
        BinaryPrimitives.WriteInt16LittleEndian(header[34..], 16);
        "data"u8.CopyTo(header[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[40..], data);
        file.Write(header);
    }
}
