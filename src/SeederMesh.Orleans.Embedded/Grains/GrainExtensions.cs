using Orleans.Embedded;
using Orleans.Runtime;

namespace Orleans;

/// <summary>What a grain, or a reference to one, knows about itself.</summary>
public static class GrainExtensions
{
    /// <summary>The key of this grain.</summary>
    /// <param name="grain">A grain or a reference.</param>
    /// <returns>The key that <see cref="IGrainFactory.GetGrain{TGrainInterface}"/> was given.</returns>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static string GetPrimaryKeyString(this IAddressable grain) => Address(grain).Key;

    /// <summary>A reference to this grain, to hand to others: a grain must never hand out <c>this</c>.</summary>
    /// <typeparam name="TGrainInterface">An interface that the grain's class implements.</typeparam>
    /// <param name="grain">A grain or a reference.</param>
    /// <returns>The reference.</returns>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static TGrainInterface AsReference<TGrainInterface>(this IAddressable grain)
    {
        (GrainClass grainClass, string key) = Address(grain);
        return (TGrainInterface)GrainReference.Create(typeof(TGrainInterface), grainClass, key);
    }

    private static (GrainClass Class, string Key) Address(IAddressable grain) => grain switch
    {
        Grain local => (local.Activation.Class, local.Activation.Key),
        GrainReference reference => (reference.Class, reference.Key),
        _ => throw new ArgumentException("Neither a grain nor a reference to a grain.", nameof(grain)),
    };
}
