using System.Globalization;
using System.Text;

namespace SeederMesh.Cli.Album;

/// <summary>Makes the album that the demo publishes: music, cover and booklet that belong to nobody else.</summary>
/// <remarks>Deterministic: the same size gives the same bytes. 20 MB take well under a second on two cores.</remarks>
internal static class AlbumGenerator
{
    /// <summary>Name of the album's folder.</summary>
    public const string Title = "Loopback Ensemble - Play Money";

    /// <summary>Size when nobody says otherwise, in bytes.</summary>
    public const long DefaultBytes = 20_000_000;

    /// <summary>The smallest and the largest album, in bytes.</summary>
    public const long BytesMin = 1_000_000;

    /// <summary>The largest album, in bytes.</summary>
    public const long BytesMax = 16L << 30;

    /// <summary>Writes the album into a new folder below <paramref name="parent"/>.</summary>
    /// <param name="parent">A folder that exists.</param>
    /// <param name="bytes">About how large it is, <see cref="BytesMin"/> to <see cref="BytesMax"/>.</param>
    /// <returns>The album's folder.</returns>
    public static string Create(string parent, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, BytesMin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, BytesMax);
        string folder = Path.Combine(parent, Title);
        Directory.CreateDirectory(folder);
        int count = (int)Math.Clamp(bytes / 3_000_000, 3, Score.Tracks.Count);
        IReadOnlyList<Score> tracks = [.. Score.Tracks.Take(count)];
        Parallel.For(0, count, index =>
        {
            // Tracks differ in length by up to a fifth; together they keep the size asked for.
            long share = bytes / count * (100 + (index % 2 == 0 ? 10 : -10)) / 100;
            WavTrack.Write(Path.Combine(folder, FileName(index, tracks[index])), tracks[index], share);
        });
        CoverArt.Write(Path.Combine(folder, "cover.png"));
        File.WriteAllText(Path.Combine(folder, "booklet.txt"), Booklet(tracks), new UTF8Encoding(false));
        return folder;
    }

    private static string FileName(int index, Score score) =>
        string.Create(CultureInfo.InvariantCulture, $"{index + 1:D2} {score.Title}.wav");

    private static string Booklet(IReadOnlyList<Score> tracks)
    {
        var text = new StringBuilder();
        text.Append("PLAY MONEY\nby the Loopback Ensemble\n\n");
        for (int index = 0; index < tracks.Count; index++)
        {
            Score score = tracks[index];
            text.Append(
                CultureInfo.InvariantCulture,
                $"{index + 1,2}  {score.Title,-20} {score.BeatsPerMinute} bpm, {(score.Minor ? "minor" : "major")}\n");
        }

        text.Append(
            """

            All sounds and the cover were made by a program, from sine waves and arithmetic.
            Licence: Creative Commons Attribution 4.0. Share it; name the ensemble; pay whom you like.

            Each piece of this album that reached you was paid for with a receipt,
            and the money never existed. The accounting did.

            """);
        return text.ToString();
    }
}
