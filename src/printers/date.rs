//! Instants in describe texts and spans in the columns of tables.

use crate::engine::SimTime;
use crate::model::age::{UNKNOWN, human_age};
use crate::model::metav1::{MicroTime, Time};
use crate::model::time::{sim_time, timestamp};

/// An instant as describe prints it (Go's `RFC1123Z`): `Mon, 23 Nov 2026 04:27:46 +0000`.
#[must_use]
pub fn rfc1123(at: Option<&Time>) -> String {
    match at {
        Some(at) => at.0.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string(),
        // Go's zero time, which upstream prints for a timestamp that was never set.
        None => "Mon, 01 Jan 0001 00:00:00 +0000".into(),
    }
}

/// [`rfc1123`] of a finer instant.
#[must_use]
pub fn rfc1123_micro(at: &MicroTime) -> String {
    at.0.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// How long ago `at` was, as AGE columns print it; `<unknown>` when it was never set.
#[must_use]
pub fn since(at: Option<&Time>, now: SimTime) -> String {
    at.map_or_else(|| UNKNOWN.into(), |at| human_since(at.0, now))
}

/// [`since`] of a finer instant.
#[must_use]
pub fn since_micro(at: Option<&MicroTime>, now: SimTime) -> String {
    at.map_or_else(|| UNKNOWN.into(), |at| human_since(at.0, now))
}

fn human_since(at: jiff::Timestamp, now: SimTime) -> String {
    // Instants before the birth of the cluster exist in manifests that people bring along.
    if at >= timestamp(SimTime::ZERO) {
        return human_age(now, sim_time(at));
    }
    crate::model::age::human_seconds(timestamp(now).as_second() - at.as_second())
}
