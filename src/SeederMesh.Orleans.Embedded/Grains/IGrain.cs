using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>Anything that a grain call can be addressed to: a grain, or a reference to one.</summary>
    public interface IAddressable
    {
    }
}

namespace Orleans
{
    /// <summary>The root of all grain interfaces.</summary>
    public interface IGrain : IAddressable
    {
    }

    /// <summary>A grain interface whose grains are named by a string, the only kind of key that this project
    /// uses.</summary>
    public interface IGrainWithStringKey : IGrain
    {
    }

    /// <summary>What the runtime calls on a grain when it comes and goes.</summary>
    public interface IGrainBase
    {
        /// <summary>Runs after the grain's state is loaded and before its first call.</summary>
        /// <param name="token">Cancelled when the activation takes too long.</param>
        /// <returns>A task; when it fails, every waiting call fails with its exception.</returns>
        Task OnActivateAsync(CancellationToken token) => Task.CompletedTask;

        /// <summary>Runs after the grain's last call.</summary>
        /// <param name="reason">Why the grain goes.</param>
        /// <param name="token">Cancelled when the deactivation takes too long.</param>
        /// <returns>A task; its failure is logged and changes nothing.</returns>
        Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => Task.CompletedTask;
    }

    /// <summary>Makes references to grains. A reference is cheap, never fails, and may outlive the
    /// activation.</summary>
    public interface IGrainFactory
    {
        /// <summary>A reference to the grain of this interface and key; the grain starts at its first call.</summary>
        /// <typeparam name="TGrainInterface">The grain's interface; exactly one class implements it.</typeparam>
        /// <param name="primaryKey">The key: any non-empty string.</param>
        /// <param name="grainClassNamePrefix">Must be null: the embedded runtime wants one class an interface.</param>
        /// <returns>The reference.</returns>
        /// <exception cref="ArgumentException">No class, or more than one, implements the interface.</exception>
        /// <exception cref="Serialization.CodecNotFoundException">A type in a signature could not cross a grain
        /// call.</exception>
        TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithStringKey;
    }
}
