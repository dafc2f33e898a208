//! What every component holds instead of a reference to the others: requests, informers, a work queue, an event recorder,
//! a lock on a Lease.
//!
//! A component is a value that is told what happened ([`Incoming`]) and says what it wants ([`Ctx`]). It never waits:
//! it sends a request and is told the outcome under the same [`Ticket`].
//!
//! **Invariants.** Nothing here touches a store or another component. Everything a component knows came through a request
//! or a watch, so it may be out of date, as in Kubernetes.
//!
//! Reading order: [`component`], [`store`], [`informer`], [`workqueue`], [`controller`], [`runner`], [`recorder`], [`lease`].

pub mod component;
pub mod controller;
pub mod informer;
pub mod lease;
mod name_index;
pub mod recorder;
pub mod runner;
pub mod store;
pub mod workqueue;

/// What objects use of a quota, and to which quotas they belong: admission and the quota controller count alike.
pub mod quota {
    pub use crate::apiserver::admission::resource_quota::{Usage, applies, usage_of};
}

pub use component::{Component, Ctx, Desk, Effect, Identity, Incoming, Timer};
pub use controller::{Call, Controller, Enqueue, Plan, Verdict};
pub use informer::{Delta, Informer};
pub use lease::{Election, Elector};
pub use recorder::{EventType, Recorder, reference};
pub use runner::Runner;
pub use store::{Caches, Store};
pub use workqueue::WorkQueue;

// What a component says to the API server; re-exported because a component knows the server only through its client.
pub use crate::apiserver::{
    Body, DeleteOptions, ExecOptions, List, LogOptions, Options, Outcome, PatchType, Payload, Propagation, Reason,
    Request, Response, Scale, Status, StreamChunk, Subresource, Ticket, User, Verb, WatchEvent, WatchEventKind,
};
