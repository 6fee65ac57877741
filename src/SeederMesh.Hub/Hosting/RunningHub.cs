using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using SeederMesh.Hub.Hosting;
using SeederMesh.Ledger;
using SeederMesh.Lightning;
using SeederMesh.Lightning.Embedded;

namespace SeederMesh.Hub;

/// <summary>A hub that runs. Disposing stops it gracefully: no new requests, what is under way finishes, then its files
/// close.</summary>
public sealed class RunningHub : IAsyncDisposable
{
    private readonly WebApplication application;
    private readonly IReadOnlyList<object> resources;
    private int disposed;

    private readonly HubNode node;

    internal RunningHub(WebApplication application, Uri address, LedgerStore ledger, HubNode node, IReadOnlyList<object> resources)
    {
        this.application = application;
        this.resources = resources;
        Address = address;
        Ledger = ledger;
        this.node = node;
    }

    /// <summary>Where it listens, with the real port.</summary>
    public Uri Address { get; }

    /// <summary>Its books. Reading them is safe at any time.</summary>
    public LedgerStore Ledger { get; }

    /// <summary>The node that its money moves on, as of the start.</summary>
    public NodeInfo Node => node.Info;

    /// <summary>Its play-money Lightning network.</summary>
    /// <exception cref="InvalidOperationException">It runs on a node of the operator's.</exception>
    public EmbeddedNetwork Network =>
        node.Embedded ?? throw new InvalidOperationException("This hub runs on a node of its operator's, not on play money.");

    internal IServiceProvider Services => application.Services;

    /// <summary>Completes when the hub has stopped, by a signal or by <see cref="StopAsync"/>.</summary>
    public async Task WaitForShutdownAsync(CancellationToken cancellation = default)
    {
        await application.WaitForShutdownAsync(cancellation);
        await DisposeAsync();
    }

    /// <summary>Stops it gracefully.</summary>
    public Task StopAsync() => DisposeAsync().AsTask();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            await application.StopAsync();
            await application.DisposeAsync();

            // Last opened, first closed: the databases outlive everybody who writes to them.
            for (int index = resources.Count - 1; index >= 0; index--)
            {
                await DisposeAsync(resources[index]);
            }
        }
    }

    internal static async ValueTask DisposeAsync(object resource)
    {
        if (resource is IAsyncDisposable asynchronous)
        {
            await asynchronous.DisposeAsync();
        }
        else
        {
            ((IDisposable)resource).Dispose();
        }
    }
}
