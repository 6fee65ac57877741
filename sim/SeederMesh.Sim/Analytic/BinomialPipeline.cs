using SeederMesh.Core;

namespace SeederMesh.Sim.Analytic;

/// <summary>An oracle's schedule that meets the makespan's floor: the binomial pipeline on a hypercube (Ganesan and
/// Seshadri, ICDCS 2005).</summary>
/// <remarks>
/// Corner 0 is the server; every other corner is one peer, or two that act as one. In round t all corners exchange
/// along dimension t mod k: the server sends part t (the last one again at the end), others the newest part that their
/// partner lacks. Of a pair, the one that has the part uploads it; meanwhile the other gives it what it lacks, and
/// takes what comes in, so that neither is ever more than one part behind; one more round evens them out. Every node
/// uploads at most one part and downloads at most one part a round, which is checked.
/// </remarks>
internal sealed class BinomialPipeline
{
    private readonly int parts;
    private readonly int dimensions;

    /// <summary>Parts by corner and by node of the corner: the second is null where there is one.</summary>
    private readonly (bool[] First, bool[]? Second)[] corners;

    public BinomialPipeline(int peers, int parts)
    {
        this.parts = parts;
        dimensions = int.Log2(peers + 1);
        corners = new (bool[], bool[]?)[1 << dimensions];
        int doubled = peers - (corners.Length - 1);
        for (int corner = 0; corner < corners.Length; corner++)
        {
            corners[corner] = (new bool[parts], corner > 0 && corner <= doubled ? new bool[parts] : null);
        }

        Array.Fill(corners[0].First, value: true);
    }

    /// <summary>Rounds of one part per uplink until everybody has everything.</summary>
    public int Rounds()
    {
        for (int round = 0; ; round++)
        {
            if (Array.TrueForAll(corners, corner => Array.TrueForAll(corner.First, part => part)
                && (corner.Second is null || Array.TrueForAll(corner.Second, part => part))))
            {
                return round;
            }

            Play(round);
        }
    }

    private void Play(int round)
    {
        var sends = new int[corners.Length];
        for (int corner = 0; corner < corners.Length; corner++)
        {
            sends[corner] = PartFor(corner, Partner(corner, round), round);
        }

        var next = new List<(bool[] To, int Part)>();
        for (int corner = 0; corner < corners.Length; corner++)
        {
            Exchange(corner, sends[corner], sends[Partner(corner, round)], next);
        }

        // All transfers of a round start from what was there before it; nobody takes more than one part.
        Invariant.Require(next.Select(transfer => transfer.To).Distinct().Count() == next.Count, "one download a node and round");
        foreach ((bool[] to, int part) in next)
        {
            to[part] = true;
        }
    }

    private int Partner(int corner, int round) => dimensions == 0 ? corner : corner ^ (1 << (round % dimensions));

    /// <summary>The newest part that a corner has and its partner lacks; -1 when there is none.</summary>
    private int PartFor(int corner, int partner, int round)
    {
        for (int part = corner == 0 ? Math.Min(round, parts - 1) : parts - 1; part >= 0; part--)
        {
            if (Has(corner, part) && !Has(partner, part))
            {
                return part;
            }
        }

        return -1;
    }

    private bool Has(int corner, int part) => corners[corner].First[part] || (corners[corner].Second?[part] ?? false);

    /// <summary>Who uploads, who downloads, and what the two nodes of a corner give each other.</summary>
    private void Exchange(int corner, int outgoing, int incoming, List<(bool[] To, int Part)> next)
    {
        (bool[] first, bool[]? second) = corners[corner];
        if (second is null)
        {
            if (incoming >= 0)
            {
                next.Add((first, incoming));
            }

            return;
        }

        // The one that uploads is given what it lacks by the other, and the other takes what comes in.
        bool[] uploader = outgoing < 0 ? (Lacks(first, second) >= 0 ? first : second) : first[outgoing] ? first : second;
        bool[] other = ReferenceEquals(uploader, first) ? second : first;
        if (Lacks(uploader, other) is >= 0 and int missing)
        {
            next.Add((uploader, missing));
        }

        if (incoming >= 0)
        {
            next.Add((other, incoming));
        }
        else if (outgoing < 0 && Lacks(other, uploader) is >= 0 and int behind)
        {
            // Both uplinks are free: they swap.
            next.Add((other, behind));
        }
    }

    /// <summary>A part that one lacks and the other has; -1 when there is none.</summary>
    private static int Lacks(bool[] one, bool[] other)
    {
        for (int part = 0; part < one.Length; part++)
        {
            if (!one[part] && other[part])
            {
                return part;
            }
        }

        return -1;
    }
}
