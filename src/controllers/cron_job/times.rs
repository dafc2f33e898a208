//! When a CronJob is due.
//!
//! Models `pkg/controller/cronjob/utils.go`, `mostRecentScheduleTime`.

use crate::engine::{SimDuration, SimTime};
use crate::model::batch::{CronJob, CronJobStatus};
use crate::model::cron::Schedule;
use crate::model::time::TimeZone;
use crate::model::{Meta, time};

/// How far ahead a next time is looked for; `30 2 31 2 *` never comes. Source: the parser gives up after five years.
const DAYS_MAX: u64 = 5 * 366;
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A schedule in the time zone that it is meant in.
#[derive(Clone, Debug)]
pub struct Zoned<'a> {
    /// The schedule.
    pub schedule: &'a Schedule,
    /// Its zone.
    pub zone: TimeZone,
}

/// The first due instant after `after`.
#[must_use]
pub fn next(zoned: &Zoned<'_>, after: SimTime) -> Option<SimTime> {
    let mut at = (after.as_secs() / MINUTE + 1) * MINUTE;
    let end = at + DAYS_MAX * DAY;
    while at < end {
        let (minute, hour, day, month, weekday) = fields(at, &zoned.zone);
        if !zoned.schedule.has_day(day, month, weekday) {
            // Towards the next midnight of the calendar: by the day, then, as a day may be an hour longer or shorter, by the hour.
            let rest = DAY - u64::from(hour * 60 + minute) * MINUTE;
            at += if rest > 3 * HOUR { rest - 2 * HOUR } else { HOUR - u64::from(minute) * MINUTE };
            continue;
        }
        if zoned.schedule.is_due(minute, hour, day, month, weekday) {
            return Some(SimTime::from_secs(at));
        }
        at += MINUTE;
    }
    None
}

/// The due instants after `earliest` and up to `now`, oldest first; of very many only the newest.
#[must_use]
pub fn missed(schedule: &Zoned<'_>, earliest: SimTime, now: SimTime) -> Vec<SimTime> {
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

fn fields(at: u64, zone: &TimeZone) -> (u32, u32, u32, u32, u32) {
    let zoned = time::timestamp(SimTime::from_secs(at)).to_zoned(zone.clone());
    let number = |value: i8| u32::try_from(value).unwrap_or(0);
    let weekday = number(zoned.weekday().to_sunday_zero_offset());
    (number(zoned.minute()), number(zoned.hour()), number(zoned.day()), number(zoned.month()), weekday)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(schedule: &str, hours: u64) -> String {
        in_zone(schedule, "UTC", hours)
    }

    fn in_zone(schedule: &str, zone: &str, hours: u64) -> String {
        let (schedule, zone) = (Schedule::parse(schedule).unwrap(), time::zone(zone).unwrap());
        next(&Zoned { schedule: &schedule, zone }, SimTime::from_secs(hours * 3600))
            .map_or("never".into(), |at| time::timestamp(at).to_string())
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

    #[test]
    fn a_schedule_is_meant_in_its_zone() {
        assert_eq!(in_zone("0 3 * * *", "Asia/Taipei", 0), "2026-01-05T19:00:00Z");
        assert_eq!(in_zone("0 9 * * 1", "America/New_York", 0), "2026-01-05T14:00:00Z");
        // In summer it is another hour; a night that has no half past two has no run at half past two either.
        let spring = 24 * 62;
        assert_eq!(in_zone("0 9 * * *", "America/New_York", spring + 48), "2026-03-10T13:00:00Z");
        assert_eq!(in_zone("30 2 8 3 *", "America/New_York", spring), "2027-03-08T07:30:00Z");
        assert!(time::zone("Mars/Olympus").is_none());
        assert!(time::zone("asia/taipei").is_none());
    }
}
