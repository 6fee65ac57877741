namespace Orleans.Concurrency
{
    /// <summary>Every call of this grain may start while others wait at an await. Say at each await what still
    /// holds.</summary>
    [AttributeUsage(AttributeTargets.Class)]
    public sealed class ReentrantAttribute : Attribute
    {
    }

    /// <summary>This method may start while other calls of the grain wait at an await.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class AlwaysInterleaveAttribute : Attribute
    {
    }

    /// <summary>This method changes nothing, and may start while other such methods of the grain wait at an
    /// await.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class ReadOnlyAttribute : Attribute
    {
    }
}

namespace Orleans
{
    /// <summary>Names a grain class where it is stored, in place of its class name without "Grain".</summary>
    /// <param name="grainType">The name: keep it for ever, stored state and reminders are found by it.</param>
    [AttributeUsage(AttributeTargets.Class, Inherited = false)]
    public sealed class GrainTypeAttribute(string grainType) : Attribute
    {
        /// <summary>The name.</summary>
        public string GrainType => grainType;
    }
}
