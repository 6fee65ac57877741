namespace SeederMesh.Client;

/// <summary>What peers that do not pay may have while others pay.</summary>
/// <remarks>
/// While nobody pays they are ordinary BitTorrent peers without a limit. While somebody pays, all of them together get
/// <paramref name="percent"/> of what is uploaded, at least <see cref="FloorBytesPerSecond"/>. 0 gives them nothing
/// ever, 100 sets no
/// limit ever.
/// </remarks>
internal sealed class UnpaidShare(int percent)
{
    /// <summary>Enough to stay in touch and fetch a few pieces.</summary>
    public const long FloorBytesPerSecond = 64 * 1024;

    /// <summary>A peer saves up no more than this.</summary>
    private const long SavedMax = 4 << 20;

    /// <summary>Divides the share since the last call.</summary>
    /// <param name="unpaid">The peers that do not pay.</param>
    /// <param name="paidBytes">Bytes that paying peers were sent since the last call.</param>
    /// <param name="somebodyPays">Whether any peer pays now.</param>
    /// <param name="milliseconds">Time since the last call.</param>
    public void Divide(IReadOnlyCollection<SeederConnection> unpaid, long paidBytes, bool somebodyPays, long milliseconds)
    {
        if (percent == 0)
        {
            return;
        }

        if (percent == 100 || !somebodyPays)
        {
            foreach (SeederConnection connection in unpaid)
            {
                connection.UnpaidBytes = long.MaxValue;
            }

            return;
        }

        long together = Math.Max(FloorBytesPerSecond * milliseconds / 1000, (long)((Int128)paidBytes * percent / (100 - percent)));
        foreach (SeederConnection connection in unpaid)
        {
            long used = connection.UnpaidBytes == long.MaxValue
                ? connection.UploadedBytes
                : Math.Max(connection.UnpaidBytes, connection.UploadedBytes - SavedMax);
            connection.UnpaidBytes = Math.Min(used + (together / unpaid.Count), connection.UploadedBytes + SavedMax);
        }
    }
}
