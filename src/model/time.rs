//! Simulated instants as the timestamps of the API, and back.

use jiff::SignedDuration;
pub use jiff::Timestamp;
pub use jiff::tz::TimeZone;
use jiff::tz::TimeZoneDatabase;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};

use crate::engine::{SimDuration, SimTime};

/// The calendar instant at which every cluster is born: 2026-01-05 08:00:00 UTC, a Monday, in seconds since 1970.
const BIRTH: i64 = 1_767_600_000;

/// The calendar instant of `at`.
#[must_use]
pub fn timestamp(at: SimTime) -> Timestamp {
    let since = SignedDuration::from_micros(i64::try_from(at.as_micros()).unwrap_or(i64::MAX));
    Timestamp::from_second(BIRTH).and_then(|birth| birth.checked_add(since)).unwrap_or(Timestamp::MAX)
}

/// The time zone of that name, from the database that comes with the program; names are taken to the letter.
#[must_use]
pub fn zone(name: &str) -> Option<TimeZone> {
    if name == "UTC" {
        return Some(TimeZone::UTC);
    }
    let zone = TimeZoneDatabase::bundled().get(name).ok()?;
    (zone.iana_name() == Some(name)).then_some(zone)
}

/// `at` as RFC 3339 has it in a zone: `2026-03-10T09:00:00-04:00`, with `Z` in UTC.
#[must_use]
pub fn rfc3339_in(at: SimTime, zone: TimeZone) -> String {
    let zoned = timestamp(SimTime::from_secs(at.as_secs())).to_zoned(zone);
    let text = zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    text.strip_suffix("+00:00").map_or(text.clone(), |start| format!("{start}Z"))
}

/// `at` as `metav1.Time`: whole seconds, as the API stores it.
#[must_use]
pub fn time(at: SimTime) -> Time {
    Time(timestamp(SimTime::from_secs(at.as_secs())))
}

/// `at` as `metav1.MicroTime`, as Leases and Events carry it.
#[must_use]
pub fn micro_time(at: SimTime) -> MicroTime {
    MicroTime(timestamp(at))
}

/// `at` as diff writes the time of a file: `2026-01-05 08:00:00.000000000 +0000`.
#[must_use]
pub fn file_time(at: SimTime) -> String {
    timestamp(at).strftime("%Y-%m-%d %H:%M:%S.%9f +0000").to_string()
}

/// The instant behind a timestamp; birth for anything earlier.
#[must_use]
pub fn sim_time(at: Timestamp) -> SimTime {
    let micros = at.as_microsecond() - BIRTH * 1_000_000;
    SimTime::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// How long before `now` the timestamp `at` lies.
#[must_use]
pub fn age(at: &Time, now: SimTime) -> SimDuration {
    now.since(sim_time(at.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_survive_the_calendar() {
        let at = SimTime::from_micros(12_345_678);
        assert_eq!(sim_time(timestamp(at)), at);
        assert_eq!(timestamp(SimTime::ZERO).to_string(), "2026-01-05T08:00:00Z");
        assert_eq!(sim_time(time(at).0), SimTime::from_secs(12));
    }
}
