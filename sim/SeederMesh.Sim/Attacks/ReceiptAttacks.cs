using SeederMesh.Core.Exchange;

namespace SeederMesh.Sim.Attacks;

/// <summary>Attacks on what is received, signed and reported.</summary>
internal static class ReceiptAttacks
{
    /// <summary>The attacker takes what k seeders upload before they stop, and signs nothing.</summary>
    public static void Withholding(Economy economy, bool defended)
    {
        int seeders = economy.Count("seeders");
        ExposurePolicy exposure = economy.Scenario.Mechanism.Exposure;
        double taken = 0;
        for (int seeder = 0; seeder < seeders; seeder++)
        {
            double price = economy.Price.Of(ServedUnsigned(economy, defended)).Value;
            economy.Credit($"seeder-{seeder}", -price);
            taken += price;
        }

        economy.Credit(Economy.Attacker, taken);
        economy.Bound = seeders * (double)economy.Price.Of(exposure.WindowAfter(0, 0)).Value;
    }

    /// <summary>Bytes that a seeder serves, piece by piece, to somebody who never signs: until its window is full, or
    /// all there is.</summary>
    /// <remarks>Without the ramp a window is as wide at once as it ever gets.</remarks>
    public static long ServedUnsigned(Economy economy, bool defended)
    {
        ExposurePolicy exposure = economy.Scenario.Mechanism.Exposure;
        bool bounded = defended && economy.Defences.Window;
        long window = exposure.WindowAfter(0, 0);
        if (!economy.Defences.Ramp)
        {
            window = exposure.WindowAfter(receipts: 64, receiptedBytes: 0);
        }

        long bytes = 0;
        while (bytes < (long)Economy.Pieces * Economy.PieceLength
            && (!bounded || bytes + Economy.PieceLength <= window))
        {
            bytes += Economy.PieceLength;
        }

        return bytes;
    }

    /// <summary>Rubbish fails its hash check: who pays on arrival pays for nothing, who pays after it signs
    /// nothing.</summary>
    public static void CorruptPieces(Economy economy, bool defended)
    {
        int pieces = economy.Count("pieces");
        bool afterHash = defended && economy.Defences.PayAfterHash;
        string?[] paidFor = new string?[Economy.Pieces];
        for (int piece = 0; !afterHash && piece < pieces; piece++)
        {
            paidFor[piece] = $"{Economy.Attacker}-corrupt";
        }

        double before = economy.BalanceOf(name => name == "downloader-victim");
        economy.Trade("downloader-victim", paidFor);
        // What it paid for is worth nothing to it.
        double value = economy.BalanceOf(name => name == "downloader-victim") - before;
        economy.Credit("downloader-victim", -value - (paidFor.Count(source => source is not null) * economy.PieceMsat));
        economy.Bound = 0;
    }

    /// <summary>Everything is reported ten times in a shuffled order, through the real channel.</summary>
    public static void Replay(Economy economy, bool defended)
    {
        int copies = economy.Count("copies");
        string?[] sources = [.. Enumerable.Repeat<string?>($"{Economy.Attacker}-replay", Economy.Pieces)];
        double before = economy.BalanceOf(Economy.IsAttacker);
        economy.Trade("downloader-replay", sources, copies, naiveHub: !(defended && economy.Defences.Deduplicate));
        double earned = economy.BalanceOf(Economy.IsAttacker) - before;
        // Serving that downloader once is honest work that pays everybody: only what comes on top is the attack's.
        long price = economy.Price.Of((long)Economy.Pieces * Economy.PieceLength).Value;
        double honest = Math.Round((double)price * economy.Scenario.Mechanism.Split.Seeders / 10_000);
        economy.Credit(Economy.Attacker, -honest);
        economy.Credit("creator", -(double)price * economy.Scenario.Mechanism.Split.Creator / 10_000);
        economy.Credit("registry", -(double)price * economy.Scenario.Mechanism.Split.Registry / 10_000);
        economy.Credit("hub", -(double)price * economy.Scenario.Mechanism.Split.Hub / 10_000);
        economy.Bound = 0;
        // The closing's largest remainder decides about one msat, replayed or not.
        economy.Slack = 1;
        Core.Invariant.Require(earned >= honest - 1, "honest work is paid whatever is replayed");
    }

    /// <summary>The same content in pieces of a full length and in tiny ones, both through a real channel.</summary>
    public static void TinyPieces(Economy economy, bool defended)
    {
        int tiny = economy.Count("piece-bytes");
        long usual = economy.SettleContent(Economy.PieceLength);
        bool perByte = defended && economy.Defences.PerByte;
        double pieces = (double)Economy.Pieces * Economy.PieceLength / tiny;
        double settled = perByte ? economy.SettleContent(tiny) : pieces * economy.PieceMsat;
        double share = economy.Scenario.Mechanism.Split.Seeders / 10_000.0;
        economy.Credit(Economy.Attacker, (settled - usual) * share);
        economy.Credit("downloader-0", (usual - settled) * share);
        economy.Bound = 0;
    }
}
