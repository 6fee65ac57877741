namespace SeederMesh.Cli.Album;

/// <summary>How a note sounds: which overtones it has and how it swells and fades.</summary>
/// <param name="Overtones">Strength of the fundamental and each overtone, the fundamental first.</param>
/// <param name="AttackSeconds">Time to full loudness.</param>
/// <param name="DecaySeconds">Time constant with which it fades while it is held.</param>
/// <param name="ReleaseSeconds">Time to silence after it ends.</param>
/// <param name="Gain">Loudness, 0 to 1.</param>
/// <param name="Detune">How far a second voice is off, as a share of the frequency; 0 for one voice.</param>
internal sealed record Instrument(
    float[] Overtones, float AttackSeconds, float DecaySeconds, float ReleaseSeconds, float Gain, float Detune = 0)
{
    private const int TableSize = 2048;

    private readonly float[] table = MakeTable(Overtones);

    /// <summary>Slow chords in the background.</summary>
    public static Instrument Pad { get; } = new([1f, 0.5f, 0.33f, 0.2f, 0.1f, 0.06f], 0.35f, 6f, 0.7f, 0.10f, 0.0035f);

    /// <summary>One low note a beat.</summary>
    public static Instrument Bass { get; } = new([1f, 0.4f, 0.12f], 0.012f, 0.7f, 0.08f, 0.30f);

    /// <summary>The melody.</summary>
    public static Instrument Bell { get; } = new([1f, 0f, 0.35f, 0f, 0.12f, 0f, 0.05f], 0.004f, 0.45f, 0.25f, 0.20f, 0.0012f);

    /// <summary>Broken chords.</summary>
    public static Instrument Pluck { get; } = new([1f, 0.6f, 0.4f, 0.25f, 0.15f, 0.1f, 0.05f], 0.003f, 0.16f, 0.05f, 0.12f);

    /// <summary>Adds one note to a stereo mix.</summary>
    /// <param name="mix">Left and right samples in turn.</param>
    /// <param name="start">First frame.</param>
    /// <param name="frames">Frames for which it is held.</param>
    /// <param name="frequency">In hertz.</param>
    /// <param name="pan">From -1, left, to 1, right.</param>
    /// <param name="loudness">From 0 to 1.</param>
    public void Play(Span<float> mix, int start, int frames, double frequency, float pan, float loudness)
    {
        float left = Gain * loudness * MathF.Min(1f, 1f - pan);
        float right = Gain * loudness * MathF.Min(1f, 1f + pan);
        AddVoice(mix, start, frames, frequency, left, right);
        if (Detune > 0)
        {
            // The second voice leans to the other side, which makes the sound wide.
            AddVoice(mix, start, frames, frequency * (1 + Detune), right * 0.8f, left * 0.8f);
        }
    }

    private void AddVoice(Span<float> mix, int start, int frames, double frequency, float left, float right)
    {
        const int Rate = AlbumFormat.SampleRate;
        int attack = Math.Max(1, (int)(AttackSeconds * Rate));
        int release = Math.Max(1, (int)(ReleaseSeconds * Rate));
        int end = Math.Min(frames + release, (mix.Length / 2) - start);
        double step = frequency * TableSize / Rate;
        double phase = 0;
        float fade = MathF.Exp(-1f / (DecaySeconds * Rate));
        float level = 1f;
        for (int frame = 0; frame < end; frame++)
        {
            float envelope = level * (frame < attack ? (float)frame / attack : 1f);
            if (frame > frames)
            {
                envelope *= 1f - ((float)(frame - frames) / release);
            }

            float sample = table[(int)phase & (TableSize - 1)] * envelope;
            mix[2 * (start + frame)] += sample * left;
            mix[(2 * (start + frame)) + 1] += sample * right;
            phase += step;
            level *= fade;
        }
    }

    private static float[] MakeTable(float[] overtones)
    {
        float[] wave = new float[TableSize];
        for (int index = 0; index < TableSize; index++)
        {
            for (int overtone = 0; overtone < overtones.Length; overtone++)
            {
                wave[index] += overtones[overtone] * MathF.Sin(2 * MathF.PI * index * (overtone + 1) / TableSize);
            }
        }

        float peak = wave.Max(MathF.Abs);
        return Array.ConvertAll(wave, sample => sample / peak);
    }
}
