using System.Runtime.CompilerServices;

namespace SeederMesh.Sim.Randomness;

/// <summary>Random numbers that depend on nothing but (seed, run, entity, stream, counter).</summary>
/// <remarks>
/// Squares (Widynski, 2020, arXiv 2004.06278) over a key mixed by SplitMix64's finalizer. A draw never disturbs
/// another entity's or another stream's numbers, so an observer or an attack added to a scenario leaves everybody
/// else's luck as it was.
/// </remarks>
internal struct CounterRandom
{
    private readonly ulong key;
    private ulong counter;

    public CounterRandom(ulong seed, uint run, ulong entity, RandomStream stream, ulong counter = 0)
    {
        unchecked
        {
            ulong mixed = Mix(seed + 0x9E3779B97F4A7C15UL);
            mixed = Mix(mixed ^ (((ulong)run << 32) | (uint)stream));
            key = Mix(mixed ^ (entity * 0xD1342543DE82EF95UL)) | 1;
        }

        this.counter = counter;
    }

    /// <summary>The next 64 random bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Next64()
    {
        unchecked
        {
            ulong x = counter++ * key;
            ulong y = x;
            ulong z = y + key;
            x = (x * x) + y;
            x = (x >> 32) | (x << 32);
            x = (x * x) + z;
            x = (x >> 32) | (x << 32);
            x = (x * x) + y;
            x = (x >> 32) | (x << 32);
            ulong t = x = (x * x) + z;
            x = (x >> 32) | (x << 32);
            return t ^ (((x * x) + y) >> 32);
        }
    }

    /// <summary>Uniform in 0 to <paramref name="bound"/> - 1; the bias is below bound / 2^64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Below(int bound) => (int)(((UInt128)Next64() * (uint)bound) >> 64);

    /// <summary>Uniform in [0, 1).</summary>
    public double Uniform() => (Next64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Exponential with that mean.</summary>
    public double Exponential(double mean) => -mean * Math.Log(1.0 - Uniform());

    /// <summary>Standard normal (Box-Muller).</summary>
    public double Normal() => Math.Sqrt(-2.0 * Math.Log(1.0 - Uniform())) * Math.Cos(2.0 * Math.PI * Uniform());

    /// <summary>SplitMix64's finalizer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
    }
}

/// <summary>What the numbers are for. Values are part of every result's identity: they are never reused.</summary>
internal enum RandomStream
{
    Arrival = 1,
    Capacity = 2,
    Torrent = 3,
    Links = 4,
    Pieces = 5,
    Life = 6,
    Choke = 7,
    Markov = 8,
    Attack = 9,
    Sampling = 10,
    Behaviour = 11,
    Transfer = 12,
}
