//! What each verb does to an object, given its present state: the answer, or the transaction that has to be proposed.
//!
//! The functions here change nothing themselves. When the transaction finds that the object has changed meanwhile, the
//! server calls them again with what etcd holds (upstream's `GuaranteedUpdate`).

mod apply;
pub(super) mod binding;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod eviction;
pub(super) mod get;
pub(super) mod list;
mod ownership;
pub(super) mod patch;
pub(super) mod proxy;
pub(super) mod review;
pub(super) mod scale;
mod summary;
pub(super) mod update;

use std::sync::Arc;

use crate::engine::{Cause, CauseId, SimTime, Stream, Trace};
use crate::etcd::{Key, KeyValue, LeaseId, Store, Txn};
use crate::model::feature_gates::FeatureGates;
use crate::model::{Object, ObjectKey};

use super::admission::Review;
use super::admission::resource_quota::Charge;
use super::admission::webhook::calls::Calls;
use super::alike::Alike;
use super::authorization::Authorizer;
use super::effect::Inbound;
use super::request::Payload;
use super::status::Status;
use super::stored::Stored;

/// What stands under the key of the request; `None`: nothing.
pub(super) type Current = Option<Arc<KeyValue<Stored>>>;

/// One attempt at a write.
pub(super) struct Work<'a> {
    pub(super) now: SimTime,
    pub(super) store: &'a Store<Stored>,
    pub(super) inbound: &'a Inbound,
    pub(super) random: &'a mut Stream,
    pub(super) warnings: &'a mut Vec<Arc<str>>,
    pub(super) trace: &'a mut Trace,
    /// The cause that an earlier attempt has written down.
    pub(super) cause: &'a mut Option<CauseId>,
    /// The lease of Events.
    pub(super) lease: Option<LeaseId>,
    /// What states of objects have in common.
    pub(super) alike: &'a mut Alike,
    /// Which features are on.
    pub(super) gates: FeatureGates,
    /// Who may do what.
    pub(super) authorizer: &'a Authorizer,
    /// Whether there are webhooks or policies at all.
    pub(super) is_extended: bool,
    /// What webhooks have been asked so far.
    pub(super) calls: &'a mut Calls,
}

/// What an attempt came to.
pub(super) enum Step {
    /// There is nothing to store.
    Answer(Payload),
    /// This has to be stored.
    Write(Box<Write>),
}

/// A transaction, and what is answered when it goes through.
#[derive(Clone, Debug)]
pub(super) struct Write {
    pub(super) txn: Txn<Stored>,
    /// The key whose value an unsuccessful transaction reads.
    pub(super) key: Key,
    /// The object that is written.
    pub(super) object: ObjectKey,
    /// Whether its name was generated.
    pub(super) is_generated: bool,
    pub(super) reply: Reply,
    /// What has to be charged to quotas before.
    pub(super) charges: Vec<Charge>,
}

/// What is answered when a transaction goes through.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// The object as it was written.
    Written,
    /// The scale of the object as it was written.
    Scale,
    /// Something that was known before.
    Given(Box<Payload>),
}

impl Work<'_> {
    /// What plug-ins look at.
    pub(super) fn review(&mut self) -> Review<'_> {
        Review {
            request: &self.inbound.request,
            store: self.store,
            random: self.random,
            warnings: self.warnings,
            is_extended: self.is_extended,
            calls: self.calls,
        }
    }

    /// Writes down why the object is about to change; an attempt that is repeated has one cause.
    pub(super) fn record(&mut self, verb: &'static str, object: &ObjectKey, text: impl FnOnce() -> String) -> CauseId {
        if let Some(cause) = *self.cause {
            return cause;
        }
        let parent = self.inbound.cause;
        let cause = if self.trace.is_on() {
            let (actor, object, text) = (Arc::clone(&self.inbound.actor), object.path().into(), text().into());
            self.trace.record(Cause { parent, at: self.now, actor, verb, object, text })
        } else {
            parent
        };
        *self.cause = Some(cause);
        cause
    }

    /// Whether the user may grant what this role or binding grants.
    pub(super) fn check_escalation(&self, object: &Object, old: Option<&Object>) -> Result<(), Box<Status>> {
        self.authorizer.check_escalation(object, old, &self.inbound.request, self.store)
    }

    /// 404 about the object of the request.
    pub(super) fn not_found(&self) -> Box<Status> {
        let request = &self.inbound.request;
        Box::new(Status::not_found(request.kind, &request.name))
    }

    /// Whether nothing is to be stored.
    pub(super) fn is_dry_run(&self) -> bool {
        self.inbound.request.options.dry_run
    }
}

/// The object behind an entry, with its revision.
pub(super) fn object_of(current: &Current) -> Option<Object> {
    Stored::of(current.as_deref()?)
}

impl Step {
    /// The same step with another answer.
    pub(super) fn replying(self, reply: Reply) -> Self {
        match self {
            Self::Write(mut write) => {
                write.reply = reply;
                Self::Write(write)
            }
            // A dry run answers as the real one would.
            Self::Answer(answer) => match reply {
                Reply::Given(payload) => Self::Answer(*payload),
                _ => Self::Answer(answer),
            },
        }
    }
}

impl From<Write> for Step {
    fn from(write: Write) -> Self {
        Self::Write(Box::new(write))
    }
}

impl From<Payload> for Step {
    fn from(payload: Payload) -> Self {
        Self::Answer(payload)
    }
}
