//! When a CronJob is due: five fields, names of months and days, steps and descriptors such as `@daily`.
//!
//! Models `robfig/cron/v3`, `ParseStandard`, with its texts.

use thiserror::Error;

/// A schedule that cannot be read, in the parser's words.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct CronError(String);

/// A set of small numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Set {
    bits: u64,
    /// Whether the field was `*`: then the other kind of day decides alone.
    is_star: bool,
}

impl Set {
    const fn holds(self, number: u32) -> bool {
        self.bits >> number & 1 == 1
    }
}

/// What a field may hold.
struct Bounds {
    low: u32,
    high: u32,
    names: &'static [&'static str],
}

const MINUTES: Bounds = Bounds { low: 0, high: 59, names: &[] };
const HOURS: Bounds = Bounds { low: 0, high: 23, names: &[] };
const DAYS: Bounds = Bounds { low: 1, high: 31, names: &[] };
const MONTHS: Bounds = Bounds {
    low: 1,
    high: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
const WEEKDAYS: Bounds = Bounds { low: 0, high: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

/// `@daily` and its like, as five fields. Source: `parseDescriptor`.
const DESCRIPTORS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// When something is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    minutes: Set,
    hours: Set,
    days: Set,
    months: Set,
    weekdays: Set,
}

impl Schedule {
    /// Reads five fields or a descriptor.
    ///
    /// # Errors
    /// In the words of the Go parser.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        if text.is_empty() {
            return Err(CronError("empty spec string".into()));
        }
        if text.starts_with('@') {
            return match DESCRIPTORS.iter().find(|(name, _)| *name == text) {
                Some((_, fields)) => Self::parse(fields),
                None => Err(CronError(format!("unrecognized descriptor: {text}"))),
            };
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else {
            let found = fields.len();
            return Err(CronError(format!("expected exactly 5 fields, found {found}: [{}]", fields.join(" "))));
        };
        Ok(Self {
            minutes: field(minutes, &MINUTES)?,
            hours: field(hours, &HOURS)?,
            days: field(days, &DAYS)?,
            months: field(months, &MONTHS)?,
            weekdays: field(weekdays, &WEEKDAYS)?,
        })
    }

    /// Whether anything is due on a day; `weekday` counts from Sunday, which is 0.
    #[must_use]
    pub fn has_day(&self, day: u32, month: u32, weekday: u32) -> bool {
        let (by_day, by_weekday) = (self.days.holds(day), self.weekdays.holds(weekday));
        let is_day =
            if self.days.is_star || self.weekdays.is_star { by_day && by_weekday } else { by_day || by_weekday };
        self.months.holds(month) && is_day
    }

    /// Whether a minute is one of the schedule's; `weekday` counts from Sunday, which is 0.
    #[must_use]
    pub fn is_due(&self, minute: u32, hour: u32, day: u32, month: u32, weekday: u32) -> bool {
        self.minutes.holds(minute) && self.hours.holds(hour) && self.has_day(day, month, weekday)
    }
}

fn field(text: &str, bounds: &Bounds) -> Result<Set, CronError> {
    let mut all = Set { bits: 0, is_star: false };
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let one = range(part, bounds)?;
        all = Set { bits: all.bits | one.bits, is_star: all.is_star || one.is_star };
    }
    Ok(all)
}

/// `number`, `number-number`, `*`, each perhaps with `/step`. Source: `getRange`.
fn range(text: &str, bounds: &Bounds) -> Result<Set, CronError> {
    let refuse = |message: String| Err(CronError(message));
    let halves: Vec<&str> = text.split('/').collect();
    let ends: Vec<&str> = halves[0].split('-').collect();
    let mut is_star = matches!(ends[0], "*" | "?");
    let (low, mut high) = match ends[..] {
        _ if is_star => (bounds.low, bounds.high),
        [only] => (number(only, bounds)?, number(only, bounds)?),
        [low, high] => (number(low, bounds)?, number(high, bounds)?),
        _ => return refuse(format!("too many hyphens: {text}")),
    };
    let step = match halves[..] {
        [_] => 1,
        [_, step] => {
            let step = plain_number(step)?;
            // `N/step` means from N to the end.
            if ends.len() == 1 {
                high = bounds.high;
            }
            is_star = is_star && step <= 1;
            step
        }
        _ => return refuse(format!("too many slashes: {text}")),
    };
    if low < bounds.low {
        return refuse(format!("beginning of range ({low}) below minimum ({}): {text}", bounds.low));
    }
    if high > bounds.high {
        return refuse(format!("end of range ({high}) above maximum ({}): {text}", bounds.high));
    }
    if low > high {
        return refuse(format!("beginning of range ({low}) beyond end of range ({high}): {text}"));
    }
    if step == 0 {
        return refuse(format!("step of range should be a positive number: {text}"));
    }
    let bits = (low..=high).step_by(step as usize).fold(0, |bits, number| bits | 1 << number);
    Ok(Set { bits, is_star })
}

/// A number, or the name of a month or a day.
fn number(text: &str, bounds: &Bounds) -> Result<u32, CronError> {
    let lower = text.to_lowercase();
    match bounds.names.iter().position(|name| *name == lower) {
        Some(index) => Ok(index as u32 + bounds.low),
        None => plain_number(text),
    }
}

fn plain_number(text: &str) -> Result<u32, CronError> {
    match text.parse::<i64>() {
        Ok(number) if number < 0 => Err(CronError(format!("negative number ({number}) not allowed: {text}"))),
        Ok(number) => Ok(u32::try_from(number).unwrap_or(u32::MAX)),
        Err(_) => {
            Err(CronError(format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Schedule::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn refusals_are_those_of_the_go_parser() {
        assert_eq!(refused("61 3 * * *"), "end of range (61) above maximum (59): 61");
        assert_eq!(refused("* * *"), "expected exactly 5 fields, found 3: [* * *]");
        assert_eq!(refused("x * * * *"), "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax");
        assert_eq!(refused("* * 0 * *"), "beginning of range (0) below minimum (1): 0");
        assert_eq!(refused("*/0 * * * *"), "step of range should be a positive number: */0");
        assert_eq!(refused("@often"), "unrecognized descriptor: @often");
    }

    #[test]
    fn days_of_month_and_week_are_alternatives_when_both_are_given() {
        let schedule = Schedule::parse("*/15 3 1 jan-mar mon").unwrap();
        assert!(schedule.is_due(45, 3, 1, 2, 5));
        assert!(schedule.is_due(0, 3, 9, 1, 1));
        assert!(!schedule.is_due(0, 3, 9, 1, 2));
        assert!(!schedule.is_due(1, 3, 1, 1, 1));
        assert!(Schedule::parse("@hourly").unwrap().is_due(0, 7, 3, 3, 3));
    }
}
