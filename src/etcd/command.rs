//! What the members agree on: commands in the log, and how the store obeys them.

use super::error::EtcdError;
use super::raft::{Machine, ProposalId};
use super::store::{Alarm, Event, KeyRange, LeaseId, Op, Revision, Store, Txn, TxnResponse, Value};
use crate::engine::SimDuration;

/// One command in the log.
#[derive(Clone, Debug)]
pub struct Command<V> {
    /// Who asked for it.
    pub proposal: ProposalId,
    /// What is to be done.
    pub action: Action<V>,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Action<V> {
    /// A transaction.
    Txn(Txn<V>),
    /// Forget what happened before a revision.
    Compact(Revision),
    /// Add a lease that lives for so long.
    Grant(LeaseId, SimDuration),
    /// End a lease and what hangs on it.
    Revoke(LeaseId),
    /// Raise an alarm for the whole group.
    Raise(Alarm),
    /// Disarm all alarms.
    Disarm,
}

/// What came of a command.
#[derive(Clone, Debug)]
pub struct Outcome<V> {
    /// Who asked for it.
    pub proposal: ProposalId,
    /// What it answers.
    pub result: Result<Obeyed<V>, EtcdError>,
    /// What it changed.
    pub events: Vec<Event<V>>,
}

/// What was done.
#[derive(Clone, Debug)]
pub enum Obeyed<V> {
    /// A transaction, and whether it might have put something.
    Txn(TxnResponse<V>, Puts),
    /// A compaction.
    Compacted(Revision),
    /// A new lease.
    Granted(LeaseId, SimDuration),
    /// A lease ended.
    Revoked(LeaseId),
    /// Alarms went on or off.
    Alarms,
}

/// Whether a transaction has a branch that stores something, and so counts against the quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Puts {
    /// It has.
    Some,
    /// It has none.
    None,
}

impl<V> Command<V> {
    /// The command in a few words, for a picture of the log: `put /registry/pods/default/web`.
    #[must_use]
    pub fn summary(&self) -> String {
        match &self.action {
            Action::Txn(txn) => txn.success.iter().map(op_summary).collect::<Vec<_>>().join(", "),
            Action::Compact(revision) => format!("compact {revision}"),
            Action::Grant(id, ttl) => format!("lease grant {id} for {ttl}"),
            Action::Revoke(id) => format!("lease revoke {id}"),
            Action::Raise(alarm) => format!("alarm raise {alarm}"),
            Action::Disarm => "alarm disarm".to_owned(),
        }
    }
}

fn op_summary<V>(op: &Op<V>) -> String {
    let keys = |range: &KeyRange| match range {
        KeyRange::Key(key) => key.to_string(),
        KeyRange::Prefix { prefix, .. } => format!("{prefix}*"),
    };
    match op {
        Op::Put { key, .. } => format!("put {key}"),
        Op::Delete(range) => format!("delete {}", keys(range)),
        Op::Range { range, .. } => format!("range {}", keys(range)),
    }
}

impl<V: Value> Machine for Store<V> {
    type Command = Command<V>;
    type Outcome = Outcome<V>;

    fn apply(&mut self, command: &Command<V>) -> Outcome<V> {
        let mut events = Vec::new();
        let result = match &command.action {
            Action::Txn(txn) => {
                let puts = if txn.puts() { Puts::Some } else { Puts::None };
                self.txn(txn, &mut events).map(|response| Obeyed::Txn(response, puts))
            }
            Action::Compact(revision) => self.compact(*revision).map(|()| Obeyed::Compacted(*revision)),
            Action::Grant(id, ttl) => self.grant(*id, *ttl).map(|()| Obeyed::Granted(*id, *ttl)),
            Action::Revoke(id) => self.revoke(*id, &mut events).map(|()| Obeyed::Revoked(*id)),
            Action::Raise(alarm) => {
                self.raise(*alarm);
                Ok(Obeyed::Alarms)
            }
            Action::Disarm => {
                self.disarm();
                Ok(Obeyed::Alarms)
            }
        };
        Outcome { proposal: command.proposal, result, events }
    }
}
