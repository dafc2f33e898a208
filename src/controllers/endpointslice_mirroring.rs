//! The EndpointSlice mirroring controller: Endpoints that someone wrote by hand, for a Service without a selector, are found in
//! slices too.
//!
//! Models `pkg/controller/endpointslicemirroring`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::client::{
    Body, Caches, Call, Controller, Ctx, DeleteOptions, Delta, Enqueue, EventType, Outcome, Plan, Reason, Recorder,
    Verb, Verdict,
};
use crate::engine::SimDuration;
use crate::model::core::{EndpointAddress, Endpoints, Service};
use crate::model::discovery::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice};
use crate::model::meta::controller_reference;
use crate::model::metav1::ObjectMeta;
use crate::model::{Kind, Meta, Object, ObjectKey, Resource};

use super::endpoints::subsets;
use super::endpointslice::slices::{MANAGED_BY, PortKey, SERVICE_NAME, port_key};
use super::endpointslice::tracker::Tracker;
use super::endpointslice::trigger;
use super::rejection::is_namespace_terminating;

/// This controller, in the label that names who looks after a slice.
const MANAGER: &str = "endpointslicemirroring-controller.k8s.io";
/// The label of Endpoints that are not to be mirrored. Source: `discovery.LabelSkipMirror`.
const SKIP: &str = "endpointslice.kubernetes.io/skip-mirror";
/// The annotation of Endpoints that served as a lock. Source: `resourcelock.LeaderElectionRecordAnnotationKey`.
const LEADER: &str = "control-plane.alpha.kubernetes.io/leader";
/// What client-side `apply` keeps. Source: `core.LastAppliedConfigAnnotation`.
const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// `--mirroring-max-endpoints-per-subset`.
const MAX_PER_SUBSET: usize = 1000;
/// First and longest wait after a failure. Source: `defaultSyncBackOff`, `maxSyncBackOff`.
const BACKOFF: (SimDuration, SimDuration) = (SimDuration::from_secs(1), SimDuration::from_secs(100));

