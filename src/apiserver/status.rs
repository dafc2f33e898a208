//! `metav1.Status`: what the API server answers when it refuses, word for word.
//!
//! Source of the texts: `staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go`.

use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::model::{Kind, ObjectKey};

/// A Status object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// HTTP status code.
    pub code: u16,
    /// Why, as one of the reasons that clients switch on.
    pub reason: Reason,
    /// For people.
    pub message: String,
    /// About what.
    pub details: Option<Box<Details>>,
}

/// What a Status is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The name of the object.
    pub name: String,
    /// Its group.
    pub group: String,
    /// Its plural resource name (the kind for `Invalid`), as the real server puts it.
    pub kind: String,
    /// The UID of the object that is gone.
    pub uid: String,
    /// The single faults found.
    pub causes: Vec<FieldCause>,
    /// Try again after so many seconds.
    pub retry_after_seconds: Option<u32>,
    /// Where a list whose pages are gone may go on, at the latest state; it stands in the metadata of the Status.
    pub continue_token: Option<Arc<str>>,
}

/// One fault of an invalid object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldCause {
    /// `FieldValueRequired`, `FieldValueInvalid`, …
    pub reason: String,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub field: String,
}

/// Reasons that clients switch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the StatusReason of that name")]
pub enum Reason {
    /// No reason given, as errors of etcd are passed on.
    Unknown,
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    AlreadyExists,
    Conflict,
    Gone,
    Invalid,
    Expired,
    MethodNotAllowed,
    NotAcceptable,
    RequestEntityTooLarge,
    UnsupportedMediaType,
    TooManyRequests,
    InternalError,
    ServiceUnavailable,
    Timeout,
    ServerTimeout,
    /// No Status came: the connection was refused, reset or timed out; the message says which.
    NoConnection,
}

impl Reason {
    /// The reason of that name; `Unknown` for others.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let all = [
            Self::BadRequest,
            Self::Unauthorized,
            Self::Forbidden,
            Self::NotFound,
            Self::AlreadyExists,
            Self::Conflict,
            Self::Gone,
            Self::Invalid,
            Self::Expired,
            Self::MethodNotAllowed,
            Self::NotAcceptable,
            Self::RequestEntityTooLarge,
            Self::UnsupportedMediaType,
            Self::TooManyRequests,
            Self::InternalError,
            Self::ServiceUnavailable,
            Self::Timeout,
            Self::ServerTimeout,
        ];
        all.into_iter().find(|one| one.as_str() == name).unwrap_or(Self::Unknown)
    }

    /// As it stands in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown | Self::NoConnection => "",
            Self::BadRequest => "BadRequest",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "NotFound",
            Self::AlreadyExists => "AlreadyExists",
            Self::Conflict => "Conflict",
            Self::Gone => "Gone",
            Self::Invalid => "Invalid",
            Self::Expired => "Expired",
            Self::MethodNotAllowed => "MethodNotAllowed",
            Self::NotAcceptable => "NotAcceptable",
            Self::RequestEntityTooLarge => "RequestEntityTooLarge",
            Self::UnsupportedMediaType => "UnsupportedMediaType",
            Self::TooManyRequests => "TooManyRequests",
            Self::InternalError => "InternalError",
            Self::ServiceUnavailable => "ServiceUnavailable",
            Self::Timeout => "Timeout",
            Self::ServerTimeout => "ServerTimeout",
        }
    }
}

