//! The only door to etcd: authenticate, authorise, admit, default, validate, store, announce.
//!
//! What comes in: a [`Request`] with the [`Caller`] behind it. What goes out: its [`Outcome`], and the events of the
//! watches that are open.
//!
//! Reading order: [`request`], [`status`].

pub mod request;
pub mod status;

pub use request::{
    Body, Caller, DeleteOptions, ExecOptions, FieldValidation, List, LogOptions, Options, Outcome, PatchType, Payload,
    Propagation, Request, Response, Scale, StreamChunk, Subresource, Ticket, User, Verb, WatchEvent, WatchEventKind,
};
pub use status::{Details, FieldCause, Reason, Status};
