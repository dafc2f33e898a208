//! The heartbeat of a node: its Lease in `kube-node-lease`.
//!
//! Models `staging/src/k8s.io/component-helpers/apimachinery/lease/controller.go`.

use std::sync::Arc;

use crate::client::{Outcome, Payload, Reason, Timer, Verb};
use crate::engine::{CauseId, SimDuration};
use crate::model::coordination::{Lease, LeaseSpec};
use crate::model::metav1::OwnerReference;
use crate::model::{Kind, Meta, time};

use super::shared::{Call, Scope, purpose};

/// Where the leases of nodes are.
const NAMESPACE: &str = "kube-node-lease";
/// A lease that could not be made is tried again; doubles up to 7 s upstream.
const CREATE_RETRY: SimDuration = SimDuration::from_secs(1);

/// The lease of one node.
#[derive(Clone, Debug, Default)]
pub struct NodeLease {
    latest: Option<Arc<Lease>>,
    is_asking: bool,
}

impl NodeLease {
    /// Begins to renew, at a moment of this node's own.
    pub fn start(&mut self, scope: &mut Scope<'_, '_>) {
        let first = scope.ctx.random.between(SimDuration::ZERO, CREATE_RETRY);
        scope.ctx.timer(first, Timer::new(purpose::LEASE, 0));
    }

    fn period(scope: &mut Scope<'_, '_>) -> SimDuration {
        // A quarter of the duration, with up to 4 % more. Source: `renewIntervalFraction`, `wait.JitterUntil(…, 0.04)`.
        let period = scope.shared.config.limits.lease / 4;
        scope.ctx.random.jitter(period, 4)
    }

    /// It is time to renew.
    pub fn on_timer(&mut self, scope: &mut Scope<'_, '_>) {
        scope.ctx.cause = CauseId::NONE;
        let wait = Self::period(scope);
        scope.ctx.timer(wait, Timer::new(purpose::LEASE, 0));
        if !self.is_asking {
            self.renew(scope);
        }
    }

    fn renew(&mut self, scope: &mut Scope<'_, '_>) {
        let verb = if self.latest.is_some() { Verb::Update } else { Verb::Get };
        if verb == Verb::Get {
            let request = scope.ctx.request(Verb::Get, Kind::Lease, NAMESPACE).named(scope.node_name());
            self.ask(request, scope);
            return;
        }
        let lease = self.renewed(scope);
        let request = scope.ctx.request_with(verb, lease);
        self.ask(request, scope);
    }

    fn ask(&mut self, request: crate::client::Request, scope: &mut Scope<'_, '_>) {
        let ticket = scope.ctx.send(request);
        scope.shared.calls.insert(ticket, Call::Lease);
        self.is_asking = true;
    }

    fn renewed(&self, scope: &Scope<'_, '_>) -> Lease {
        let mut lease = self.latest.as_deref().cloned().unwrap_or_default();
        let node = scope.node_name();
        lease.metadata.name = Some(node.to_string());
        lease.metadata.namespace = Some(NAMESPACE.to_owned());
        if let Some(object) = scope.node() {
            let owner = OwnerReference {
                api_version: "v1".to_owned(),
                kind: "Node".to_owned(),
                name: node.to_string(),
                uid: object.metadata.uid().to_owned(),
                ..OwnerReference::default()
            };
            lease.metadata.owner_references = Some(vec![owner]);
        }
        let spec = lease.spec.get_or_insert_with(LeaseSpec::default);
        spec.holder_identity = Some(node.to_string());
        spec.lease_duration_seconds = i32::try_from(scope.shared.config.limits.lease.as_secs()).ok();
        spec.renew_time = Some(time::micro_time(scope.ctx.now));
        lease
    }

    /// A request about the lease has an outcome.
    pub fn on_outcome(&mut self, outcome: &Outcome, scope: &mut Scope<'_, '_>) {
        self.is_asking = false;
        match outcome {
            Ok(response) => {
                let Payload::Object(object) = &response.payload else { return };
                let had = self.latest.is_some();
                self.latest = object.get::<Lease>().map(Arc::clone);
                // A lease that was only read is renewed at once.
                let is_fresh = self.latest.as_ref().is_some_and(|lease| renewed_now(lease, scope));
                if !had && !is_fresh {
                    self.renew(scope);
                }
            }
            Err(status) if status.is(Reason::NotFound) && self.latest.is_none() => {
                // The namespace may not be there yet: the next period tries again.
                let lease = self.renewed(scope);
                if outcome_is_of_read(status.details.as_ref().map(|details| details.kind.as_str())) {
                    let request = scope.ctx.request_with(Verb::Create, lease);
                    self.ask(request, scope);
                }
            }
            Err(status) if status.is(Reason::Conflict) || status.is(Reason::NotFound) => self.latest = None,
            Err(_) => {}
        }
    }
}

/// `leases.… not found` answers the read; `namespaces … not found` answers the write.
fn outcome_is_of_read(kind: Option<&str>) -> bool {
    kind.is_none_or(|kind| kind == Kind::Lease.plural())
}

fn renewed_now(lease: &Lease, scope: &Scope<'_, '_>) -> bool {
    let renewed = lease.spec.as_ref().and_then(|spec| spec.renew_time.as_ref());
    renewed.is_some_and(|at| scope.ctx.now.since(time::sim_time(at.0)) < CREATE_RETRY)
}
