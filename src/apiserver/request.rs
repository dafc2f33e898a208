//! A request to the API server, and its answer. Every component, `kubectl` and the wire speak in these.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Kind, Object, ObjectKey};

pub use super::response::{List, Outcome, Payload, Response, Scale, StreamChunk, WatchEvent, WatchEventKind};

/// Who asks, as authentication establishes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// `system:kube-scheduler`, `system:node:node-1`, `kubernetes-admin`.
    pub name: Arc<str>,
    /// `system:masters`, `system:nodes`, …
    pub groups: Vec<Arc<str>>,
    /// What tells users of one name apart over time, as the UID of a ServiceAccount does; empty for most.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub uid: Arc<str>,
    /// What else authentication knows: the Pod and the node of a token, the number of a certificate.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<Arc<str>, Vec<Arc<str>>>,
}

impl User {
    /// The group of those who may do everything. Source: `user.SystemPrivilegedGroup`.
    pub const MASTERS: &'static str = "system:masters";
    /// The group of everybody who was recognised. Source: `user.AllAuthenticated`.
    pub const AUTHENTICATED: &'static str = "system:authenticated";

    /// A user of these groups.
    #[must_use]
    pub fn new(name: &str, groups: &[&str]) -> Self {
        Self { name: name.into(), groups: groups.iter().map(|group| Arc::from(*group)).collect(), ..Self::default() }
    }

    /// Whether the user is of a group.
    #[must_use]
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|one| **one == *group)
    }
}

/// What a request says about who sends it.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// The user, without a name when the edge does not know.
    pub user: Arc<User>,
    /// A token that the edge does not know.
    pub bearer: Option<Arc<str>>,
    /// Whom the user wants to be taken for.
    pub impersonate: Option<Arc<User>>,
}

/// A connection to an API server, as the server sees it. The cluster knows which component is behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Caller(pub u32);

/// The number by which a caller recognises the answer to one of its requests, or the events of one of its watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each variant is the API verb of that name")]
pub enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
}

impl Verb {
    /// As RBAC, audit logs and causes spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
        }
    }
}

/// A part of an object with rules of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each variant is the subresource of that name")]
pub enum Subresource {
    /// The object itself.
    #[default]
    None,
    Status,
    Scale,
    Binding,
    Eviction,
    Finalize,
    Log,
    Exec,
    Attach,
    PortForward,
    EphemeralContainers,
    Resize,
    Token,
}

impl Subresource {
    /// Whether a kubelet answers, and goes on answering: the API server only hands the connection on.
    #[must_use]
    pub fn is_stream(self) -> bool {
        self == Self::Log || self.is_upgraded()
    }

    /// Whether the connection becomes one of another protocol, in both directions.
    #[must_use]
    pub fn is_upgraded(self) -> bool {
        matches!(self, Self::Exec | Self::Attach | Self::PortForward)
    }
}

/// A request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Who asks, as the connection tells; without a name, [`Request::bearer`] has to tell.
    pub user: Arc<User>,
    /// The token of an `Authorization: Bearer` header that the edge did not know, for the server to look up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer: Option<Arc<str>>,
    /// Whom the user wants to be taken for (`--as`, `--as-group`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impersonate: Option<Arc<User>>,
    /// The program that asks: `kubectl`, `kube-scheduler`, `kubelet`; becomes the field manager.
    pub agent: Arc<str>,
    /// What is to be done.
    pub verb: Verb,
    /// To which kind.
    pub kind: Kind,
    /// In which namespace; empty for the cluster's own kinds, or for all namespaces when listing.
    pub namespace: Arc<str>,
    /// To which object; empty when listing, watching, or creating with a generated name.
    pub name: Arc<str>,
    /// To which part of it.
    pub subresource: Subresource,
    /// What comes along.
    pub body: Body,
    /// How.
    pub options: Options,
}

/// What comes along with a request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Body {
    /// Nothing.
    #[default]
    None,
    /// A typed object, as components send it; it never comes from outside, so no journal holds one.
    #[serde(skip)]
    Object(Object),
    /// A manifest as it was read, so that unknown fields and wrong types can be told.
    Manifest(Value),
    /// A patch.
    Patch(PatchType, Value),
    /// A status patch whose outcome is this object's status: conditions are merged by type, every other field of the status is
    /// replaced. What the kubelet's strategic merge patch amounts to, without the detour through JSON.
    #[serde(skip)]
    StatusOf(Object),
    /// The number of replicas, for `scale`.
    Scale(i32),
    /// The node, for `binding`.
    Binding(Arc<str>),
    /// How to delete; also for `eviction`.
    Delete(DeleteOptions),
    /// Which log, for `log`.
    Log(LogOptions),
    /// Which command, for `exec`.
    Exec(ExecOptions),
    /// Which streams of which container, for `attach`; there is no command.
    Attach(ExecOptions),
    /// A connection for `portforward`; which ports comes later.
    PortForward,
}

/// The kinds of patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PatchType {
    /// RFC 6902, a list of operations.
    Json,
    /// RFC 7386.
    Merge,
    /// Kubernetes' own, which knows how lists merge.
    Strategic,
    /// Server-side apply.
    Apply,
}

