namespace SeederMesh.Cli.Album;

/// <summary>The audio format of the album: what a CD has.</summary>
internal static class AlbumFormat
{
    /// <summary>Frames a second.</summary>
    public const int SampleRate = 44_100;

    /// <summary>Bytes of a frame: two channels of 16 bits.</summary>
    public const int FrameBytes = 4;
}
