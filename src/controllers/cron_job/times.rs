//! When a CronJob is due.
//!
//! Models `pkg/controller/cronjob/utils.go`, `mostRecentScheduleTime`.

use crate::engine::{SimDuration, SimTime};
use crate::model::batch::{CronJob, CronJobStatus};
use crate::model::cron::Schedule;
use crate::model::{Meta, time};

/// How far ahead a next time is looked for; `30 2 31 2 *` never comes. Source: the parser gives up after five years.
const DAYS_MAX: u64 = 5 * 366;
const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

/// The first due instant after `after`.
#[must_use]
pub fn next(schedule: &Schedule, after: SimTime) -> Option<SimTime> {
    let mut at = (after.as_secs() / MINUTE + 1) * MINUTE;
    let end = at + DAYS_MAX * DAY;
    while at < end {
        if !has_day(schedule, at) {
            // The next midnight of the calendar.
            at = at + DAY - offset(at);
            continue;
        }
        if is_due(schedule, at) {
            return Some(SimTime::from_secs(at));
        }
        at += MINUTE;
    }
    None
}

/// The due instants after `earliest` and up to `now`, oldest first; of very many only the newest.
#[must_use]
pub fn missed(schedule: &Schedule, earliest: SimTime, now: SimTime) -> Vec<SimTime> {
    // More than a hundred are told as too many; a few more are enough to know.
    const KEPT: usize = 128;
    let mut found = Vec::new();
    let mut at = earliest;
    while let Some(due) = next(schedule, at).filter(|due| *due <= now) {
        if found.len() >= KEPT {
            found.remove(0);
        }
        found.push(due);
        at = due;
    }
    found
}

/// The instant from which missed starts count.
#[must_use]
pub fn earliest(cron: &CronJob, status: &CronJobStatus, deadline: Option<SimDuration>, now: SimTime) -> SimTime {
    let last = status.last_schedule_time.as_ref().map(|at| time::sim_time(at.0));
    let begin = last.unwrap_or_else(|| cron.metadata.created_at());
    let reach = deadline.map(|deadline| SimTime::from_micros(now.as_micros().saturating_sub(deadline.as_micros())));
    reach.map_or(begin, |reach| begin.max(reach))
}

/// As Events write it. Source: `time.RFC1123Z`.
#[must_use]
pub fn text(at: SimTime) -> String {
    time::timestamp(at).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

fn fields(at: u64) -> (u32, u32, u32, u32, u32) {
    let zoned = time::timestamp(SimTime::from_secs(at)).to_zoned(jiff::tz::TimeZone::UTC);
    let number = |value: i8| u32::try_from(value).unwrap_or(0);
    let weekday = number(zoned.weekday().to_sunday_zero_offset());
    (number(zoned.minute()), number(zoned.hour()), number(zoned.day()), number(zoned.month()), weekday)
}

fn is_due(schedule: &Schedule, at: u64) -> bool {
    let (minute, hour, day, month, weekday) = fields(at);
    schedule.is_due(minute, hour, day, month, weekday)
}

/// Whether anything is due on the day of `at`.
fn has_day(schedule: &Schedule, at: u64) -> bool {
    let (_, _, day, month, weekday) = fields(at);
    schedule.has_day(day, month, weekday)
}

/// Seconds since midnight.
fn offset(at: u64) -> u64 {
    let (minute, hour, ..) = fields(at);
    u64::from(hour * 60 + minute) * MINUTE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(schedule: &str, hours: u64) -> String {
        let schedule = Schedule::parse(schedule).unwrap();
        next(&schedule, SimTime::from_secs(hours * 3600)).map_or("never".into(), |at| time::timestamp(at).to_string())
    }

    #[test]
    fn the_next_time_is_found_across_days_and_months() {
        // Every cluster is born on Monday, 2026-01-05, at 08:00.
        assert_eq!(after("*/5 * * * *", 0), "2026-01-05T08:05:00Z");
        assert_eq!(after("0 3 * * *", 0), "2026-01-06T03:00:00Z");
        assert_eq!(after("30 9 * * 5", 0), "2026-01-09T09:30:00Z");
        assert_eq!(after("0 0 1 3 *", 0), "2026-03-01T00:00:00Z");
        assert_eq!(after("0 0 31 2 *", 0), "never");
    }
}
