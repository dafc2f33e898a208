//! The query of a URL: `?limit=500&labelSelector=app%3Dweb`, as the options of a request.
//!
//! Source: `apimachinery/pkg/apis/meta/v1/types.go`, `ListOptions`, `CreateOptions`, `PatchOptions`, `DeleteOptions`.

use std::sync::Arc;

use crate::apiserver::request::VersionMatch;
use crate::apiserver::{
    DeleteOptions, ExecOptions, FieldValidation, LogOptions, Options, Propagation, Status, Verb, WriteOptions,
};

use super::path::decode;

/// The parameters of a query, in order.
#[derive(Clone, Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Takes a query apart.
    #[must_use]
    pub fn parse(text: Option<&str>) -> Self {
        let pairs = text.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let read = |text: &str| decode(&text.replace('+', " "));
        Self(pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (read(k), read(v))).collect())
    }

    /// The first value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether a parameter is there and does not say no.
    #[must_use]
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| !matches!(value, "false" | "0" | "False" | "f"))
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Box<Status>> {
        let Some(text) = self.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        let refused = || {
            let why = format!("strconv.ParseInt: parsing \"{text}\": invalid syntax");
            Box::new(Status::bad_request(why))
        };
        text.parse().map(Some).map_err(|_| refused())
    }

    fn text(&self, name: &str) -> Option<Arc<str>> {
        self.get(name).filter(|text| !text.is_empty()).map(Arc::from)
    }

    /// The options of a request.
    ///
    /// # Errors
    /// 400 for a parameter that cannot be read, 422 for one that a write may not be told.
    pub fn options(&self, verb: Verb) -> Result<Options, Box<Status>> {
        // What a deletion is told may stand in its body instead.
        if !matches!(verb, Verb::Delete | Verb::DeleteCollection) {
            self.check_write(verb)?;
        }
        let field_validation = match self.get("fieldValidation").unwrap_or_default() {
            "Ignore" => FieldValidation::Ignore,
            "Strict" => FieldValidation::Strict,
            _ => FieldValidation::Warn,
        };
        let resource_version = match self.get("resourceVersion").unwrap_or_default() {
            "" => None,
            text => Some(text.parse().map_err(|_| {
                let why = format!(
                    "resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax"
                );
                Box::new(Status::bad_request(why))
            })?),
        };
        Ok(Options {
            label_selector: self.text("labelSelector"),
            field_selector: self.text("fieldSelector"),
            resource_version,
            limit: self.number("limit")?.filter(|limit| *limit > 0),
            continue_token: self.text("continue"),
            bookmarks: self.is_true("allowWatchBookmarks"),
            dry_run: self.get("dryRun").is_some_and(|value| !value.is_empty()),
            field_validation,
            field_manager: self.text("fieldManager"),
            force: self.is_true("force"),
            resource_version_match: self.version_match()?,
            send_initial_events: self
                .get("sendInitialEvents")
                .filter(|text| !text.is_empty())
                .map(|text| text == "true"),
            timeout_seconds: self.number("timeoutSeconds")?,
            managed_fields: true,
            duplicate_fields: Vec::new(),
        })
    }

    /// Whether a write may be told what the query says.
    ///
    /// # Errors
    /// 422.
    pub fn check_write(&self, verb: Verb) -> Result<(), Box<Status>> {
        let options = WriteOptions {
            field_manager: self.get("fieldManager").unwrap_or_default(),
            dry_run: self.all("dryRun").collect(),
            field_validation: self.get("fieldValidation").unwrap_or_default(),
            propagation: self.get("propagationPolicy"),
            says_orphan: self.get("orphanDependents").is_some(),
        };
        options.check(verb)
    }

    fn version_match(&self) -> Result<Option<VersionMatch>, Box<Status>> {
        match self.get("resourceVersionMatch").unwrap_or_default() {
            "" => Ok(None),
            "Exact" => Ok(Some(VersionMatch::Exact)),
            "NotOlderThan" => Ok(Some(VersionMatch::NotOlderThan)),
            other => {
                let why = format!(
                    "resourceVersionMatch: Unsupported value: \"{other}\": supported values: \"Exact\", \"NotOlderThan\""
                );
                Err(Box::new(Status::bad_request(why)))
            }
        }
    }

    /// What the query says of a deletion; the body may say more.
    ///
    /// # Errors
    /// 400 for a parameter that cannot be read.
    pub fn delete_options(&self) -> Result<DeleteOptions, Box<Status>> {
        Ok(DeleteOptions {
            grace_period_seconds: self.number("gracePeriodSeconds")?,
            propagation: self.get("propagationPolicy").and_then(propagation),
            ..DeleteOptions::default()
        })
    }

    /// Which lines of a log are asked for.
    ///
    /// # Errors
    /// 400 for a parameter that cannot be read.
    pub fn log_options(&self) -> Result<LogOptions, Box<Status>> {
        Ok(LogOptions {
            container: self.text("container"),
            previous: self.is_true("previous"),
            follow: self.is_true("follow"),
            tail: self.number("tailLines")?,
            since_seconds: self.number("sinceSeconds")?,
            timestamps: self.is_true("timestamps"),
            since_time: self.text("sinceTime"),
            limit_bytes: self.number("limitBytes")?,
        })
    }

    /// Which command is to be run.
    #[must_use]
    pub fn exec_options(&self) -> ExecOptions {
        ExecOptions {
            container: self.text("container"),
            command: self.all("command").map(Arc::from).collect(),
            live: true,
            takes_stdin: self.is_true("stdin"),
            tty: self.is_true("tty"),
            ..ExecOptions::default()
        }
    }
}

/// A propagation policy by its name.
#[must_use]
pub fn propagation(name: &str) -> Option<Propagation> {
    match name {
        "Background" => Some(Propagation::Background),
        "Foreground" => Some(Propagation::Foreground),
        "Orphan" => Some(Propagation::Orphan),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_options() {
        let query = Query::parse(Some("limit=500&labelSelector=app%3Dweb%2Ctier+in+(a)&command=ls&command=-l&watch=1"));
        let options = query.options(Verb::List).unwrap();
        assert_eq!((options.limit, options.label_selector.as_deref()), (Some(500), Some("app=web,tier in (a)")));
        assert_eq!(query.exec_options().command.len(), 2);
        assert!(query.is_true("watch"));
        assert!(Query::parse(Some("limit=many")).options(Verb::List).is_err());
        assert!(Query::parse(Some("dryRun=no")).options(Verb::Patch).is_err());
    }
}
