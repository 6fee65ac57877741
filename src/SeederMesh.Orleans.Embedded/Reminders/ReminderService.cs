using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Orleans.Embedded;

/// <summary>A stored reminder.</summary>
/// <param name="Key">Its grain and name.</param>
/// <param name="First">Its first tick, UTC, in whole milliseconds.</param>
/// <param name="Period">The time between ticks.</param>
internal sealed record Reminder(RecordKey Key, DateTime First, TimeSpan Period) : IGrainReminder
{
    public string ReminderName => Key.Name;

    /// <summary>The first tick after this time. Ticks that nobody was there for are not made up for.</summary>
    internal DateTime NextAfter(DateTime now) =>
        now < First ? First : First + (Period * (((now - First).Ticks / Period.Ticks) + 1));
}

/// <summary>Wakes grains when their reminders are due. All reminders are in memory, and in the database
/// first.</summary>
internal sealed class ReminderService(Silo silo) : IDisposable
{
    internal static readonly TimeSpan PeriodMin = TimeSpan.FromMinutes(1);

    // A timer far out would not fit System.Threading.Timer; looking once an hour costs nothing.
    private static readonly TimeSpan WaitMax = TimeSpan.FromHours(1);
    private static readonly GrainMethod Receive =
        GrainInterface.For(typeof(IRemindable)).Find(typeof(IRemindable).GetMethod(nameof(IRemindable.ReceiveReminder))!);

    private readonly ConcurrentDictionary<RecordKey, Reminder> reminders = new();
    private readonly Lock gate = new();
    private readonly PriorityQueue<Reminder, DateTime> due = new();
    private GrainTypes? types;
    private ITimer? timer;
    private bool stopped;

    private DateTime Now => silo.Time.GetUtcNow().UtcDateTime;

    internal async Task StartAsync(GrainTypes types)
    {
        this.types = types;
        stopped = false;
        timer = silo.Time.CreateTimer(_ => SendDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        foreach (Reminder reminder in await silo.Database.ReadRemindersAsync())
        {
            reminders[reminder.Key] = reminder;
            Plan(reminder, reminder.NextAfter(Now));
        }
    }

    internal async Task<IGrainReminder> RegisterAsync(
        GrainClass grainClass, string key, string name, TimeSpan dueTime, TimeSpan period)
    {
        long first = silo.Time.GetUtcNow().ToUnixTimeMilliseconds() + (long)dueTime.TotalMilliseconds;
        Reminder reminder = new(
            new(grainClass.Name, key, name),
            DateTimeOffset.FromUnixTimeMilliseconds(first).UtcDateTime,
            TimeSpan.FromMilliseconds((long)period.TotalMilliseconds));
        await silo.Database.WriteReminderAsync(reminder);
        reminders[reminder.Key] = reminder;
        Plan(reminder, reminder.First);
        return reminder;
    }

    internal async Task UnregisterAsync(GrainClass grainClass, string key, string name)
    {
        RecordKey record = new(grainClass.Name, key, name);
        await silo.Database.DeleteReminderAsync(record);
        reminders.TryRemove(record, out _);
    }

    internal Reminder? Find(GrainClass grainClass, string key, string name) =>
        reminders.GetValueOrDefault(new(grainClass.Name, key, name));

    public void Dispose()
    {
        lock (gate)
        {
            stopped = true;
            timer?.Dispose();
            due.Clear();
            reminders.Clear();
        }
    }

    private void Plan(Reminder reminder, DateTime at)
    {
        lock (gate)
        {
            if (!stopped)
            {
                due.Enqueue(reminder, at);
                SetTimer();
            }
        }
    }

    private void SetTimer()
    {
        if (due.TryPeek(out _, out DateTime next))
        {
            TimeSpan wait = next - Now;
            timer!.Change(
                wait < TimeSpan.Zero ? TimeSpan.Zero : wait > WaitMax ? WaitMax : wait, Timeout.InfiniteTimeSpan);
        }
    }

    private void SendDue()
    {
        lock (gate)
        {
            while (due.TryPeek(out Reminder? reminder, out DateTime at) && at <= Now)
            {
                due.Dequeue();

                // One that was replaced or unregistered is not the current one any more.
                if (reminders.GetValueOrDefault(reminder.Key) == reminder)
                {
                    _ = Task.Run(() => SendAsync(reminder));
                }
            }

            SetTimer();
        }
    }

    private async Task SendAsync(Reminder reminder)
    {
        try
        {
            Type type = types!.Named(reminder.Key.Grain)
                ?? throw new InvalidOperationException($"There is no grain class named {reminder.Key.Grain}.");
            GrainReference grain = (GrainReference)GrainReference.Create(
                typeof(IRemindable), silo.ClassOf(type), reminder.Key.Key);
            await Receive.Send(grain, [reminder.ReminderName, new TickStatus(reminder.First, reminder.Period, Now)]);
        }
        catch (Exception exception)
        {
            silo.Logger.LogError(exception, "Reminder {Reminder} failed; it goes on", reminder.Key);
        }

        Plan(reminder, reminder.NextAfter(Now));
    }
}
