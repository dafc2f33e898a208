//! The format of the image catalogue, which scenarios use as well.
//!
//! Texts marked *template* may hold `${hostname}`, `${ip}`, `${env:NAME}`, `${arg:NAME}` (the value of `-NAME`, `--NAME`,
//! `--NAME=value`, `-NAME value`), `${arg:1}` (a plain argument), and in answers and request logs also `${path}`,
//! `${method}`, `${query:NAME}`, `${from}`, `${status}`, `${requests}` (answered so far), each with an optional default:
//! `${env:PORT:-8080}`; `${env:PORT:+set}` is `set` where there is a value and nothing where there is none.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::executable::{Dialect, Flavour};
pub use super::units::{Bytes, Span, Template, parse_bytes, parse_cpu, parse_span};
use crate::machine::signal::Signal;

/// One image with its tags.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ImageSpec {
    /// `nginx`, `podlab/web`, `registry.k8s.io/pause`.
    pub name: String,
    /// What it is, in a sentence.
    pub about: String,
    /// The tags that exist; each is an image of its own with its own digest.
    pub tags: Vec<String>,
    /// Compressed size in bytes.
    pub size: u64,
    /// The only processor that it was built for (`arm64`); absent: there is a build for every node. A node with another one pulls it
    /// all the same and fails when it runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// Whether a pull needs credentials: user name and password that the registry accepts.
    pub credentials: Option<Login>,
    /// `USER`
    pub user: String,
    /// `ENV`
    pub env: BTreeMap<String, String>,
    /// `WORKDIR`
    pub working_dir: String,
    /// `ENTRYPOINT`
    pub entrypoint: Vec<String>,
    /// `CMD`
    pub cmd: Vec<String>,
    /// `STOPSIGNAL`; TERM when absent.
    pub stop_signal: Option<Signal>,
    /// `EXPOSE`
    pub expose: Vec<u16>,
    /// What `/bin/sh` is; an image without one has no shell at all.
    pub shell: Option<Dialect>,
    /// Whether `/bin/bash` is there too.
    pub bash: bool,
    /// Whose tools are in `/bin`; an image without them has none.
    pub tools: Option<Flavour>,
    /// Tools beyond the usual set, or the only ones when `tools` is absent: `curl`, `nslookup`.
    pub extra_tools: Vec<String>,
    /// Files by path.
    pub files: BTreeMap<String, FileSpec>,
    /// Folders by path, empty, writable by all.
    pub directories: Vec<String>,
    /// What the image's own programs do.
    pub programs: Vec<ProgramSpec>,
}

/// A user name and a password.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Login {
    /// The user.
    pub username: String,
    /// The password.
    pub password: String,
}

/// A file of an image: its text, or text and permissions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FileSpec {
    /// A text file with permissions 644.
    Text(String),
    /// A file with more to say.
    Full(FullFileSpec),
}

/// A file with permissions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct FullFileSpec {
    /// What is in it.
    pub text: String,
    /// `"755"` makes a script executable.
    pub mode: String,
    /// Numeric owner.
    pub owner: u32,
}

/// What one program does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProgramSpec {
    /// Where it lies: `/usr/sbin/nginx`.
    pub path: String,
    /// Lines written after its start.
    pub log: Vec<LogSpec>,
    /// Whether it then replaces itself by the command in its arguments, as `exec "$@"` in a script.
    pub then_arguments: bool,
    /// Ports it listens on.
    pub listen: Vec<ListenSpec>,
    /// How it takes signals; a signal that is not named has its default action (which PID 1 does not feel).
    pub signals: BTreeMap<Signal, ReactionSpec>,
    /// Its memory.
    pub memory: MemorySpec,
    /// Its use of the processor.
    pub cpu: CpuSpec,
    /// When it ends by itself.
    pub ends: Option<EndSpec>,
    /// Template: one line per answered request.
    pub request_log: Option<String>,
    /// Whether it collects orphans when it is PID 1.
    pub reaps: bool,
    /// The part of a cluster that it is: podlab runs the logic of `metrics-server` while the program runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// What it does instead when its first argument is one of these, as `agnhost netexec`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub subcommands: BTreeMap<String, ProgramSpec>,
    /// Why it does not start, by a template that must not be empty: variables that must be set.
    pub requires_env: Vec<RequiredEnv>,
}

