//! The answer to a request: what it carries, and what follows it on a watch or a stream.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::engine::CauseId;
use crate::model::authentication::TokenRequest;
use crate::model::metav1::Time;
use crate::model::{Object, ObjectKey};

use super::status::Status;

/// What came of a request.
pub type Outcome = Result<Response, Box<Status>>;

/// The answer to a request that went well.
#[derive(Clone, Debug)]
pub struct Response {
    /// What it carries.
    pub payload: Payload,
    /// `Warning:` headers, in order.
    pub warnings: Vec<Arc<str>>,
    /// Whether an update or a patch has made an object that was not there: it answers 201 then, as a creation does.
    pub is_new: bool,
}

/// What an answer carries.
#[derive(Clone, Debug)]
pub enum Payload {
    /// One object, in the state in which the request left it.
    Object(Object),
    /// A list.
    List(List),
    /// A `Success` Status, as some deletions and bindings answer.
    Status(Status),
    /// A scale.
    Scale(Scale),
    /// The token of a ServiceAccount.
    Token(Box<TokenRequest>),
    /// The watch is open; its events come under the ticket of the request.
    Watching,
    /// The kubelet of this node answers (log, exec): the server hands the connection on.
    Proxy(Arc<str>),
    /// This Service answers: the server hands the request on.
    Aggregated {
        /// Its namespace.
        namespace: Arc<str>,
        /// Its name.
        name: Arc<str>,
    },
    /// Text or bytes from a kubelet: log lines, or what a command printed.
    Stream(StreamChunk),
}

/// A list and the revision at which it was true.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// The objects, ordered by namespace and name.
    pub items: Vec<Object>,
    /// The revision of the store.
    pub revision: u64,
    /// Where to go on, if a limit cut the list.
    pub continue_token: Option<Arc<str>>,
    /// How many items the limit left out.
    pub remaining: Option<usize>,
}

/// `autoscaling/v1` Scale of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Which workload.
    pub key: ObjectKey,
    /// Replicas asked for.
    pub spec_replicas: i32,
    /// Replicas there are.
    pub status_replicas: i32,
    /// The selector of its Pods, in string form.
    pub selector: Arc<str>,
    /// The revision of the workload.
    pub revision: u64,
    /// Its UID.
    pub uid: Arc<str>,
    /// When it was created.
    pub created: Option<Time>,
}

impl Scale {
    /// As JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut metadata = json!({"name": self.key.name, "uid": self.uid,
            "resourceVersion": self.revision.to_string(), "creationTimestamp": self.created});
        if !self.key.namespace.is_empty() {
            metadata["namespace"] = (*self.key.namespace).into();
        }
        json!({
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
            "spec": {"replicas": self.spec_replicas},
            "status": {"replicas": self.status_replicas, "selector": self.selector}
        })
    }
}

/// A piece of a log or of what a command printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamChunk {
    /// Standard output, or log lines.
    pub stdout: Arc<[u8]>,
    /// Standard error.
    pub stderr: Arc<[u8]>,
    /// The exit code, with the last piece of an exec; 0 ends a log.
    pub exit_code: Option<i32>,
}

impl StreamChunk {
    /// What standard output says, as text.
    #[must_use]
    pub fn stdout_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.stdout)
    }

    /// What standard error says, as text.
    #[must_use]
    pub fn stderr_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.stderr)
    }
}

/// One event of a watch.
#[derive(Clone, Debug)]
pub struct WatchEvent {
    /// What happened.
    pub kind: WatchEventKind,
    /// The object after it happened; before it, for `Deleted`.
    pub object: Object,
    /// The revision of the change.
    pub revision: u64,
    /// What caused the change.
    pub cause: CauseId,
}

/// What happened to a watched object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchEventKind {
    /// It was created, or began to match the selector.
    Added,
    /// It was changed.
    Modified,
    /// It was removed, or ceased to match the selector.
    Deleted,
    /// Nothing happened up to this revision.
    Bookmark,
}

impl From<Payload> for Response {
    fn from(payload: Payload) -> Self {
        Self { payload, warnings: Vec::new(), is_new: false }
    }
}

impl Response {
    /// The object it carries, if it carries one.
    #[must_use]
    pub fn object(&self) -> Option<&Object> {
        match &self.payload {
            Payload::Object(object) => Some(object),
            _ => None,
        }
    }
}
