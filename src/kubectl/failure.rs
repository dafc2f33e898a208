//! How a command ends early, and the words in which it says so.
//!
//! Source: `kubectl/pkg/cmd/util/helpers.go`.

use crate::apiserver::{Reason, Status};

/// Why a verb did not run to its end.
#[derive(Clone, Debug)]
pub enum Failure {
    /// It waits for an answer.
    Suspended,
    /// It ends with this code and has said all there is to say.
    Exit(i32),
    /// The server refused, possibly while something of kubectl's own was done: `error when creating "p.yaml"`.
    Refused(Box<Status>),
    /// kubectl itself refuses; printed after `error: `.
    Text(String),
    /// kubectl itself refuses; printed as it stands.
    Plain(String),
    /// Several things went wrong, each on its own line.
    Many(Vec<Failure>),
}

impl Failure {
    /// kubectl's own refusal.
    pub fn text_of(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A refusal with a pointer to the help of a command (`UsageErrorf`).
    #[must_use]
    pub fn usage(command: &str, text: &str) -> Self {
        Self::Text(format!("{text}\nSee 'kubectl {command} -h' for help and examples"))
    }

    /// What is not part of podlab's kubectl.
    #[must_use]
    pub fn not_modelled(what: &str) -> Self {
        Self::Text(format!("{what} is not modelled by podlab"))
    }

    /// The server's refusal.
    #[must_use]
    pub fn status(status: &Status) -> Self {
        Self::Refused(Box::new(status.clone()))
    }

    /// One failure for several; `Ok` for none.
    ///
    /// # Errors
    /// The failures, if there are any.
    pub fn all(mut failures: Vec<Self>) -> Result<(), Self> {
        match failures.len() {
            0 => Ok(()),
            1 => Err(failures.remove(0)),
            _ => Err(Self::Many(failures)),
        }
    }

    /// Whether the server refused for this reason.
    #[must_use]
    pub fn is(&self, reason: Reason) -> bool {
        matches!(self, Self::Refused(status) if status.is(reason))
    }

    /// The refusal with what was being done in front of it.
    #[must_use]
    pub fn while_doing(self, what: &str) -> Self {
        match self {
            Self::Refused(mut status) => {
                status.message = format!("{what}: {}", status.message);
                Self::Refused(status)
            }
            Self::Text(text) => Self::Text(format!("{what}: {text}")),
            other => other,
        }
    }

    /// The refusal of an object that came from `source` (`AddSourceToErr`).
    #[must_use]
    pub fn from_source(self, doing: &str, source: &str) -> Self {
        if source.is_empty() { self } else { self.while_doing(&format!("error when {doing} {source:?}")) }
    }

    /// The refusal as text inside a sentence of kubectl's own.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Suspended | Self::Exit(_) => String::new(),
            Self::Refused(status) => status.message.clone(),
            Self::Text(text) | Self::Plain(text) => text.clone(),
            Self::Many(failures) => failures.iter().map(Self::message).collect::<Vec<_>>().join(", "),
        }
    }

    /// The exit code.
    #[must_use]
    pub fn code(&self) -> i32 {
        match self {
            Self::Exit(code) => *code,
            _ => 1,
        }
    }

    /// What is printed on standard error, its last line ended.
    #[must_use]
    pub fn text(&self) -> String {
        let text = match self {
            Self::Suspended | Self::Exit(_) => return String::new(),
            Self::Refused(status) if status.is(Reason::Invalid) => invalid(status),
            Self::Refused(status) => standard(status),
            Self::Text(text) if text.starts_with("error: ") => text.clone(),
            Self::Text(text) => format!("error: {text}"),
            Self::Plain(text) => text.clone(),
            Self::Many(failures) => failures.iter().map(Self::one_of_many).collect::<Vec<_>>().join("\n"),
        };
        if text.ends_with('\n') { text } else { text + "\n" }
    }

    /// One of several failures: kubectl's own stand without `error: ` then.
    fn one_of_many(&self) -> String {
        match self {
            Self::Refused(status) => standard(status),
            other => other.message(),
        }
    }
}

fn standard(status: &Status) -> String {
    match status.reason {
        Reason::Unauthorized => format!("error: You must be logged in to the server ({})", status.message),
        Reason::NoConnection if status.message.contains("connection refused") => {
            let server = status.message.split_whitespace().find(|word| word.contains(':'));
            let host = server.map_or("localhost:6443", |server| server.trim_end_matches(':'));
            format!("The connection to the server {host} was refused - did you specify the right host or port?")
        }
        Reason::NoConnection => format!("Unable to connect to the server: {}", status.message),
        reason if reason.as_str().is_empty() => format!("Error from server: {}", status.message),
        reason => format!("Error from server ({}): {}", reason.as_str(), status.message),
    }
}

fn invalid(status: &Status) -> String {
    let Some(details) = &status.details else {
        return match status.message.as_str() {
            "" => "The request is invalid".into(),
            message => format!("The request is invalid: {message}"),
        };
    };
    let mut text = "The request is invalid".to_owned();
    if !details.kind.is_empty() || !details.name.is_empty() {
        text = format!("The {} {:?} is invalid", details.kind, details.name);
    } else if details.causes.is_empty() && !status.message.is_empty() {
        text = format!("{text}: {}", status.message);
    }
    let mut causes: Vec<String> = Vec::new();
    for cause in &details.causes {
        let cause = format!("{}: {}", cause.field, cause.message);
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    match causes.as_slice() {
        [] => text,
        [one] => format!("{text}: {one}"),
        several => several.iter().fold(format!("{text}: "), |text, cause| format!("{text}\n* {cause}")),
    }
}
