using Orleans.Embedded;
using Orleans.Runtime;

namespace Orleans;

/// <summary>Reminders of a grain: durable, at least one minute apart, and independent of its activation.</summary>
public static class GrainReminderExtensions
{
    /// <summary>Sets a reminder, in place of an earlier one of that name. Durable when the task ends.</summary>
    /// <param name="grain">The grain; it is <see cref="IRemindable"/>.</param>
    /// <param name="reminderName">The name: unique in its grain.</param>
    /// <param name="dueTime">The time to the first tick, not negative.</param>
    /// <param name="period">The time between ticks, at least one minute.</param>
    /// <returns>The reminder.</returns>
    /// <exception cref="ArgumentException">A name is missing or the period too short.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A time is negative or infinite.</exception>
    /// <exception cref="InvalidOperationException">The grain is not <see cref="IRemindable"/>.</exception>
    public static Task<IGrainReminder> RegisterOrUpdateReminder(
        this Grain grain, string reminderName, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reminderName);
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(period, TimeSpan.Zero);
        if (period < ReminderService.PeriodMin)
        {
            throw new ArgumentException(
                $"The period of reminder {reminderName} is {period}, less than {ReminderService.PeriodMin}.", nameof(period));
        }

        Activation activation = grain.Activation;
        return grain is IRemindable
            ? activation.Silo.Reminders.RegisterAsync(activation.Class, activation.Key, reminderName, dueTime, period)
            : throw new InvalidOperationException($"Grain {activation} is not {nameof(IRemindable)}.");
    }

    /// <summary>Ends a reminder; none of that name is no error. Durable when the task ends.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="reminder">The reminder.</param>
    /// <returns>A task.</returns>
    public static Task UnregisterReminder(this Grain grain, IGrainReminder reminder)
    {
        Activation activation = grain.Activation;
        return activation.Silo.Reminders.UnregisterAsync(activation.Class, activation.Key, reminder.ReminderName);
    }

    /// <summary>The grain's reminder of this name.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="reminderName">The name.</param>
    /// <returns>The reminder, or null.</returns>
    public static Task<IGrainReminder?> GetReminder(this Grain grain, string reminderName)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reminderName);
        Activation activation = grain.Activation;
        return Task.FromResult<IGrainReminder?>(
            activation.Silo.Reminders.Find(activation.Class, activation.Key, reminderName));
    }
}
