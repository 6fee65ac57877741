using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using SeederMesh.Core.Payouts;
using Xunit;

namespace SeederMesh.Core.Tests.Payouts;

// Goal: a schedule is read as it is written, and names the very next time after the one since which money waits.
public sealed class PayoutScheduleTests
{
    // schedule, waiting since -> due (2026-06-03 is a Wednesday)
    [Theory]
    [InlineData("stream", "2026-06-03T10:20:30", "2026-06-03T10:20:30")]
    [InlineData("hourly", "2026-06-03T10:20:30", "2026-06-03T11:00:00")]
    [InlineData("hourly", "2026-06-03T11:00:00", "2026-06-03T12:00:00")]
    [InlineData("daily@10:21", "2026-06-03T10:20:30", "2026-06-03T10:21:00")]
    [InlineData("daily@10:20", "2026-06-03T10:20:30", "2026-06-04T10:20:00")]
    [InlineData("daily@00:00", "2026-12-31T23:59:59", "2027-01-01T00:00:00")]
    [InlineData("weekly@wed-10:21", "2026-06-03T10:20:30", "2026-06-03T10:21:00")]
    [InlineData("weekly@wed-10:20", "2026-06-03T10:20:30", "2026-06-10T10:20:00")]
    [InlineData("weekly@mon-00:00", "2026-06-03T10:20:30", "2026-06-08T00:00:00")]
    [InlineData("weekly@sun-23:59", "2026-06-03T10:20:30", "2026-06-07T23:59:00")]
    [InlineData("on-demand", "2026-06-03T10:20:30", null)]
    public void DueAt_EachRhythm_IsTheNextTime(string text, string since, string? due)
    {
        Assert.True(PayoutSchedule.TryParse(text, out PayoutSchedule schedule));
        Assert.Equal(text, schedule.ToString());
        Assert.Equal(due is null ? null : Ms(due), schedule.DueAt(Ms(since)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Stream")]
    [InlineData("daily")]
    [InlineData("daily@24:00")]
    [InlineData("daily@10:60")]
    [InlineData("daily@1:00")]
    [InlineData("daily@10-00")]
    [InlineData("daily@+1:00")]
    [InlineData("weekly@10:00")]
    [InlineData("weekly@day-10:00")]
    [InlineData("weekly@mon-10:00 ")]
    [InlineData("hourly@10")]
    [InlineData("stream@")]
    public void TryParse_AnythingElse_IsRefused(string? text) => Assert.False(PayoutSchedule.TryParse(text, out _));

    [Fact]
    public void DueAt_AnyTime_IsAfterItAndWithinOnePeriod()
    {
        Gen<(string Text, long PeriodMs)> schedules = Gen.OneOf(
            Gen.Constant(("hourly", 3_600_000L)),
            from minute in Gen.Choose(0, 1_439) select ($"daily@{minute / 60:D2}:{minute % 60:D2}", 86_400_000L),
            from minute in Gen.Choose(0, 1_439) select ($"weekly@fri-{minute / 60:D2}:{minute % 60:D2}", 7 * 86_400_000L));
        Gen<((string Text, long PeriodMs) Schedule, int Seconds)> samples =
            from schedule in schedules from seconds in Gen.Choose(0, int.MaxValue) select (schedule, seconds);
        Prop.ForAll(samples.ToArbitrary(), sample =>
        {
            long since = sample.Seconds * 1_000L;
            Assert.True(PayoutSchedule.TryParse(sample.Schedule.Text, out PayoutSchedule schedule));
            long due = schedule.DueAt(since)!.Value;
            return due > since && due <= since + sample.Schedule.PeriodMs && schedule.DueAt(due) == due + sample.Schedule.PeriodMs;
        }).QuickCheckThrowOnFailure();
    }

    private static long Ms(string utc) =>
        DateTimeOffset.Parse(utc, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds();
}
