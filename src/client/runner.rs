//! Runs one controller: feeds its queue, works on its keys, carries its plans out.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::apiserver::{Outcome, Ticket, User};
use crate::engine::{CauseId, SimDuration, SimTime};
use crate::model::ObjectKey;

use super::component::{Ctx, Timer};
use super::controller::{Call, Controller, Enqueue, Plan, Verdict};
use super::informer::Delta;
use super::recorder::Recorder;
use super::store::Caches;
use super::workqueue::WorkQueue;

/// The groups of the accounts of kube-system.
const ACCOUNT_GROUPS: [&str; 3] = ["system:serviceaccounts", "system:serviceaccounts:kube-system", User::AUTHENTICATED];

/// A controller with its queue and the plans under way.
#[derive(Clone)]
pub struct Runner {
    number: u64,
    controller: Box<dyn Controller>,
    queue: WorkQueue,
    recorder: Recorder,
    running: BTreeMap<ObjectKey, Running>,
    calls: BTreeMap<Ticket, (ObjectKey, Call)>,
    /// The instant of the earliest timer set for delayed keys.
    wake_at: Option<SimTime>,
    /// The key looked at last, and when.
    last: Option<(ObjectKey, SimTime)>,
    /// In whose name its calls are made, when it is not that of the process.
    account: Option<Arc<User>>,
}

/// A plan under way.
#[derive(Clone, Debug)]
struct Running {
    stages: VecDeque<Vec<Call>>,
    requeue_after: Option<SimDuration>,
    cause: CauseId,
    outstanding: usize,
    /// What the outcomes of the present stages say.
    verdict: Verdict,
    /// The worst that any stage said.
    worst: Verdict,
}

impl Runner {
    /// A runner for `controller`; `number` tells it from others in the same process.
    #[must_use]
    pub fn new(number: u64, controller: Box<dyn Controller>) -> Self {
        let recorder = Recorder::new(controller.event_source());
        let queue =
            controller.backoff().map(|(initial, most)| WorkQueue::with_backoff(initial, most)).unwrap_or_default();
        Self {
            number,
            controller,
            queue,
            recorder,
            running: BTreeMap::new(),
            calls: BTreeMap::new(),
            wake_at: None,
            last: None,
            account: None,
        }
    }

    /// The same, with its calls made in the name of the controller's own ServiceAccount.
    #[must_use]
    pub fn with_account(mut self) -> Self {
        let user = match self.controller.account() {
            "" => User::new("system:apiserver", &[User::MASTERS]),
            account => User::new(&format!("system:serviceaccount:kube-system:{account}"), &ACCOUNT_GROUPS),
        };
        self.account = Some(Arc::new(user));
        self
    }

    /// The controller.
    #[must_use]
    pub fn controller(&self) -> &dyn Controller {
        &*self.controller
    }

