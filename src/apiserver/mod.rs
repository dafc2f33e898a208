//! The only door to etcd: authenticate, authorise, admit, default, validate, store, announce.
//!
//! What comes in: a [`Request`] with the [`Caller`] behind it. What goes out: its [`Outcome`], and the events of the
//! watches that are open.
//!
//! The server is a pure state machine: calls come in, [`Effect`]s go out, and whoever runs it (the cluster, or
//! [`Standalone`] for tests) carries them and adds the time that this takes.
//!
//! **Invariants.** Nothing is stored but through the whole pipeline: authentication, authorisation, mutating admission,
//! defaulting and validation, validating admission with the quota last, etcd. A server keeps nothing that it could not
//! read again from etcd.
//!
//! Reading order: [`request`], [`status`], [`effect`], [`server`], `authentication`, [`authorization`], `verbs`, [`admission`],
//! `registry`, `managed_fields`, `watch`, `bootstrap`, [`standalone`].

pub mod admission;
mod aggregation;
mod alike;
mod allocation;
mod authentication;
pub mod authorization;
mod bootstrap;
mod custom_resources;
mod decode;
mod deprecation;
pub mod effect;
mod field;
mod fields;
mod go_json;
pub mod health;
mod managed_fields;
mod quota_writes;
mod registry;
pub mod request;
pub mod response;
mod selection;
pub mod server;
pub mod standalone;
pub mod status;
pub mod storage_key;
pub mod stored;
mod verbs;
mod watch;
pub mod write_options;

pub use authorization::{DEFAULT_MODES, Mode};
pub use bootstrap::bootstrap_objects;
pub use effect::{Called, Ctx, Effect, Inbound, Outcall};
pub use health::{Check, Health};
pub use managed_fields::Ownership;
pub use request::{
    Body, Caller, Credentials, DeleteOptions, ExecOptions, FieldValidation, List, LogOptions, Options, Outcome,
    PatchType, Payload, Propagation, Request, Response, Scale, StreamChunk, Subresource, Ticket, User, Verb,
    VersionMatch, WatchEvent, WatchEventKind,
};
pub use server::ApiServer;
pub use standalone::Standalone;
pub use status::{Details, FieldCause, Reason, Status};
pub use stored::{Record, Stored};
pub use write_options::WriteOptions;

#[cfg(test)]
mod tests;