/// Slices are told apart by the family of their addresses and by their ports.
type SliceKey = (&'static str, PortKey);

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct EndpointSliceMirroringController {
    tracker: Tracker,
}

impl Controller for EndpointSliceMirroringController {
    fn name(&self) -> &'static str {
        "endpointslice-mirroring-controller"
    }

    fn account(&self) -> &'static str {
        "endpointslicemirroring-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::Service, Kind::Endpoints, Kind::EndpointSlice]
    }

    fn on_change(&mut self, delta: &Delta, _: &Caches, enqueue: &mut Enqueue) {
        let object = delta.object();
        match object.kind() {
            Kind::EndpointSlice => self.on_slice(delta, enqueue),
            Kind::Endpoints
                if !is_mirrored(object.meta()) && delta.old.as_ref().is_none_or(|old| !is_mirrored(old.meta())) => {}
            _ => enqueue.add(ObjectKey::new(Kind::Endpoints, object.namespace(), object.name())),
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, recorder: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let of_service = |slice: &&Arc<EndpointSlice>| {
            slice.metadata.label(SERVICE_NAME) == Some(&*key.name) && slice.metadata.label(MANAGED_BY) == Some(MANAGER)
        };
        let existing: Vec<_> = caches.list::<EndpointSlice>(&key.namespace).filter(of_service).cloned().collect();
        let endpoints = caches.get::<Endpoints>(&key.namespace, &key.name);
        let service = caches.get::<Service>(&key.namespace, &key.name);
        let is_by_hand = |service: &&Arc<Service>| service.spec.as_ref().is_none_or(|spec| spec.selector.is_none());
        let endpoints = endpoints.filter(|endpoints| is_mirrored(&endpoints.metadata));
        let (Some(endpoints), Some(_)) = (endpoints, service.filter(is_by_hand)) else {
            self.tracker.forget(key);
            return existing.iter().fold(Plan::none(), |plan, slice| plan.then(deletion(slice, ctx).request));
        };
        if self.tracker.is_stale(key, &existing) {
            return Plan::failed();
        }
        let wanted = wanted(endpoints, recorder, ctx);
        plan(endpoints, &existing, wanted, ctx)
    }

    fn on_outcome(
        &mut self,
        key: &ObjectKey,
        call: &Call,
        outcome: &Outcome,
        _: &mut Recorder,
        _: &mut Ctx<'_>,
    ) -> Verdict {
        match (outcome, &call.request.body) {
            (Ok(_), Body::Delete(options)) => {
                self.tracker.deleted(key, options.uid.as_deref().unwrap_or_default());
                Verdict::Continue
            }
            (Ok(response), _) => {
                if let Some(slice) = response.object().and_then(EndpointSlice::of) {
                    self.tracker.wrote(key, slice);
                }
                Verdict::Continue
            }
            (Err(status), Body::Delete(_)) if status.is(Reason::NotFound) => Verdict::Continue,
            (Err(status), _) if is_namespace_terminating(status) => Verdict::Continue,
            _ => Verdict::Retry,
        }
    }

    fn backoff(&self) -> Option<(SimDuration, SimDuration)> {
        Some(BACKOFF)
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}

impl EndpointSliceMirroringController {
    /// Someone else's change of a mirror is put right.
    fn on_slice(&mut self, delta: &Delta, enqueue: &mut Enqueue) {
        let Some(slice) = delta.object().get::<EndpointSlice>() else { return };
        if slice.metadata.label(MANAGED_BY) != Some(MANAGER) {
            return;
        }
        let Some(name) = slice.metadata.label(SERVICE_NAME) else { return };
        let key = ObjectKey::new(Kind::Endpoints, slice.metadata.namespace(), name);
        let news = if delta.is_removal() {
            self.tracker.saw_removal(&key, slice.metadata.uid())
        } else {
            self.tracker.is_news(&key, slice)
        };
        if news {
            enqueue.add(key);
        }
    }
}

/// Whether these Endpoints are anybody's business.
fn is_mirrored(meta: &ObjectMeta) -> bool {
    meta.label(SKIP) != Some("true") && meta.annotation(LEADER).is_none()
}

/// The endpoints that slices should hold.
fn wanted(
    endpoints: &Arc<Endpoints>,
    recorder: &mut Recorder,
    ctx: &mut Ctx<'_>,
) -> BTreeMap<SliceKey, (Vec<EndpointPort>, Vec<Endpoint>)> {
    let mut wanted: BTreeMap<SliceKey, (Vec<EndpointPort>, Vec<Endpoint>)> = BTreeMap::new();
    let (mut invalid, mut skipped) = (0, 0);
    for subset in subsets::repack(endpoints.subsets.as_deref().unwrap_or_default()) {
        let ports: Vec<_> = subset.ports.iter().flatten().map(port).collect();
        let ready = subset.addresses.iter().flatten().map(|address| (address, true));
        let unready = subset.not_ready_addresses.iter().flatten().map(|address| (address, false));
        let mut room = MAX_PER_SUBSET;
        for (address, ready) in ready.chain(unready) {
            match (room, address.ip.parse::<IpAddr>()) {
                (0, _) => skipped += 1,
                (_, Err(_)) => invalid += 1,
                (_, Ok(ip)) => {
                    room -= 1;
                    let family = if ip.is_ipv4() { "IPv4" } else { "IPv6" };
                    let entry = wanted.entry((family, port_key(&ports))).or_insert_with(|| (ports.clone(), Vec::new()));
                    entry.1.push(endpoint(address, ip, ready));
                }
            }
        }
    }
    let object = Object::from(Arc::clone(endpoints));
    if invalid > 0 {
        let text = format!("Skipped {invalid} invalid IP addresses when mirroring to EndpointSlices");
        recorder.event(ctx, &object, EventType::Warning, "InvalidIPAddress", text);
    }
    if skipped > 0 {
        let skipped = skipped + invalid;
        let text = format!(
            "A max of {MAX_PER_SUBSET} addresses can be mirrored to EndpointSlices per Endpoints subset. {skipped} addresses were skipped"
        );
        recorder.event(ctx, &object, EventType::Warning, "TooManyAddressesToMirror", text);
    }
    wanted
}

fn port(port: &crate::model::core::EndpointPort) -> EndpointPort {
    EndpointPort {
        name: Some(port.name.clone().unwrap_or_default()),
        port: Some(port.port),
        protocol: Some(port.protocol.clone().unwrap_or_else(|| "TCP".into())),
        app_protocol: port.app_protocol.clone(),
    }
}

fn endpoint(address: &EndpointAddress, ip: IpAddr, ready: bool) -> Endpoint {
    Endpoint {
        addresses: vec![ip.to_string()],
        conditions: Some(EndpointConditions { ready: Some(ready), ..EndpointConditions::default() }),
        target_ref: address.target_ref.clone(),
        node_name: address.node_name.clone(),
        hostname: address.hostname.clone().filter(|name| !name.is_empty()),
        ..Endpoint::default()
    }
}

/// One slice for each set of ports; those that are left over are used again for new ones, then deleted.
fn plan(
    endpoints: &Endpoints,
    existing: &[Arc<EndpointSlice>],
    wanted: BTreeMap<SliceKey, (Vec<EndpointPort>, Vec<Endpoint>)>,
    ctx: &Ctx<'_>,
) -> Plan {
    let mut spare: Vec<&Arc<EndpointSlice>> = existing.iter().collect();
    let (mut create, mut update) = (Vec::new(), Vec::new());
    for ((family, key), (ports, members)) in wanted {
        let fits = |slice: &&Arc<EndpointSlice>| {
            slice.address_type == family && port_key(slice.ports.as_deref().unwrap_or_default()) == key
        };
        let found = spare.iter().position(fits).map(|index| spare.remove(index));
        let slice = slice(endpoints, family, ports, members);
        match found {
            Some(found) if says_the_same(found, &slice) => {}
            Some(found) => update.push(renamed(slice, found)),
            None => create.push(slice),
        }
    }
    let mut plan = Plan::none();
    for slice in create {
        match spare.iter().position(|old| old.address_type == slice.address_type) {
            Some(index) => update.push(renamed(slice, spare.remove(index))),
            None if endpoints.metadata.is_terminating() => {}
            None => plan = plan.then(ctx.request_with(Verb::Create, slice)),
        }
    }
    for slice in update {
        plan = plan.then(ctx.request_with(Verb::Update, slice));
    }
    spare.into_iter().fold(plan, |plan, slice| plan.then(deletion(slice, ctx).request))
}

fn slice(endpoints: &Endpoints, family: &str, ports: Vec<EndpointPort>, members: Vec<Endpoint>) -> EndpointSlice {
    let mut labels = endpoints.metadata.labels.clone().unwrap_or_default();
    labels.insert(SERVICE_NAME.into(), endpoints.metadata.name().to_owned());
    labels.insert(MANAGED_BY.into(), MANAGER.into());
    let mut annotations = endpoints.metadata.annotations.clone().unwrap_or_default();
    annotations.remove(trigger::ANNOTATION);
    annotations.remove(APPLIED);
    EndpointSlice {
        metadata: ObjectMeta {
            generate_name: Some(format!("{}-", endpoints.metadata.name())),
            namespace: endpoints.metadata.namespace.clone(),
            labels: Some(labels),
            annotations: Some(annotations).filter(|annotations| !annotations.is_empty()),
            owner_references: Some(vec![controller_reference(Kind::Endpoints, &endpoints.metadata)]),
            ..ObjectMeta::default()
        },
        address_type: family.to_owned(),
        ports: Some(ports).filter(|ports| !ports.is_empty()),
        endpoints: Some(members),
    }
}

fn says_the_same(old: &EndpointSlice, new: &EndpointSlice) -> bool {
    let none = BTreeMap::new();
    let sorted = |slice: &EndpointSlice| {
        let mut all = slice.endpoints.clone().unwrap_or_default();
        all.sort_by(|one, two| one.addresses.cmp(&two.addresses));
        all
    };
    let annotations = |slice: &EndpointSlice| slice.metadata.annotations.clone().unwrap_or_else(|| none.clone());
    old.metadata.labels == new.metadata.labels
        && annotations(old) == annotations(new)
        && old.metadata.owners().first().map(|owner| &owner.uid)
            == new.metadata.owners().first().map(|owner| &owner.uid)
        && sorted(old) == sorted(new)
}

/// The new contents under the name of an old slice.
fn renamed(mut slice: EndpointSlice, old: &EndpointSlice) -> EndpointSlice {
    slice.metadata.generate_name = None;
    slice.metadata.name = old.metadata.name.clone();
    slice
}

fn deletion(slice: &EndpointSlice, ctx: &Ctx<'_>) -> Call {
    let options = DeleteOptions { uid: Some(slice.metadata.uid().into()), ..DeleteOptions::default() };
    let request = ctx.request(Verb::Delete, Kind::EndpointSlice, slice.metadata.namespace());
    Call { request: request.named(slice.metadata.name()).body(Body::Delete(options)), tag: 0 }
}
