using SeederMesh.Core.Identity;
using SeederMesh.Grains.Tests.Payouts;
using SeederMesh.Lightning;

namespace SeederMesh.Benchmarks.Lightning;

/// <summary>A node that makes so many payments at once and takes so long for each, as the nodes of today do.</summary>
internal sealed class SlowNode(ILightningNode inner, int atOnce, TimeSpan each) : PassingNode(inner)
{
    private readonly SemaphoreSlim places = new(atOnce);

    public override Task<Payment> PayAsync(PayRequest request, CancellationToken cancellation = default) =>
        SlowlyAsync(() => Inner.PayAsync(request, cancellation));

    public override Task<Payment> KeysendAsync(KeysendRequest request, CancellationToken cancellation = default) =>
        SlowlyAsync(() => Inner.KeysendAsync(request, cancellation));

    public override async ValueTask DisposeAsync()
    {
        places.Dispose();
        await Inner.DisposeAsync();
        await base.DisposeAsync();
    }

    private async Task<Payment> SlowlyAsync(Func<Task<Payment>> pay)
    {
        await places.WaitAsync();
        try
        {
            await Task.Delay(each);
            return await pay();
        }
        finally
        {
            places.Release();
        }
    }
}
