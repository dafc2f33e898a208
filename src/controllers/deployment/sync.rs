//! One look at one Deployment, from its first call to its last: the steps still to do, on the newest state of each object.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::client::{
    Caches, Ctx, EventType, Outcome, Plan, Reason, Recorder, Request, Response, Status, Subresource, Verb, Verdict,
};
use crate::model::apps::{Deployment, ReplicaSet};
use crate::model::{Kind, Meta, Object, Resource};

use crate::controllers::rejection::is_namespace_terminating;

use super::replica_sets::{View, replicas};
use super::step::{Decision, Finish, Step};
use super::{annotations, hash, revision, status};

/// The work on one Deployment.
#[derive(Clone, Debug)]
pub(super) struct Sync {
    view: View,
    steps: VecDeque<Step>,
    finish: Option<Finish>,
    /// The step under way, and the size before it.
    running: Option<(Step, i32)>,
    /// A step failed in a way that the next look must try again.
    fails: bool,
    /// The ReplicaSet that has the name of the one to be made, as the cache knows it.
    namesake: Option<Arc<ReplicaSet>>,
}

impl Sync {
    pub(super) fn new(view: View, decision: Decision) -> Self {
        let (steps, finish) = (decision.steps.into(), Some(decision.finish));
        Self { view, steps, finish, running: None, fails: false, namesake: None }
    }

    pub(super) fn uid(&self) -> &str {
        self.view.deployment.metadata.uid()
    }

    /// Looks up who has the name of the ReplicaSet that is to be made.
    pub(super) fn remember_name(&mut self, caches: &Caches) {
        let namesake = self.steps.iter().find_map(|step| match step {
            Step::Create(rs) => caches.get::<ReplicaSet>(rs.metadata.namespace(), rs.metadata.name()),
            _ => None,
        });
        self.namesake = namesake.cloned();
    }

    /// The next call, or the end.
    pub(super) fn next(&mut self, ctx: &mut Ctx<'_>) -> Plan {
        loop {
            while let Some(step) = self.steps.pop_front() {
                if let Some(request) = self.request(&step, ctx) {
                    return Plan::call(request);
                }
            }
            if self.fails {
                return Plan::failed();
            }
            let Some(finish) = self.finish.take() else { return Plan::none() };
            let wanted = match finish {
                Finish::Rollout => status::of_rollout(&self.view),
                Finish::Counts => status::counted(&self.view),
            };
            if status::same(self.view.deployment.status.as_ref(), &wanted) {
                let next_look = status::next_look(&self.view, &wanted).filter(|_| finish == Finish::Rollout);
                return Plan { requeue_after: next_look, ..Plan::none() };
            }
            self.steps.push_back(Step::write(&self.view.deployment, wanted));
        }
    }

    /// The call that makes a step; `None` when nothing would change.
    fn request(&mut self, step: &Step, ctx: &mut Ctx<'_>) -> Option<Request> {
        let mut before = 0;
        let request = match step {
            Step::Update(rs) => ctx.request_with(Verb::Update, Arc::clone(rs)),
            Step::Create(rs) => ctx.request_with(Verb::Create, (**rs).clone()),
            Step::Write(deployment) => self.write(deployment, ctx),
            Step::Delete(rs) => ctx.deletion(Kind::ReplicaSet, &rs.metadata),
            Step::Scale { uid, to } => {
                let rs = self.view.all().find(|rs| rs.metadata.uid() == uid)?;
                before = replicas(rs);
                let scaled = resized(&self.view.deployment, rs, *to)?;
                if ctx.trace.is_on() {
                    let why = format!("{} from {before} to {to}", rs.metadata.name());
                    ctx.record("scale", Object::from(Arc::clone(&self.view.deployment)).key().path(), why);
                }
                ctx.request_with(Verb::Update, scaled)
            }
        };
        self.running = Some((step.clone(), before));
        Some(request)
    }

    /// A write of what the step says, on the newest revision that this look has seen.
    fn write(&self, deployment: &Arc<Deployment>, ctx: &Ctx<'_>) -> Request {
        let mut deployment = Arc::clone(deployment);
        let newest = &self.view.deployment.metadata.resource_version;
        if deployment.metadata.resource_version != *newest {
            Arc::make_mut(&mut deployment).metadata.resource_version.clone_from(newest);
        }
        ctx.request_with(Verb::Update, deployment).part(Subresource::Status)
    }

