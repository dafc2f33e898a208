//! Elections: who may ask for a vote, who gets it, and how a leader notices that it has lost its quorum.

use super::entry::{Index, Payload, Term};
use super::leadership::Leadership;
use super::machine::Machine;
use super::message::{Body, Occasion, Poll};
use super::node::{MessageOf, Raft, Role};
use crate::engine::{SimDuration, SimTime};
use crate::etcd::member_id::MemberId;

impl<M: Machine> Raft<M> {
    /// Compares the term of a message with our own; false when the message is to be ignored.
    pub(super) fn accepts_term(&mut self, now: SimTime, from: MemberId, message: &MessageOf<M>) -> bool {
        if message.term > self.term {
            match &message.body {
                Body::Vote { occasion: Occasion::Timeout, .. } if self.has_live_leader(now) => return false,
                Body::Vote { poll: Poll::PreVote, .. } | Body::VoteReply { poll: Poll::PreVote, granted: true } => {}
                Body::Append { .. } | Body::Heartbeat { .. } | Body::Snapshot(_) => {
                    self.become_follower(now, message.term, Some(from));
                }
                _ => self.become_follower(now, message.term, None),
            }
        } else if message.term < self.term {
            match &message.body {
                Body::Append { .. } | Body::Heartbeat { .. } | Body::Snapshot(_) => self.send(from, Body::Outdated),
                Body::Vote { poll: Poll::PreVote, .. } => {
                    self.send(from, Body::VoteReply { poll: Poll::PreVote, granted: false });
                }
                _ => {}
            }
            return false;
        }
        true
    }

    /// Whether a leader was heard of recently, so that nobody needs an election.
    fn has_live_leader(&self, now: SimTime) -> bool {
        self.role == Role::Leader || (self.leader.is_some() && now < self.heard + self.settings.election_timeout)
    }

    pub(super) fn on_vote(
        &mut self,
        now: SimTime,
        from: MemberId,
        (term, poll): (Term, Poll),
        (last_term, last_index): (Term, Index),
    ) {
        let free = match poll {
            Poll::PreVote => term > self.term,
            Poll::Vote => self.vote == Some(from) || (self.vote.is_none() && self.leader.is_none()),
        };
        let granted = free && self.log.is_no_newer_than(last_term, last_index);
        if granted && poll == Poll::Vote {
            self.vote = Some(from);
            self.reset_election_timer(now);
        }
        let term = if granted { term } else { self.term };
        self.outbox.push((from, MessageOf::<M> { term, body: Body::VoteReply { poll, granted } }));
    }

    pub(super) fn on_vote_reply(&mut self, now: SimTime, from: MemberId, (term, poll): (Term, Poll), granted: bool) {
        let asked = match self.role {
            Role::PreCandidate => poll == Poll::PreVote && (!granted || term == self.term.next()),
            Role::Candidate => poll == Poll::Vote,
            _ => false,
        };
        if asked {
            self.votes.insert(from, granted);
            self.count_votes(now);
        }
    }

    fn count_votes(&mut self, now: SimTime) {
        if self.configuration.has_quorum(|id| self.votes.get(&id) == Some(&true)) {
            match self.role {
                Role::PreCandidate => self.become_candidate(now, Occasion::Timeout),
                _ => self.become_leader(now),
            }
        } else if self.configuration.has_quorum(|id| self.votes.get(&id) == Some(&false)) {
            self.become_follower(now, self.term, None);
        }
    }

    /// Whether this member may campaign: it votes, and knows every change of membership that was committed.
    pub(super) fn is_promotable(&self) -> bool {
        let unapplied = self.log.iter_from(self.applied + 1).take_while(|entry| entry.index <= self.commit);
        self.configuration.is_voter(self.id)
            && !unapplied.into_iter().any(|entry| matches!(entry.payload, Payload::Configuration { .. }))
    }

    /// Finds out whether an election could be won.
    pub(super) fn campaign(&mut self, now: SimTime) {
        (self.role, self.leader) = (Role::PreCandidate, None);
        self.reset_election_timer(now);
        self.ask_for_votes(now, Poll::PreVote, Occasion::Timeout);
    }

    fn become_candidate(&mut self, now: SimTime, occasion: Occasion) {
        (self.role, self.leader, self.vote) = (Role::Candidate, None, Some(self.id));
        self.term = self.term.next();
        self.reset_election_timer(now);
        self.ask_for_votes(now, Poll::Vote, occasion);
    }

    fn ask_for_votes(&mut self, now: SimTime, poll: Poll, occasion: Occasion) {
        self.votes = [(self.id, true)].into();
        let term = if poll == Poll::PreVote { self.term.next() } else { self.term };
        let (last_index, last_term) = (self.log.last_index(), self.log.last_term());
        for to in self.configuration.voters.iter().copied().filter(|id| *id != self.id) {
            let body = Body::Vote { poll, last_index, last_term, occasion };
            self.outbox.push((to, MessageOf::<M> { term, body }));
        }
        self.count_votes(now);
    }

    fn become_leader(&mut self, now: SimTime) {
        (self.role, self.leader) = (Role::Leader, Some(self.id));
        let others = self.configuration.members().filter(|id| *id != self.id);
        let due = (now + self.settings.heartbeat, now + self.settings.election_timeout);
        self.leadership = Some(Leadership::new(others, self.log.last_index(), due));
        self.log.append(self.term, Payload::Empty);
    }

    pub(super) fn become_follower(&mut self, now: SimTime, term: Term, leader: Option<MemberId>) {
        if term > self.term {
            (self.term, self.vote) = (term, None);
        }
        (self.role, self.leader, self.leadership) = (Role::Follower, leader, None);
        self.votes.clear();
        self.reads.lose_leadership();
        self.reset_election_timer(now);
    }

    /// The leader of this term was heard of.
    pub(super) fn follow(&mut self, now: SimTime, leader: MemberId) {
        if self.role != Role::Follower || self.leader != Some(leader) {
            self.become_follower(now, self.term, Some(leader));
        }
        self.heard = now;
        self.election_due = now + self.election_due_after;
    }

    /// The leader wants this member to take its place.
    pub(super) fn on_timeout_now(&mut self, now: SimTime) {
        if self.role == Role::Follower && self.is_promotable() {
            self.become_candidate(now, Occasion::Transfer);
        }
    }

    pub(super) fn reset_election_timer(&mut self, now: SimTime) {
        self.election_due_after = self.random_timeout();
        self.election_due = now + self.election_due_after;
    }

    /// Between one and two election timeouts, so that members seldom campaign at the same time.
    pub(super) fn random_timeout(&mut self) -> SimDuration {
        let timeout = self.settings.election_timeout;
        self.random.between(timeout, (timeout * 2).saturating_sub(SimDuration::from_micros(1)))
    }
}
