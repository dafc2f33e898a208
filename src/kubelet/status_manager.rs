//! The status manager: tells the API server what changed, once at a time per Pod, and deletes a Pod that has ended.
//!
//! Models `pkg/kubelet/status/status_manager.go`.

use std::sync::Arc;

use crate::client::{Body, DeleteOptions, Outcome, Reason, Subresource, Verb};
use crate::engine::SimDuration;
use crate::model::metav1::ObjectMeta;
use crate::model::{Kind, Meta, Object, Pod};

use super::pod_worker::{PodWorker, Stage};
use super::shared::{Call, Scope};

/// How often writes that failed are tried again. Source: `status_manager.go`, `syncPeriod`.
const SYNC_PERIOD: SimDuration = SimDuration::from_secs(10);

impl PodWorker {
    /// Computes the status and tells it if it has changed.
    pub fn publish(&mut self, scope: &mut Scope<'_, '_>) {
        let status = self.compute_status(scope);
        if *self.report.status == status {
            // A kubelet that begins anew may find that everything was told before.
            if self.report.in_flight.is_none() && !self.report.is_stale && self.api_pod().is_some() {
                self.report.is_acknowledged = true;
            }
            return;
        }
        self.report.status = Arc::new(status);
        self.report.is_stale = true;
        self.report.is_acknowledged = false;
        self.send_status(scope);
        if self.stage == Stage::Sync {
            self.trigger_probes(scope);
        }
    }

    /// Sends the latest status, unless a write is under way.
    pub fn send_status(&mut self, scope: &mut Scope<'_, '_>) {
        if !self.report.is_stale || self.report.in_flight.is_some() || self.is_gone {
            return;
        }
        let Some(api) = self.api_pod() else { return };
        // The patch carries the status and the uid. Source: `pkg/util/pod/pod.go`, `preparePatchBytesForPodStatus`.
        let ObjectMeta { name, namespace, uid, .. } = &api.metadata;
        let [name, namespace, uid] = [name, namespace, uid].map(Clone::clone);
        let metadata = ObjectMeta { name, namespace, uid, ..ObjectMeta::default() };
        let pod = Pod::with_status_only(metadata, Arc::clone(&self.report.status));
        let request = scope.ctx.request(Verb::Patch, Kind::Pod, pod.metadata.namespace());
        let request = request.named(pod.metadata.name()).part(Subresource::Status);
        let ticket = scope.ctx.send(request.body(Body::StatusOf(Object::Pod(Arc::new(pod)))));
        scope.shared.calls.insert(ticket, Call::Status(self.number));
        self.report.in_flight = Some(ticket);
        self.report.is_stale = false;
    }

    /// A status write has an outcome.
    pub fn on_status_outcome(&mut self, outcome: &Outcome, scope: &mut Scope<'_, '_>) {
        self.report.in_flight = None;
        match outcome {
            Ok(_) => {
                self.report.is_acknowledged = !self.report.is_stale;
                self.send_status(scope);
                self.delete_when_told(scope);
            }
            // Somebody removed it: the watch will say so.
            Err(status) if status.is(Reason::NotFound) => {}
            Err(_) => {
                self.report.is_stale = true;
                let at = scope.now() + SYNC_PERIOD;
                self.report.retry_at = Some(at);
                scope.wake(self.number, at);
            }
        }
    }

    /// Takes a deleted Pod out of the API once everything has stopped and the API knows how.
    pub fn delete_when_told(&mut self, scope: &mut Scope<'_, '_>) {
        let Some(api) = self.api_pod() else { return };
        let is_done = self.stage == Stage::Terminated && self.report.is_acknowledged && !self.report.is_delete_sent;
        let holds_volumes = !self.volumes.mounted.is_empty();
        if !is_done || holds_volumes || self.is_gone || api.metadata.deletion_timestamp.is_none() {
            return;
        }
        let uid = api.metadata.uid().into();
        let options = DeleteOptions { grace_period_seconds: Some(0), uid: Some(uid), ..DeleteOptions::default() };
        let request = scope.ctx.request(Verb::Delete, Kind::Pod, api.metadata.namespace()).named(api.metadata.name());
        scope.ctx.record("remove from API", self.path(), "everything has stopped");
        let ticket = scope.ctx.send(request.body(Body::Delete(options)));
        scope.shared.calls.insert(ticket, Call::Delete(self.number));
        self.report.is_delete_sent = true;
    }

    /// The removal has an outcome.
    pub fn on_delete_outcome(&mut self, outcome: &Outcome, scope: &mut Scope<'_, '_>) {
        if let Err(status) = outcome
            && !status.is(Reason::NotFound)
            && !status.is(Reason::Conflict)
        {
            self.report.is_delete_sent = false;
            let at = scope.now() + SYNC_PERIOD;
            self.sync_at = Some(at);
            scope.wake(self.number, at);
        }
    }
}
