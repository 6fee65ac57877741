using System.Diagnostics;

namespace SeederMesh.Sim.Commands;

/// <summary>A line on standard error: share done, time gone, time left.</summary>
internal sealed class ProgressLine(string name, bool shown) : IDisposable
{
    private const int BarCells = 24;
    private readonly Stopwatch elapsed = Stopwatch.StartNew();
    private long lastMs = -1000;

    public void Show(double share)
    {
        if (!shown || Console.IsErrorRedirected || (elapsed.ElapsedMilliseconds - lastMs < 100 && share < 1))
        {
            return;
        }

        lastMs = elapsed.ElapsedMilliseconds;
        double left = share > 0 ? elapsed.Elapsed.TotalSeconds * (1 - share) / share : 0;
        int cells = (int)(share * BarCells);
        Console.Error.Write(
            $"\r{name} [{new string('#', cells)}{new string('.', BarCells - cells)}] {share,4:P0} "
            + $"{elapsed.Elapsed.TotalSeconds:0} s, {left:0} s left   ");
    }

    public void Dispose()
    {
        if (shown && !Console.IsErrorRedirected)
        {
            Console.Error.WriteLine();
        }
    }
}
