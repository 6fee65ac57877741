namespace SeederMesh.Sim.Accounting;

/// <summary>What the channels of a swarm came to, msat unless said.</summary>
internal sealed class ChannelTotals
{
    public long Channels { get; set; }

    public long Grants { get; set; }

    /// <summary>Receipts, one for each piece of each grant.</summary>
    public long Receipts { get; set; }

    /// <summary>Channels whose receipts were really signed, verified and settled by a payment channel.</summary>
    public long VerifiedChannels { get; set; }

    public long VerifiedReceipts { get; set; }

    public long Settled { get; set; }

    public long Creator { get; set; }

    public long Seeders { get; set; }

    public long Registry { get; set; }

    public long Hub { get; set; }

    /// <summary>Pieces served to somebody who promised receipts and did not sign.</summary>
    public long WithheldPieces { get; set; }

    /// <summary>Whether every msat that came in is somebody's.</summary>
    public bool Balances => Settled == Creator + Seeders + Registry + Hub;

    public void Add(ChannelTotals other)
    {
        Channels += other.Channels;
        Grants += other.Grants;
        Receipts += other.Receipts;
        VerifiedChannels += other.VerifiedChannels;
        VerifiedReceipts += other.VerifiedReceipts;
        Settled += other.Settled;
        Creator += other.Creator;
        Seeders += other.Seeders;
        Registry += other.Registry;
        Hub += other.Hub;
        WithheldPieces += other.WithheldPieces;
    }
}
