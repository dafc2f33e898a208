//! The five safety properties of the Raft paper (figure 3), checked on every member after everything it does.

use std::collections::BTreeMap;

use super::network::Tape;
use crate::etcd::member_id::MemberId;
use crate::etcd::raft::{Index, Payload, Raft, Role, Term};

/// What has been seen of the whole group so far.
#[derive(Default)]
pub(super) struct Checker {
    /// Who led in each term.
    leaders: BTreeMap<Term, MemberId>,
    /// What each entry that was ever in a log said, and the term of the entry before it.
    entries: BTreeMap<(Index, Term), (Option<u64>, Term)>,
    /// The committed entries: their term, and the term in which that was first seen.
    committed: BTreeMap<Index, (Term, Term)>,
    /// What the machine was after each entry.
    states: BTreeMap<Index, u64>,
    /// The end of each member's log when it was last seen.
    seen: BTreeMap<MemberId, Seen>,
}

#[derive(Clone, Copy, PartialEq)]
struct Seen {
    role: Role,
    term: Term,
    last: (Index, Term),
    commit: Index,
}

impl Checker {
    /// The last entry that anyone knew to be committed.
    pub(super) fn committed(&self) -> Index {
        self.committed.last_key_value().map_or(0, |(index, _)| *index)
    }

    pub(super) fn check(&mut self, raft: &Raft<Tape>) {
        let now = Seen {
            role: raft.role,
            term: raft.term,
            last: (raft.log.last_index(), raft.log.last_term()),
            commit: raft.commit,
        };
        let before = self.seen.insert(raft.id, now);
        if before != Some(now) {
            self.log_matching(raft);
            self.leader_append_only(raft, before);
            self.state_machine_safety_of_entries(raft, before.map_or(0, |seen| seen.commit));
            self.election_safety(raft);
            if raft.role == Role::Leader && before.is_none_or(|seen| seen.role != Role::Leader) {
                self.leader_completeness(raft);
            }
        }
        self.state_machine_safety(raft);
    }

    fn election_safety(&mut self, raft: &Raft<Tape>) {
        if raft.role == Role::Leader {
            let leader = self.leaders.entry(raft.term).or_insert(raft.id);
            assert_eq!(*leader, raft.id, "two leaders in term {}", raft.term);
        }
    }

    fn leader_append_only(&self, raft: &Raft<Tape>, before: Option<Seen>) {
        let Some(before) = before.filter(|seen| (seen.role, seen.term) == (Role::Leader, raft.term)) else { return };
        if raft.role == Role::Leader {
            let kept = raft.log.term_at(before.last.0).is_none_or(|term| term == before.last.1);
            assert!(raft.log.last_index() >= before.last.0 && kept, "the leader {} changed its log", raft.id);
        }
    }

    /// Entries with the same index and term say the same and follow the same entry, so by induction their logs agree.
    fn log_matching(&mut self, raft: &Raft<Tape>) {
        for entry in raft.log.iter_from(raft.applied.max(raft.log.first_index())) {
            let command = if let Payload::Command(command) = entry.payload { Some(command) } else { None };
            let before = raft.log.term_at(entry.index - 1).unwrap();
            let known = self.entries.entry((entry.index, entry.term)).or_insert((command, before));
            assert_eq!(*known, (command, before), "logs disagree at {} of term {}", entry.index, entry.term);
        }
    }

    fn leader_completeness(&self, raft: &Raft<Tape>) {
        for (index, (term, seen_in)) in self.committed.range(raft.log.first_index()..) {
            if *seen_in < raft.term {
                let found = raft.log.term_at(*index);
                assert_eq!(found, Some(*term), "leader {} of term {} lacks {index}", raft.id, raft.term);
            }
        }
    }

    fn state_machine_safety_of_entries(&mut self, raft: &Raft<Tape>, from: Index) {
        for index in (from.min(raft.commit)..=raft.commit).filter(|index| *index >= raft.log.first_index()) {
            let term = raft.log.term_at(index).unwrap();
            let (known, _) = *self.committed.entry(index).or_insert((term, raft.term));
            assert_eq!(known, term, "two entries committed at {index}");
        }
    }

    fn state_machine_safety(&mut self, raft: &Raft<Tape>) {
        assert!(raft.applied <= raft.commit && raft.applied <= raft.disk.stable_index);
        let state = raft.machine.digest;
        assert_eq!(*self.states.entry(raft.applied).or_insert(state), state, "{} differs at {}", raft.id, raft.applied);
    }
}
