//! metrics-server: asks every kubelet at its resolution, keeps two rounds, and answers for `metrics.k8s.io`.
//!
//! Models <https://github.com/kubernetes-sigs/metrics-server> 0.8: `pkg/server`, `pkg/scraper`, `pkg/api`. It lives as long as the
//! process of its container; what it has measured is gone with that. **Simplified:** all kubelets are asked at one instant (the
//! original spreads them over up to 4 seconds).

use std::sync::Arc;

use crate::client::{Caches, Component, Ctx, Incoming, List, Payload, Reason, Request, Status, Timer, Verb};
use crate::engine::{SimDuration, SimTime};
use crate::model::core::Node;
use crate::model::metrics::{self, NodeMetrics, PodMetrics};
use crate::model::{FieldSelector, Kind, Meta, Object, Pod, Selector};

use super::points::{Batch, Points};

/// The timer of the next round.
const ROUND: u16 = 1;
/// `--metric-resolution` when it is not given. Source: `cmd/metrics-server/app/options`.
const RESOLUTION: SimDuration = SimDuration::from_secs(60);

/// The process.
#[derive(Clone, Debug)]
pub struct MetricsServer {
    caches: Caches,
    resolution: SimDuration,
    /// Whether certificates of kubelets are taken as they are.
    is_trusting: bool,
    is_due: bool,
    points: Points,
}

impl MetricsServer {
    /// A process with these arguments; those that change nothing here are passed over.
    #[must_use]
    pub fn new<'a>(arguments: impl Iterator<Item = &'a str> + Clone) -> Self {
        let resolution = arguments.clone().find_map(|one| one.strip_prefix("--metric-resolution="));
        let trusts = |one: &str| matches!(one, "--kubelet-insecure-tls" | "--kubelet-insecure-tls=true");
        Self {
            caches: Caches::of([Kind::Node, Kind::Pod]),
            resolution: resolution.and_then(SimDuration::parse).unwrap_or(RESOLUTION),
            is_trusting: arguments.clone().any(trusts),
            is_due: false,
            points: Points::default(),
        }
    }

    /// Whether a certificate that nobody has signed is good enough for it (`--kubelet-insecure-tls`).
    #[must_use]
    pub fn is_trusting(&self) -> bool {
        self.is_trusting
    }

    /// The nodes to be asked, if a round is due; asked once.
    pub fn take_round(&mut self) -> Option<Vec<Arc<Node>>> {
        std::mem::take(&mut self.is_due).then(|| self.caches.all::<Node>().cloned().collect())
    }

    /// What a round has brought.
    pub fn store(&mut self, batch: Batch) {
        self.points.store(batch, self.resolution);
    }

    /// Whether `/readyz` says yes: two rounds have brought something.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.points.is_ready()
    }

    /// Answers a request that an API server has handed on.
    ///
    /// # Errors
    /// 404 without metrics of that name, 400 for a selector that cannot be read.
    pub fn answer(&self, request: &Request, now: SimTime) -> Result<Payload, Box<Status>> {
        let is_node = request.kind == metrics::node_metrics();
        if request.verb == Verb::Get {
            let (namespace, name) = (&*request.namespace, &*request.name);
            let found = if is_node {
                let node = self.caches.get::<Node>("", name).ok_or_else(|| Status::not_found(Kind::Node, name))?;
                self.node(node, now).ok_or_else(|| unmeasured("nodemetrics", name))
            } else {
                let pod = self.caches.get::<Pod>(namespace, name).ok_or_else(|| Status::not_found(Kind::Pod, name))?;
                self.pod(pod, now).ok_or_else(|| unmeasured("podmetrics", &format!("{namespace}/{name}")))
            };
            return found.map(Payload::Object).map_err(Box::new);
        }
        let items = if is_node {
            self.caches.all::<Node>().filter_map(|node| self.node(node, now)).collect()
        } else if request.namespace.is_empty() {
            self.caches.all::<Pod>().filter_map(|pod| self.pod(pod, now)).collect()
        } else {
            self.caches.list::<Pod>(&request.namespace).filter_map(|pod| self.pod(pod, now)).collect()
        };
        Ok(Payload::List(List { items: selected(items, request)?, ..List::default() }))
    }

    fn node(&self, node: &Node, now: SimTime) -> Option<Object> {
        let (measured, usage) = self.points.node(node.metadata.name())?;
        let metadata = metrics::metadata_of(&node.metadata, node.metadata.labels.clone(), now);
        NodeMetrics { metadata, measured, usage }.to_object()
    }

    fn pod(&self, pod: &Pod, now: SimTime) -> Option<Object> {
        if pod.status.phase.as_deref() != Some("Running") {
            return None;
        }
        let name = (pod.metadata.namespace().into(), pod.metadata.name().into());
        let (measured, containers) = self.points.pod(&name)?;
        let metadata = metrics::metadata_of(&pod.metadata, pod.metadata.labels.clone(), now);
        PodMetrics { metadata, measured, containers }.to_object()
    }
}

/// There is such an object, but nothing was measured of it yet.
fn unmeasured(resource: &str, name: &str) -> Status {
    Status::new(404, Reason::NotFound, format!("{resource}.{} \"{name}\" not found", metrics::GROUP))
}

/// What the selectors of a list leave.
fn selected(mut items: Vec<Object>, request: &Request) -> Result<Vec<Object>, Box<Status>> {
    let refused = |error: String| Box::new(Status::bad_request(error));
    if let Some(text) = request.options.label_selector.as_deref().filter(|text| !text.is_empty()) {
        let selector = Selector::parse(text).map_err(|error| refused(error.to_string()))?;
        items.retain(|item| selector.matches(item.meta().label_map()));
    }
    if let Some(text) = request.options.field_selector.as_deref().filter(|text| !text.is_empty()) {
        let selector = FieldSelector::parse(text).map_err(|error| refused(error.to_string()))?;
        items.retain(|item| {
            selector.matches(|field| match field {
                "metadata.name" => Some(item.name().to_owned().into()),
                "metadata.namespace" => Some(item.namespace().to_owned().into()),
                _ => None,
            })
        });
    }
    Ok(items)
}

/// What is answered in place of an add-on that cannot be reached, as client-go words it.
#[must_use]
pub fn unavailable(verb: &str, kind: Kind) -> Box<Status> {
    let message = format!("the server is currently unable to handle the request ({verb} {})", kind.group_resource());
    Box::new(Status::new(503, Reason::ServiceUnavailable, message))
}

impl Component for MetricsServer {
    fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.caches.informers_mut().for_each(|informer| informer.start(ctx));
    }

    fn handle(&mut self, incoming: Incoming, ctx: &mut Ctx<'_>) {
        let was_synced = self.caches.have_synced();
        if let Some(informer) = self.caches.informers_mut().find(|informer| informer.expects(&incoming)) {
            informer.handle(incoming, ctx);
        } else if matches!(incoming, Incoming::Timer(timer) if timer.purpose == ROUND) {
            self.is_due = true;
            ctx.timer(self.resolution, Timer::new(ROUND, 0));
        }
        // The first round is made as soon as the nodes are known.
        if !was_synced && self.caches.have_synced() {
            self.is_due = true;
            ctx.timer(self.resolution, Timer::new(ROUND, 0));
        }
    }
}
