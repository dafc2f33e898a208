//! The labels of a namespace, and the levels that they name.
//!
//! Source: `pod-security-admission/api/helpers.go`.

use std::collections::BTreeMap;
use std::fmt;

/// How strict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Everything goes.
    Privileged,
    /// Nothing that is known to lead out of a container.
    Baseline,
    /// Hardened, as one should.
    Restricted,
}

/// Of which minor version of Kubernetes the rules are; the latest is beyond all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u32);

impl Version {
    /// The rules as they are.
    pub(super) const LATEST: Self = Self(u32::MAX);

    /// Whether the rules are those of this minor version or later ones.
    pub(super) fn is_from(self, minor: u32) -> bool {
        self.0 >= minor
    }
}

/// A level and its version: `restricted:latest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LevelVersion {
    pub(super) level: Level,
    pub(super) version: Version,
}

impl fmt::Display for LevelVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Privileged => "privileged",
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        };
        match self.version {
            Version::LATEST => write!(formatter, "{level}:latest"),
            Version(minor) => write!(formatter, "{level}:v1.{minor}"),
        }
    }
}

/// What a namespace asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    pub(super) enforce: LevelVersion,
    pub(super) warn: LevelVersion,
}

/// A label that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LabelFault {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) why: &'static str,
}

impl Policy {
    /// The policy that these labels ask for, and those of them that cannot be read. Source: `PolicyToEvaluate`.
    pub(super) fn of(labels: &BTreeMap<String, String>) -> (Self, Vec<LabelFault>) {
        let mut faults = Vec::new();
        let mut read = |mode: &str, on_fault: Level| {
            let label = |suffix: &str| format!("pod-security.kubernetes.io/{mode}{suffix}");
            let mut fault =
                |label: String, value: &str, why| faults.push(LabelFault { label, value: value.into(), why });
            let level = labels.get(&label("")).map(|value| {
                parse_level(value).map_err(|why| {
                    fault(label(""), value, why);
                    on_fault
                })
            });
            let version = labels.get(&label("-version")).map(|value| {
                parse_version(value).unwrap_or_else(|why| {
                    fault(label("-version"), value, why);
                    Version::LATEST
                })
            });
            (level, version)
        };
        let enforce = read("enforce", Level::Restricted);
        read("audit", Level::Privileged);
        let warn = read("warn", Level::Privileged);
        let level = |asked: Option<Result<Level, Level>>| match asked {
            Some(Ok(level) | Err(level)) => level,
            None => Level::Privileged,
        };
        let of = |(asked, version): (Option<Result<Level, Level>>, Option<Version>)| LevelVersion {
            level: level(asked),
            version: version.unwrap_or(Version::LATEST),
        };
        let mut policy = Self { enforce: of(enforce), warn: of(warn) };
        // Who enforces without saying what to warn of is warned of the same.
        if warn.0.is_none() && matches!(enforce.0, Some(Ok(level)) if level > policy.warn.level) {
            policy.warn.level = policy.enforce.level;
            policy.warn.version = warn.1.unwrap_or(policy.enforce.version);
        }
        (policy, faults)
    }
}

fn parse_level(text: &str) -> Result<Level, &'static str> {
    match text {
        "privileged" => Ok(Level::Privileged),
        "baseline" => Ok(Level::Baseline),
        "restricted" => Ok(Level::Restricted),
        _ => Err("must be one of privileged, baseline, restricted"),
    }
}

fn parse_version(text: &str) -> Result<Version, &'static str> {
    let minor = text.strip_prefix("v1.").filter(|minor| *minor == "0" || !minor.starts_with('0'));
    match minor.and_then(|minor| minor.parse().ok()) {
        _ if text == "latest" => Ok(Version::LATEST),
        Some(minor) => Ok(Version(minor)),
        None => Err("must be \"latest\" or \"v1.x\""),
    }
}