    /// How many keys wait or are being worked on.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.queue.len()
    }

    /// The keys being worked on.
    pub fn working_on(&self) -> impl Iterator<Item = &ObjectKey> {
        self.running.keys()
    }

    /// The keys that have failed since they last went well, and how often.
    pub fn failing(&self) -> impl Iterator<Item = (&ObjectKey, u32)> {
        self.queue.failing()
    }

    /// The key looked at last, and when.
    #[must_use]
    pub fn last(&self) -> Option<(&ObjectKey, SimTime)> {
        self.last.as_ref().map(|(key, at)| (key, *at))
    }

    /// The process leads from now on: the periodic look begins.
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(period) = self.controller.period() {
            ctx.cause = CauseId::NONE;
            ctx.timer(period, self.tick_timer());
        }
    }

    /// An informer saw a change.
    pub fn on_delta(&mut self, delta: &Delta, caches: &Caches, now: SimTime) {
        if self.controller.watches().contains(&delta.object().kind()) {
            let mut enqueue = Enqueue::new(now, delta.cause);
            self.controller.on_change(delta, caches, &mut enqueue);
            self.take_in(enqueue);
        }
    }

    /// Whether this timer is for it.
    #[must_use]
    pub fn expects_timer(&self, timer: Timer) -> bool {
        timer.purpose == Timer::QUEUE && timer.number >> 1 == self.number
    }

    /// Its timer ran out.
    pub fn on_timer(&mut self, timer: Timer, caches: &Caches, ctx: &mut Ctx<'_>) {
        if timer != self.tick_timer() {
            // One that an earlier timer has made needless changes nothing, or each would set another.
            self.wake_at.take_if(|at| *at <= ctx.now);
            return;
        }
        let mut enqueue = Enqueue::new(ctx.now, CauseId::NONE);
        self.controller.on_tick(caches, &mut enqueue, ctx);
        self.take_in(enqueue);
        self.start(ctx);
    }

    /// Whether this ticket is one of its calls.
    #[must_use]
    pub fn expects(&self, ticket: Ticket) -> bool {
        self.calls.contains_key(&ticket)
    }

    /// One of its calls has an outcome.
    pub fn on_outcome(&mut self, ticket: Ticket, outcome: &Outcome, ctx: &mut Ctx<'_>) {
        let Some((key, call)) = self.calls.remove(&ticket) else { return };
        let Some(running) = self.running.get_mut(&key) else { return };
        ctx.cause = running.cause;
        let verdict = self.controller.on_outcome(&key, &call, outcome, &mut self.recorder, ctx);
        if verdict != Verdict::Continue && running.verdict == Verdict::Continue {
            running.verdict = verdict;
        }
        running.outstanding -= 1;
        if running.outstanding == 0 {
            self.advance(&key, ctx);
        }
    }

    /// Works on keys as long as there are idle workers; called after everything that may have filled the queue.
    pub fn work(&mut self, caches: &Caches, ctx: &mut Ctx<'_>) {
        self.queue.release(ctx.now);
        while self.running.len() < self.controller.workers() {
            let Some((key, cause)) = self.queue.pop() else { break };
            ctx.cause = cause;
            self.last = Some((key.clone(), ctx.now));
            let plan = self.controller.reconcile(&key, caches, &mut self.recorder, ctx);
            // What the controller recorded is what caused its calls.
            self.begin(key, ctx.cause, plan, ctx);
        }
        self.set_timer(ctx);
    }

    fn tick_timer(&self) -> Timer {
        Timer::new(Timer::QUEUE, self.number << 1 | 1)
    }

    fn take_in(&mut self, enqueue: Enqueue) {
        for (key, delay) in enqueue.keys {
            if delay == SimDuration::ZERO {
                self.queue.add(key, enqueue.cause);
            } else {
                self.queue.add_after(key, enqueue.cause, delay, enqueue.now);
            }
        }
    }

    fn begin(&mut self, key: ObjectKey, cause: CauseId, plan: Plan, ctx: &mut Ctx<'_>) {
        let verdict = if plan.failed { Verdict::Retry } else { Verdict::Continue };
        let stages = plan.stages.into();
        let requeue_after = plan.requeue_after;
        let running = Running { stages, requeue_after, cause, outstanding: 0, verdict, worst: verdict };
        self.running.insert(key.clone(), running);
        self.advance(&key, ctx);
    }

    /// Sends the next stage, asks the controller how to go on when there is none, or ends the plan.
    fn advance(&mut self, key: &ObjectKey, ctx: &mut Ctx<'_>) {
        while let Some(running) = self.running.get_mut(key) {
            ctx.cause = running.cause;
            if running.verdict == Verdict::Continue
                && let Some(stage) = running.stages.pop_front()
            {
                running.outstanding = stage.len();
                self.send(key, stage, ctx);
                return;
            }
            if running.worst == Verdict::Continue {
                running.worst = running.verdict;
            }
            let further = self.controller.proceed(key, running.worst, &mut self.recorder, ctx);
            if further.failed && running.worst == Verdict::Continue {
                running.worst = Verdict::Retry;
            }
            running.cause = ctx.cause;
            running.requeue_after = further.requeue_after.or(running.requeue_after);
            running.verdict = Verdict::Continue;
            running.stages = further.stages.into();
            if running.stages.is_empty()
                && let Some(ended) = self.running.remove(key)
            {
                self.finish(key, &ended, ctx);
            }
        }
    }

    fn send(&mut self, key: &ObjectKey, stage: Vec<Call>, ctx: &mut Ctx<'_>) {
        for call in stage {
            let mut request = call.request.clone();
            if let Some(account) = &self.account {
                request.user = Arc::clone(account);
            }
            let ticket = ctx.send(request);
            self.calls.insert(ticket, (key.clone(), call));
        }
    }

    fn finish(&mut self, key: &ObjectKey, ended: &Running, ctx: &mut Ctx<'_>) {
        if ended.worst == Verdict::Retry {
            self.queue.add_rate_limited(key.clone(), ended.cause, ctx.now);
        } else {
            self.queue.forget(key);
            if let Some(delay) = ended.requeue_after {
                self.queue.add_after(key.clone(), ended.cause, delay, ctx.now);
            }
        }
        self.queue.done(key);
    }

    fn set_timer(&mut self, ctx: &mut Ctx<'_>) {
        let Some(at) = self.queue.next_release() else { return };
        if self.wake_at.is_none_or(|earlier| at < earlier || earlier <= ctx.now) {
            self.wake_at = Some(at);
            ctx.cause = CauseId::NONE;
            ctx.timer(at.since(ctx.now), Timer::new(Timer::QUEUE, self.number << 1));
        }
    }
}