impl Status {
    /// A Status without details.
    pub fn new(code: u16, reason: Reason, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: None }
    }

    fn about(mut self, kind: Kind, name: &str) -> Self {
        let info = kind.info();
        let (group, kind) = (info.group.to_owned(), info.plural.to_owned());
        self.details = Some(Box::new(Details { name: name.to_owned(), group, kind, ..Details::default() }));
        self
    }

    /// 404: `pods "web" not found`.
    #[must_use]
    pub fn not_found(kind: Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", kind.group_resource());
        Self::new(404, Reason::NotFound, message).about(kind, name)
    }

    /// 409: `pods "web" already exists`.
    #[must_use]
    pub fn already_exists(kind: Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", kind.group_resource());
        Self::new(409, Reason::AlreadyExists, message).about(kind, name)
    }

    /// 409: `Operation cannot be fulfilled on pods "web": …`.
    #[must_use]
    pub fn conflict(kind: Kind, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", kind.group_resource());
        Self::new(409, Reason::Conflict, message).about(kind, name)
    }

    /// 409 after a stale resourceVersion.
    #[must_use]
    pub fn modified(key: &ObjectKey) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(key.kind, &key.name, why)
    }

    /// 403: `pods "web" is forbidden: …`.
    #[must_use]
    pub fn forbidden(kind: Kind, name: &str, why: &str) -> Self {
        let resource = kind.group_resource();
        let message = if name.is_empty() {
            format!("{resource} is forbidden: {why}")
        } else {
            format!("{resource} \"{name}\" is forbidden: {why}")
        };
        Self::new(403, Reason::Forbidden, message).about(kind, name)
    }

    /// 403 about something that need not be an object: `users "bob" is forbidden: …`; without a resource, `forbidden: …`.
    #[must_use]
    pub fn forbidden_resource(group: &str, resource: &str, name: &str, why: &str) -> Self {
        let dot = if group.is_empty() { "" } else { "." };
        let message = match (resource, name) {
            ("", _) => format!("forbidden: {why}"),
            (_, "") => format!("{resource}{dot}{group} is forbidden: {why}"),
            _ => format!("{resource}{dot}{group} \"{name}\" is forbidden: {why}"),
        };
        let (name, group, kind) = (name.to_owned(), group.to_owned(), resource.to_owned());
        let details = Some(Box::new(Details { name, group, kind, ..Details::default() }));
        Self { details, ..Self::new(403, Reason::Forbidden, message) }
    }

    /// 401: nobody knows who asks.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(401, Reason::Unauthorized, "Unauthorized")
    }

    /// 400.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, Reason::BadRequest, message)
    }

    /// 500.
    #[must_use]
    pub fn internal(message: &str) -> Self {
        Self::new(500, Reason::InternalError, format!("Internal error occurred: {message}"))
    }

    /// What a client tells itself when no server answers.
    #[must_use]
    pub fn no_connection(message: impl Into<String>) -> Self {
        Self::new(0, Reason::NoConnection, message)
    }

    /// Whether it is this reason.
    #[must_use]
    pub fn is(&self, reason: Reason) -> bool {
        self.reason == reason
    }

    /// The Status as the API sends it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let outcome = if self.code < 400 { "Success" } else { "Failure" };
        let mut value = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": outcome});
        if !self.message.is_empty() {
            value["message"] = json!(self.message);
        }
        // A deletion that went well names no code. Source: `registry/generic/registry/store.go`, `finalizeDelete`.
        if self.code != 200 {
            value["code"] = json!(self.code);
        }
        if !self.reason.as_str().is_empty() {
            value["reason"] = json!(self.reason.as_str());
        }
        if let Some(details) = &self.details {
            if let Some(token) = &details.continue_token {
                value["metadata"] = json!({"continue": token});
            }
            if **details != (Details { continue_token: details.continue_token.clone(), ..Details::default() }) {
                value["details"] = details.to_value();
            }
        }
        value
    }
}

impl Details {
    fn to_value(&self) -> Value {
        let mut value = json!({});
        let texts = [("name", &self.name), ("group", &self.group), ("kind", &self.kind), ("uid", &self.uid)];
        for (field, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            value[field] = json!(text);
        }
        if !self.causes.is_empty() {
            let cause = |one: &FieldCause| json!({"reason": one.reason, "message": one.message, "field": one.field});
            value["causes"] = self.causes.iter().map(cause).collect();
        }
        if let Some(seconds) = self.retry_after_seconds {
            value["retryAfterSeconds"] = json!(seconds);
        }
        value
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Status {}
