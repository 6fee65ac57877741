namespace SeederMesh.Cli.Album;

/// <summary>What one track plays: key, tempo, chords, and the seed of its melody.</summary>
/// <param name="Title">Its name.</param>
/// <param name="RootNote">MIDI number of the key note.</param>
/// <param name="BeatsPerMinute">Tempo.</param>
/// <param name="Chords">Degrees of the scale, one a bar, repeated.</param>
/// <param name="Minor">Whether the scale is minor.</param>
/// <param name="Seed">What the melody is drawn from.</param>
internal sealed record Score(string Title, int RootNote, int BeatsPerMinute, int[] Chords, bool Minor, ulong Seed)
{
    private static readonly int[] MajorScale = [0, 2, 4, 5, 7, 9, 11];
    private static readonly int[] MinorScale = [0, 2, 3, 5, 7, 8, 10];

    /// <summary>The tracks, in the order of the album.</summary>
    public static IReadOnlyList<Score> Tracks { get; } =
    [
        new("Handshake", 50, 92, [0, 4, 5, 3], false, 11),
        new("Rarest First", 45, 112, [0, 5, 2, 6], true, 23),
        new("Interested", 53, 84, [0, 2, 3, 4], false, 31),
        new("Optimistic Unchoke", 48, 126, [0, 3, 0, 4], false, 47),
        new("Have", 47, 76, [0, 3, 4, 0], true, 59),
        new("Endgame", 52, 138, [0, 6, 5, 4], true, 61),
        new("Superseed", 43, 100, [3, 0, 4, 5], false, 73),
        new("Holepunch", 49, 118, [0, 0, 3, 4], true, 83),
        new("Web Seed", 55, 88, [0, 4, 3, 3], false, 97),
        new("Metadata", 46, 104, [0, 2, 5, 4], true, 101),
        new("Keep Alive", 51, 72, [0, 5, 3, 4], false, 113),
        new("Receipts", 50, 96, [5, 3, 0, 4], false, 127),
    ];

    /// <summary>Frames of a bar of four beats.</summary>
    public int BarFrames => AlbumFormat.SampleRate * 60 * 4 / BeatsPerMinute;

    /// <summary>Mixes bar number <paramref name="bar"/> into the front of <paramref name="mix"/>; its last notes ring
    /// beyond it.</summary>
    /// <param name="mix">Left and right samples in turn: at least two bars.</param>
    /// <param name="bar">From 0. The same bar always sounds the same.</param>
    /// <param name="bars">How many bars the track has; the first and the last are quieter.</param>
    public void PlayBar(Span<float> mix, int bar, int bars)
    {
        int chord = Chords[bar % Chords.Length];
        int beat = BarFrames / 4;
        bool thin = bar < 2 || bar >= bars - 1;
        foreach (int degree in (ReadOnlySpan<int>)[chord, chord + 2, chord + 4])
        {
            Instrument.Pad.Play(mix, 0, BarFrames, Frequency(degree, 0), (degree - chord - 2) * 0.3f, 1f);
        }

        for (int step = 0; step < 4; step++)
        {
            int degree = step == 3 ? chord + 4 : chord;
            Instrument.Bass.Play(mix, step * beat, beat * 3 / 4, Frequency(degree, -1), 0, step == 0 ? 1f : 0.75f);
        }

        if (thin)
        {
            return;
        }

        for (int step = 0; step < 8; step++)
        {
            int degree = chord + (2 * (step % 4 == 3 ? 1 : step % 4));
            Instrument.Pluck.Play(mix, step * beat / 2, beat / 3, Frequency(degree, 1), step % 2 == 0 ? -0.5f : 0.5f, 0.8f);
        }

        PlayMelody(mix, bar, chord, beat);
    }

    // A walk over the scale that starts on a note of the chord, so that it never sounds wrong for long.
    private void PlayMelody(Span<float> mix, int bar, int chord, int beat)
    {
        ulong random = unchecked((Seed * 0x9E3779B97F4A7C15UL) ^ ((ulong)(bar % 16) * 0xBF58476D1CE4E5B9UL));
        int degree = chord + 2;
        for (int step = 0; step < 8; step++)
        {
            // xorshift64 (Marsaglia 2003): no source of chance, so that the album is the same everywhere.
            random = unchecked(random ^ (random << 13));
            random ^= random >> 7;
            random = unchecked(random ^ (random << 17));
            if (random % 8 < 3)
            {
                continue;
            }

            degree = Math.Clamp(degree + ((int)(random >> 8 & 3) - 1), chord - 2, chord + 8);
            int frames = (random >> 16 & 1) == 0 ? beat / 2 : beat;
            Instrument.Bell.Play(mix, step * beat / 2, frames, Frequency(degree, 1), 0.2f, 0.7f + ((random >> 24 & 3) * 0.1f));
        }
    }

    private double Frequency(int degree, int octave)
    {
        int[] scale = Minor ? MinorScale : MajorScale;
        int wrapped = ((degree % 7) + 7) % 7;
        int note = RootNote + scale[wrapped] + (12 * (((degree - wrapped) / 7) + octave));
        return 440.0 * Math.Pow(2, (note - 69) / 12.0);
    }
}
