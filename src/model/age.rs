//! Spans of time as people read them in the AGE column (`k8s.io/apimachinery/pkg/util/duration`).

use crate::engine::{SimDuration, SimTime};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// What stands where no time was recorded.
pub const UNKNOWN: &str = "<unknown>";

/// A span with two units where they matter: `119s`, `9m59s`, `7h59m`, `7d23h`, `2y11d`.
#[must_use]
pub fn human_duration(span: SimDuration) -> String {
    human_seconds(i64::try_from(span.as_secs()).unwrap_or(i64::MAX))
}

/// The age at `now` of what was born at `since`; two seconds or more in the future is `<invalid>`.
#[must_use]
pub fn human_age(now: SimTime, since: SimTime) -> String {
    let micros = i128::from(now.as_micros()) - i128::from(since.as_micros());
    human_seconds(i64::try_from(micros / 1_000_000).unwrap_or(i64::MAX))
}

/// [`human_duration`] of whole seconds, which may be negative when clocks disagree.
#[must_use]
pub fn human_seconds(seconds: i64) -> String {
    match seconds {
        ..-1 => "<invalid>".into(),
        -1 => "0s".into(),
        0..120 => format!("{seconds}s"),
        120..600 => two(seconds / MINUTE, "m", seconds % MINUTE, "s"),
        600..10_800 => format!("{}m", seconds / MINUTE),
        10_800..28_800 => two(seconds / HOUR, "h", seconds % HOUR / MINUTE, "m"),
        28_800..172_800 => format!("{}h", seconds / HOUR),
        172_800..691_200 => two(seconds / DAY, "d", seconds % DAY / HOUR, "h"),
        691_200..63_072_000 => format!("{}d", seconds / DAY),
        63_072_000..252_288_000 => two(seconds / YEAR, "y", seconds % YEAR / DAY, "d"),
        _ => format!("{}y", seconds / YEAR),
    }
}

/// A span in its largest unit only: `59s`, `3m`, `5h`, `364d`, `1y`.
#[must_use]
pub fn short_human_duration(span: SimDuration) -> String {
    let seconds = i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    match seconds {
        ..MINUTE => format!("{seconds}s"),
        MINUTE..HOUR => format!("{}m", seconds / MINUTE),
        HOUR..DAY => format!("{}h", seconds / HOUR),
        DAY..YEAR => format!("{}d", seconds / DAY),
        _ => format!("{}y", seconds / YEAR),
    }
}

fn two(large: i64, large_unit: &str, small: i64, small_unit: &str) -> String {
    if small == 0 { format!("{large}{large_unit}") } else { format!("{large}{large_unit}{small}{small_unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_change_where_kubectl_changes_them() {
        for (seconds, shown) in [
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (599, "9m59s"),
            (600, "10m"),
            (3 * HOUR - 1, "179m"),
            (3 * HOUR, "3h"),
            (8 * HOUR - 1, "7h59m"),
            (8 * HOUR, "8h"),
            (48 * HOUR - 1, "47h"),
            (48 * HOUR, "2d"),
            (8 * DAY - 1, "7d23h"),
            (8 * DAY, "8d"),
            (2 * YEAR - 1, "729d"),
            (2 * YEAR, "2y"),
            (8 * YEAR - 1, "7y364d"),
            (8 * YEAR, "8y"),
        ] {
            assert_eq!(human_seconds(seconds), shown);
        }
        assert_eq!(short_human_duration(SimDuration::from_secs(3 * 3600 + 59)), "3h");
        assert_eq!(human_age(SimTime::from_secs(1), SimTime::from_micros(2_900_000)), "0s");
        assert_eq!(human_age(SimTime::from_secs(1), SimTime::from_secs(3)), "<invalid>");
    }
}