    /// Takes in what came of the step under way.
    pub(super) fn on_outcome(&mut self, outcome: &Outcome, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Verdict {
        let Some((step, before)) = self.running.take() else { return Verdict::Continue };
        match outcome {
            Ok(response) => {
                self.on_success(&step, before, response, recorder, ctx);
                Verdict::Continue
            }
            Err(status) => self.on_failure(&step, status, recorder, ctx),
        }
    }

    fn on_success(
        &mut self,
        step: &Step,
        before: i32,
        response: &Response,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) {
        let Some(object) = response.object() else { return };
        if let Some(deployment) = Deployment::of(object) {
            self.view.deployment = Arc::clone(deployment);
        }
        let Some(rs) = ReplicaSet::of(object).filter(|_| !matches!(step, Step::Delete(_))) else { return };
        if matches!(step, Step::Create(_)) {
            self.view.new = Some(Arc::clone(rs));
            if let Some(deployment) = revision::after_creation(&self.view, rs) {
                self.steps.push_front(Step::Write(Arc::new(deployment)));
            }
        } else {
            self.view.replace(rs);
        }
        let after = replicas(rs);
        let told = matches!(step, Step::Create(_) | Step::Scale { .. }) && after != before;
        if told {
            let way = if after > before { "up" } else { "down" };
            let text = format!("Scaled {way} replica set {} from {before} to {after}", rs.metadata.name());
            recorder.event(ctx, &self.deployment(), EventType::Normal, "ScalingReplicaSet", text);
        }
    }

    fn on_failure(&mut self, step: &Step, status: &Status, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Verdict {
        match step {
            Step::Create(rs) => self.on_not_created(rs, status, recorder, ctx),
            Step::Delete(_) if status.is(Reason::NotFound) => Verdict::Continue,
            _ => Verdict::Retry,
        }
    }

    fn on_not_created(
        &mut self,
        rs: &ReplicaSet,
        status: &Status,
        recorder: &mut Recorder,
        ctx: &mut Ctx<'_>,
    ) -> Verdict {
        self.steps.clear();
        self.fails = true;
        if status.is(Reason::AlreadyExists) {
            // Unknown to the cache: the watch will bring it. Of another owner or template: two templates have one hash.
            let Some(namesake) = &self.namesake else { return Verdict::Retry };
            if self.is_mine(namesake, rs) {
                return Verdict::Retry;
            }
            let deployment = revision::after_collision(&self.view.deployment);
            self.steps.push_back(Step::Write(Arc::new(deployment)));
            return Verdict::Continue;
        }
        if is_namespace_terminating(status) {
            return Verdict::Retry;
        }
        let text = format!("Failed to create new replica set \"{}\": {status}", rs.metadata.name());
        if let Some(deployment) = revision::after_failure(&self.view, &text) {
            self.steps.push_back(Step::Write(Arc::new(deployment)));
        }
        recorder.event(ctx, &self.deployment(), EventType::Warning, "ReplicaSetCreateError", text);
        Verdict::Continue
    }

    fn is_mine(&self, namesake: &ReplicaSet, rs: &ReplicaSet) -> bool {
        let template = |rs: &ReplicaSet| rs.spec.as_ref().and_then(|spec| spec.template.clone()).unwrap_or_default();
        namesake.metadata.controller().is_some_and(|owner| owner.uid == self.uid())
            && hash::same_template(&template(namesake), &template(rs))
    }

    fn deployment(&self) -> Object {
        Arc::clone(&self.view.deployment).into()
    }
}

/// The ReplicaSet in another size, with the sizes of the Deployment written down; `None` when both are so already.
fn resized(deployment: &Deployment, rs: &ReplicaSet, to: i32) -> Option<ReplicaSet> {
    let mut scaled = rs.clone();
    let annotated = annotations::set_sizes(deployment, &mut scaled);
    if !annotated && replicas(rs) == to {
        return None;
    }
    scaled.spec_mut().replicas = Some(to);
    Some(scaled)
}