/// A variable without which the program ends at once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RequiredEnv {
    /// Any of these will do.
    pub any_of: Vec<String>,
    /// What it says then, to standard error.
    pub message: String,
    /// Its exit code then.
    pub exit: i32,
}

/// A line in the log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LogSpec {
    /// How long after the start.
    pub after: Span,
    /// Template.
    pub text: String,
    /// Whether it goes to standard error.
    pub stderr: bool,
}

/// A port a program listens on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ListenSpec {
    /// Template that ends in a number: `80`, `${arg:listen:-:5678}`.
    pub port: Template,
    /// How long after the start; a duration or a template of one.
    pub after: Template,
    /// What it answers over HTTP, first match first; none means a bare TCP server.
    pub routes: Vec<RouteSpec>,
    /// The folder whose files are served when no route matches.
    pub document_root: Option<String>,
    /// It is an admission webhook: the file with its rules, which it reads again for every review. What is posted and no route
    /// answers is taken to be a review.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admission: Option<String>,
}

/// What is answered on some paths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RouteSpec {
    /// A path, or the beginning of paths when it ends in `*`.
    pub path: String,
    /// Only this method.
    pub method: Option<String>,
    /// The status.
    pub status: Template,
    /// Template.
    pub body: String,
    /// Headers, templates.
    pub headers: BTreeMap<String, String>,
    /// How long an answer takes; a duration or a template of one.
    pub latency: Template,
    /// Until this long after the start the answer is 503.
    pub ready_after: Template,
    /// The answer is 500 until the component behind the program is ready.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub when_ready: bool,
    /// From this long after the start the answer is 500.
    pub fails_after: Option<Template>,
    /// From this long after the start there is no answer at all: the program hangs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hangs_after: Option<Template>,
    /// Makes the program end with this code after answering.
    pub exit: Option<i32>,
    /// Memory this request takes and keeps.
    pub leaks: Bytes,
}

impl Default for RouteSpec {
    fn default() -> Self {
        Self {
            path: "*".into(),
            method: None,
            status: Template("200".into()),
            body: String::new(),
            headers: BTreeMap::new(),
            latency: Template("2ms".into()),
            ready_after: Template::default(),
            when_ready: false,
            fails_after: None,
            hangs_after: None,
            exit: None,
            leaks: Bytes(0),
        }
    }
}

/// How a program takes a signal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ReactionSpec {
    /// Lines written at once, templates.
    pub log: Vec<String>,
    /// It ends with this code; absent: it lives on.
    pub exit: Option<i32>,
    /// How long the end takes; a duration or a template of one.
    pub after: Template,
    /// Whether it first answers the requests under way, and takes no new ones.
    pub drain: bool,
    /// While draining, new requests are still answered.
    pub keep_listening: bool,
    /// The drain is cut off after this long; a duration or a template of one.
    pub drain_timeout: Option<Template>,
    /// Lines written at the end, templates.
    pub last_log: Vec<String>,
}

/// Memory over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MemorySpec {
    /// At the start; bytes or a template of them.
    pub start: Template,
    /// Where it grows to; absent: it stays.
    pub grow_to: Option<Template>,
    /// How long that takes, evenly.
    pub over: Template,
    /// When the growth begins.
    pub after: Template,
    /// While a request is under way.
    pub per_request: Bytes,
}

impl Default for MemorySpec {
    fn default() -> Self {
        Self {
            start: Template("4Mi".into()),
            grow_to: None,
            over: Template::default(),
            after: Template::default(),
            per_request: Bytes(0),
        }
    }
}

/// Use of the processor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CpuSpec {
    /// Thousandths of a processor, always; a number or a template of one, `250m` and `2` are understood.
    pub idle: Template,
    /// Processor time per request.
    pub per_request: Span,
}

/// The end of a program that ends by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct EndSpec {
    /// How long after the start; a duration or a template of one. An empty result means never.
    pub after: Template,
    /// The exit code; a number or a template of one.
    pub exit: Template,
    /// Lines written before, to standard error, templates.
    pub log: Vec<String>,
}
