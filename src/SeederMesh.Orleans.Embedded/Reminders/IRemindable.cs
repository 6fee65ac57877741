namespace Orleans
{
    /// <summary>A grain that reminders wake.</summary>
    public interface IRemindable : IGrain
    {
        /// <summary>One tick of a reminder, as an ordinary call.</summary>
        /// <param name="reminderName">Which reminder.</param>
        /// <param name="status">When it ticks.</param>
        /// <returns>A task; its failure is logged, and the reminder goes on.</returns>
        Task ReceiveReminder(string reminderName, Runtime.TickStatus status);
    }
}

namespace Orleans.Runtime
{
    /// <summary>A reminder: it wakes its grain until it is unregistered, across restarts.</summary>
    public interface IGrainReminder
    {
        /// <summary>The name: unique in its grain.</summary>
        string ReminderName { get; }
    }

    /// <summary>When a reminder ticks.</summary>
    [GenerateSerializer, Immutable]
    public readonly struct TickStatus
    {
        /// <summary>A tick at these times, for tests.</summary>
        /// <param name="firstTickTime">See <see cref="FirstTickTime"/>.</param>
        /// <param name="period">See <see cref="Period"/>.</param>
        /// <param name="timeStamp">See <see cref="CurrentTickTime"/>.</param>
        public TickStatus(DateTime firstTickTime, TimeSpan period, DateTime timeStamp)
        {
            FirstTickTime = firstTickTime;
            Period = period;
            CurrentTickTime = timeStamp;
        }

        /// <summary>The reminder's first tick, UTC; every later one is a multiple of <see cref="Period"/> after
        /// it.</summary>
        [Id(0)]
        public DateTime FirstTickTime { get; }

        /// <summary>The time between ticks.</summary>
        [Id(1)]
        public TimeSpan Period { get; }

        /// <summary>When this tick was sent, UTC.</summary>
        [Id(2)]
        public DateTime CurrentTickTime { get; }
    }
}
