//! When the change happened that a write of slices answers, as an annotation tells it.
//!
//! Models `staging/src/k8s.io/endpointslice/trigger/trigger_time_tracker.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::SimTime;
use crate::model::core::Service;
use crate::model::{Meta, ObjectKey, Pod, time};

/// The annotation. Source: `core/v1/annotation_key_constants.go`.
pub const ANNOTATION: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// What was known of a Service at the last look.
#[derive(Clone, Debug, Default)]
struct Known {
    service: Option<SimTime>,
    pods: BTreeMap<String, SimTime>,
}

/// What was known of each Service.
#[derive(Clone, Debug, Default)]
pub struct Triggers(BTreeMap<ObjectKey, Known>);

impl Triggers {
    /// The earliest change since the last look; `None` when none can be told.
    pub fn earliest(&mut self, key: &ObjectKey, service: &Service, pods: &[&Arc<Pod>]) -> Option<SimTime> {
        let known = self.0.entry(key.clone()).or_default();
        let ready_since = |pod: &Pod| {
            let since = pod.condition("Ready")?.last_transition_time.as_ref()?;
            Some((pod.metadata.name().to_owned(), time::sim_time(since.0)))
        };
        let pods: BTreeMap<String, SimTime> = pods.iter().filter_map(|pod| ready_since(pod)).collect();
        let later =
            |(name, at): (&String, &SimTime)| known.pods.get(name).is_none_or(|before| before < at).then_some(*at);
        let of_pods = pods.iter().filter_map(later).min();
        let created = service.metadata.created_at();
        let of_service = known.service.is_none_or(|before| before < created).then_some(created);
        let earliest = of_pods.into_iter().chain(of_service).min();
        *known = Known { service: Some(created), pods };
        earliest
    }

    /// The Service is gone.
    pub fn forget(&mut self, key: &ObjectKey) {
        self.0.remove(key);
    }
}
