using System.Globalization;

namespace SeederMesh.Core.Payouts;

/// <summary>How often a payee is paid.</summary>
public enum PayoutRhythm
{
    /// <summary>As soon as enough is owed. The default.</summary>
    Stream = 0,

    /// <summary>At every full hour.</summary>
    Hourly = 1,

    /// <summary>Once a day.</summary>
    Daily = 2,

    /// <summary>Once a week.</summary>
    Weekly = 3,

    /// <summary>Only when the payee asks.</summary>
    OnDemand = 4,
}

/// <summary>When a payee is paid: <c>stream</c>, <c>hourly</c>, <c>daily@HH:MM</c>, <c>weekly@mon-HH:MM</c> (UTC) or
/// <c>on-demand</c>.</summary>
/// <remarks><c>default</c> is <see cref="Stream"/>. Times have minutes; a time without a minute that exists is
/// refused.</remarks>
public readonly record struct PayoutSchedule
{
    private const long MinuteMs = 60_000;
    private const long HourMs = 60 * MinuteMs;
    private const long DayMs = 24 * HourMs;
    private const long WeekMs = 7 * DayMs;

    /// <summary>The first of January 1970 was a Thursday, so the first Monday is the fifth.</summary>
    private const long FirstMondayMs = 4 * DayMs;

    private static readonly string[] days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    private PayoutSchedule(PayoutRhythm rhythm, int minute)
    {
        Rhythm = rhythm;
        Minute = minute;
    }

    /// <summary>As soon as enough is owed.</summary>
    public static PayoutSchedule Stream => default;

    /// <summary>How often.</summary>
    public PayoutRhythm Rhythm { get; }

    /// <summary>The minute of the day, or of the week from Monday 00:00 UTC on; 0 where the rhythm has none.</summary>
    public int Minute { get; }

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string? text, out PayoutSchedule schedule)
    {
        string[] parts = (text ?? "").Split('@');
        int minute = 0;
        PayoutRhythm? rhythm = parts switch
        {
            ["stream"] => PayoutRhythm.Stream,
            ["hourly"] => PayoutRhythm.Hourly,
            ["on-demand"] => PayoutRhythm.OnDemand,
            ["daily", var time] when TryReadTime(time, out minute) => PayoutRhythm.Daily,
            ["weekly", { Length: 9 } time] when time[3] == '-' && Array.IndexOf(days, time[..3]) is >= 0 and var day
                && TryReadTime(time[4..], out int ofDay) && (minute = (day * 24 * 60) + ofDay) >= 0 => PayoutRhythm.Weekly,
            _ => null,
        };
        schedule = rhythm is { } read ? new PayoutSchedule(read, minute) : default;
        return rhythm is not null;
    }

    /// <summary>When money that waits since a time is paid.</summary>
    /// <param name="sinceUnixMs">When the payee was paid last, or first earned something.</param>
    /// <returns>Unix milliseconds, after <paramref name="sinceUnixMs"/> unless it streams; null when only on
    /// demand.</returns>
    public long? DueAt(long sinceUnixMs) => Rhythm switch
    {
        PayoutRhythm.Stream => sinceUnixMs,
        PayoutRhythm.Hourly => Next(sinceUnixMs, HourMs, 0),
        PayoutRhythm.Daily => Next(sinceUnixMs, DayMs, Minute * MinuteMs),
        PayoutRhythm.Weekly => Next(sinceUnixMs, WeekMs, FirstMondayMs + (Minute * MinuteMs)),
        _ => null,
    };

    /// <summary>The text that <see cref="TryParse"/> reads.</summary>
    public override string ToString() => Rhythm switch
    {
        PayoutRhythm.Stream => "stream",
        PayoutRhythm.Hourly => "hourly",
        PayoutRhythm.Daily => "daily@" + Time(Minute),
        PayoutRhythm.Weekly => $"weekly@{days[Minute / (24 * 60)]}-{Time(Minute % (24 * 60))}",
        _ => "on-demand",
    };

    private static long Next(long sinceUnixMs, long periodMs, long offsetMs)
    {
        long into = (sinceUnixMs - offsetMs) % periodMs;
        return sinceUnixMs + periodMs - (into < 0 ? into + periodMs : into);
    }

    private static string Time(int minute) =>
        string.Create(CultureInfo.InvariantCulture, $"{minute / 60:D2}:{minute % 60:D2}");

    private static bool TryReadTime(string text, out int minute)
    {
        bool valid = text.Length == 5 && text[2] == ':'
            && char.IsAsciiDigit(text[0]) && char.IsAsciiDigit(text[1]) && char.IsAsciiDigit(text[3]) && char.IsAsciiDigit(text[4]);
        int hours = valid ? ((text[0] - '0') * 10) + text[1] - '0' : 24;
        int minutes = valid ? ((text[3] - '0') * 10) + text[4] - '0' : 60;
        minute = (hours * 60) + minutes;
        return hours < 24 && minutes < 60;
    }
}