/// How a request is to be carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Only objects with these labels, in the selector's string form.
    pub label_selector: Option<Arc<str>>,
    /// Only objects with these fields.
    pub field_selector: Option<Arc<str>>,
    /// The revision to start from, or `Some(0)` for whatever the watch cache holds. `None` is a read of the latest state.
    pub resource_version: Option<u64>,
    /// At the most so many items.
    pub limit: Option<usize>,
    /// Where the last page ended.
    pub continue_token: Option<Arc<str>>,
    /// Whether a watch wants bookmarks.
    pub bookmarks: bool,
    /// Go through every stage but do not store.
    pub dry_run: bool,
    /// What happens to unknown and duplicate fields.
    pub field_validation: FieldValidation,
    /// The field manager, when it is not the agent.
    pub field_manager: Option<Arc<str>>,
    /// Server-side apply takes fields over from other managers.
    pub force: bool,
    /// How `resource_version` of a list or a watch is to be understood (`resourceVersionMatch`).
    pub resource_version_match: Option<VersionMatch>,
    /// Whether a watch begins with what there is (`sendInitialEvents`); then a bookmark tells where that ends.
    pub send_initial_events: Option<bool>,
    /// After how many seconds a watch ends (`timeoutSeconds`); the server's own choice when absent.
    pub timeout_seconds: Option<u64>,
    /// Whether answers and events carry `metadata.managedFields`. The wire asks for them always, as every server sends them;
    /// components do without, as the informers of kube-scheduler and kube-controller-manager trim them.
    pub managed_fields: bool,
    /// The fields that stood twice in the body, found where its text was read ([`crate::model::json_read::parse`]).
    pub duplicate_fields: Vec<Arc<str>>,
}

/// How the revision in a list or watch is to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VersionMatch {
    /// The state at this very revision.
    Exact,
    /// This revision or a later one.
    NotOlderThan,
}

impl VersionMatch {
    /// As it stands in a URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "Exact",
            Self::NotOlderThan => "NotOlderThan",
        }
    }
}

/// What happens to fields that a kind does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FieldValidation {
    /// They are dropped in silence.
    #[default]
    Ignore,
    /// They are dropped with a warning.
    Warn,
    /// The request is refused.
    Strict,
}

/// How to delete.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteOptions {
    /// Seconds to wait before the process is killed; the object's own default when absent.
    pub grace_period_seconds: Option<i64>,
    /// What happens to dependents.
    pub propagation: Option<Propagation>,
    /// Only if the object still has this UID.
    pub uid: Option<Arc<str>>,
    /// Only if the object is still at this revision.
    pub resource_version: Option<u64>,
}

/// What happens to the dependents of a deleted object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Propagation {
    /// The garbage collector deletes them afterwards.
    Background,
    /// They go first.
    Foreground,
    /// They stay, without their owner.
    Orphan,
}

/// Which lines of which log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogOptions {
    /// The container; the Pod's only or default one when absent.
    pub container: Option<Arc<str>>,
    /// The instance before the present one.
    pub previous: bool,
    /// Go on as lines arrive.
    pub follow: bool,
    /// Only the last so many lines.
    pub tail: Option<usize>,
    /// Only lines of the last so many seconds.
    pub since_seconds: Option<u64>,
    /// Only lines from this instant on, in RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_time: Option<Arc<str>>,
    /// At most so many bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_bytes: Option<usize>,
    /// Each line begins with its time.
    pub timestamps: bool,
}

/// Which command in which container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecOptions {
    /// The container; the Pod's only or default one when absent.
    pub container: Option<Arc<str>>,
    /// The command and its arguments.
    pub command: Vec<Arc<str>>,
    /// What it reads, all of it; for a caller that has it at hand.
    pub stdin: Option<Arc<str>>,
    /// The connection stays: what is written is told at once, what is read comes piece by piece.
    #[serde(default)]
    pub live: bool,
    /// Of a live connection: whether anything will be read at all.
    #[serde(default)]
    pub takes_stdin: bool,
    /// Of a live connection: whether the command gets a terminal.
    #[serde(default)]
    pub tty: bool,
}

impl Request {
    /// A request without name, body or options.
    pub fn new(user: &Arc<User>, agent: &Arc<str>, verb: Verb, kind: Kind, namespace: impl Into<Arc<str>>) -> Self {
        Self {
            user: Arc::clone(user),
            bearer: None,
            impersonate: None,
            agent: Arc::clone(agent),
            verb,
            kind,
            namespace: namespace.into(),
            name: Arc::default(),
            subresource: Subresource::None,
            body: Body::None,
            options: Options::default(),
        }
    }

    /// The same request to the object of this name.
    #[must_use]
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// The same request to a part of the object.
    #[must_use]
    pub fn part(mut self, subresource: Subresource) -> Self {
        self.subresource = subresource;
        self
    }

    /// The same request with a body.
    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// The object it is about.
    #[must_use]
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(self.kind, Arc::clone(&self.namespace), Arc::clone(&self.name))
    }
}
