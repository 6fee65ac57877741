namespace SeederMesh.Sim.Swarms;

/// <summary>What strategic clients believe of each link; only swarms that have some hold these arrays.</summary>
/// <remarks>Indexed like <see cref="SwarmState.Neighbour"/>: by the strategic peer's own end of a link.</remarks>
internal sealed class StrategicLinks(int links)
{
    /// <summary>u_p: what has to be uploaded to the neighbour so that it reciprocates, bytes a second.</summary>
    public int[] Needed { get; } = new int[links];

    /// <summary>d_p: what the neighbour gives when it unchokes, bytes a second.</summary>
    public int[] Expected { get; } = new int[links];

    /// <summary>Rounds in a row in which it reciprocated.</summary>
    public byte[] Rounds { get; } = new byte[links];

    /// <summary>Pieces that came over the link since the last round.</summary>
    public ushort[] Pieces { get; } = new ushort[links];

    /// <summary>Bytes that one link takes.</summary>
    public const int BytesPerLink = (2 * sizeof(int)) + 1 + sizeof(ushort);

    public void Move(int from, int to)
    {
        Needed[to] = Needed[from];
        Expected[to] = Expected[from];
        Rounds[to] = Rounds[from];
        Pieces[to] = Pieces[from];
    }
}
