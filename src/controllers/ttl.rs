//! The TTL controller: tells every node, in an annotation, for how long its kubelet may keep Secrets and ConfigMaps it has read;
//! the larger the cluster, the longer.
//!
//! Models `pkg/controller/ttl/ttl_controller.go`.

use serde_json::json;

use crate::client::{Body, Caches, Controller, Ctx, Delta, Enqueue, PatchType, Plan, Recorder, Verb};
use crate::model::core::Node;
use crate::model::{Kind, Meta, ObjectKey};

/// Source: `core.ObjectTTLAnnotationKey`.
const ANNOTATION: &str = "node.alpha.kubernetes.io/ttl";
/// Fewest and most nodes of a step, and its seconds. They overlap, so that a node more or less changes nothing. Source: `ttlBoundaries`.
const STEPS: [(usize, usize, u32); 5] =
    [(0, 100, 0), (90, 500, 15), (450, 1000, 30), (900, 2000, 60), (1800, usize::MAX, 300)];

/// The controller.
#[derive(Clone, Copy, Debug, Default)]
pub struct TtlController {
    nodes: usize,
    step: usize,
}

impl Controller for TtlController {
    fn name(&self) -> &'static str {
        "ttl-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::Node]
    }

    fn on_change(&mut self, delta: &Delta, _: &Caches, enqueue: &mut Enqueue) {
        if delta.is_removal() {
            self.nodes = self.nodes.saturating_sub(1);
            if STEPS.get(self.step).is_some_and(|(fewest, ..)| self.nodes < *fewest) {
                self.step -= 1;
            }
            return;
        }
        if delta.old.is_none() {
            self.nodes += 1;
            if STEPS.get(self.step).is_some_and(|(_, most, _)| self.nodes > *most) {
                self.step += 1;
            }
        }
        // A node hears of a new step with its next report.
        if delta.object().meta().annotation(ANNOTATION) != Some(self.seconds().as_str()) {
            enqueue.add(delta.object().key());
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(node) = caches.get::<Node>("", &key.name) else { return Plan::none() };
        let seconds = self.seconds();
        if node.metadata.annotation(ANNOTATION) == Some(seconds.as_str()) {
            return Plan::none();
        }
        let patch = json!({"metadata": {"annotations": {ANNOTATION: seconds}}});
        let request = ctx.request(Verb::Patch, Kind::Node, "").named(&*key.name);
        Plan::call(request.body(Body::Patch(PatchType::Strategic, patch)))
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(*self)
    }
}

impl TtlController {
    fn seconds(&self) -> String {
        STEPS.get(self.step).map_or(0, |(.., seconds)| *seconds).to_string()
    }
}
