namespace Orleans.Core
{
    /// <summary>One stored record of a grain.</summary>
    public interface IStorage
    {
        /// <summary>The version of the record that <see cref="ReadStateAsync()"/> saw or the last write made; null when
        /// there is none.</summary>
        string? Etag { get; }

        /// <summary>Whether the record is stored.</summary>
        bool RecordExists { get; }

        /// <summary>Deletes the record and starts over with an empty state.</summary>
        /// <returns>A task that ends when this is durable.</returns>
        /// <exception cref="Storage.InconsistentStateException">Another wrote since it was read; nothing is
        /// deleted.</exception>
        Task ClearStateAsync();

        /// <summary>Stores the state. Idempotency is the grain's own task.</summary>
        /// <returns>A task that ends when this is durable.</returns>
        /// <exception cref="Storage.InconsistentStateException">Another wrote since it was read; nothing is
        /// written.</exception>
        Task WriteStateAsync();

        /// <summary>Loads the state again. The runtime does this once before OnActivateAsync.</summary>
        /// <returns>A task that ends when the state is replaced.</returns>
        Task ReadStateAsync();
    }

    /// <summary>One stored record of a grain, with its content.</summary>
    /// <typeparam name="TState">What is stored, as System.Text.Json writes it.</typeparam>
    public interface IStorage<TState> : IStorage
    {
        /// <summary>The content; a new <typeparamref name="TState"/> when nothing is stored.</summary>
        TState State { get; set; }
    }
}

namespace Orleans.Runtime
{
    /// <summary>A stored record that a grain's constructor asks for with
    /// <see cref="PersistentStateAttribute"/>.</summary>
    /// <typeparam name="TState">What is stored, as System.Text.Json writes it.</typeparam>
    public interface IPersistentState<TState> : Core.IStorage<TState>
    {
    }

    /// <summary>Asks for a stored record in a grain's constructor.</summary>
    /// <param name="stateName">The record's name: unique in its grain class, kept for ever.</param>
    /// <param name="storageName">The store's name; the embedded runtime has one store, whatever it is called.</param>
    [AttributeUsage(AttributeTargets.Parameter)]
    public sealed class PersistentStateAttribute(string stateName, string? storageName = null) : Attribute
    {
        /// <summary>The record's name.</summary>
        public string StateName => stateName;

        /// <summary>The store's name.</summary>
        public string? StorageName => storageName;
    }
}

namespace Orleans.Storage
{
    /// <summary>A write against a version of the record that is not the stored one.</summary>
    /// <remarks>When it leaves the grain's turn, the runtime ends the activation, so that the next call loads the
    /// record again.</remarks>
    public class InconsistentStateException : Runtime.OrleansException
    {
        /// <summary>A conflict between these two versions.</summary>
        /// <param name="errorMsg">What was being done.</param>
        /// <param name="storedEtag">The version in the store.</param>
        /// <param name="currentEtag">The version that the grain had.</param>
        public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag)
            : base($"{errorMsg} (stored version: {storedEtag ?? "none"}, expected: {currentEtag ?? "none"})")
        {
            StoredEtag = storedEtag;
            CurrentEtag = currentEtag;
        }

        /// <summary>The version in the store; null when nothing is stored.</summary>
        public string? StoredEtag { get; }

        /// <summary>The version that the grain had; null when it had none.</summary>
        public string? CurrentEtag { get; }

        /// <summary>True until an activation has ended because of it: a caller further up does not end, too.</summary>
        internal bool IsSourceActivation { get; set; } = true;
    }
}
