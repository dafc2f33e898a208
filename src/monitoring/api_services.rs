//! Whether API groups that others serve can be reached: the condition `Available` of APIServices.
//!
//! Models `kube-aggregator/pkg/controllers/status/remote/remote_available_controller.go`. **Not modelled:** the request for the group's
//! discovery document by which the original finds out whether the server behind the endpoints answers; and the APIServices of groups
//! that kube-apiserver serves itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{Component, Ctx, Incoming, Informer, Subresource, Timer, Verb};
use crate::engine::SimDuration;
use crate::model::apiregistration::{APIService, APIServiceCondition, ServiceReference};
use crate::model::core::Service;
use crate::model::discovery::EndpointSlice;
use crate::model::{Kind, Meta, Object, Resource, time};

/// The timer of the next look.
const LOOK: u16 = 1;
/// Every APIService is looked at so often without being asked. Source: the controller's resync.
const PERIOD: SimDuration = SimDuration::from_secs(30);
/// The port of the Service when the APIService names none.
const PORT: i32 = 443;

/// The controller.
#[derive(Clone, Debug)]
pub struct ApiServices {
    services: Informer,
    /// Services and slices of the namespaces to which APIServices point.
    homes: BTreeMap<Arc<str>, (Informer, Informer)>,
    next_number: u16,
    looks: bool,
}

/// What stands in the way.
struct Verdict {
    is_available: bool,
    reason: &'static str,
    message: String,
}

impl Default for ApiServices {
    fn default() -> Self {
        Self { services: Informer::new(0, Kind::APIService), homes: BTreeMap::new(), next_number: 1, looks: false }
    }
}

impl ApiServices {
    /// Watches the namespaces that matter, and judges anew.
    fn look(&mut self, ctx: &mut Ctx<'_>) {
        let all: Vec<Arc<APIService>> = self.services.store().iter().filter_map(APIService::of).cloned().collect();
        for service in &all {
            let Some(namespace) = reference(service).and_then(|it| it.namespace.as_deref()) else { continue };
            if !self.homes.contains_key(namespace) {
                self.watch(namespace, ctx);
            }
        }
        for service in all {
            if let Some(verdict) = self.judge(&service) {
                tell(&service, &verdict, ctx);
            }
        }
        if !self.looks && !self.homes.is_empty() {
            self.looks = true;
            ctx.timer(PERIOD, Timer::new(LOOK, 0));
        }
    }

    fn informers_mut(&mut self) -> impl Iterator<Item = &mut Informer> {
        let homes = self.homes.values_mut().flat_map(|(services, slices)| [services, slices]);
        std::iter::once(&mut self.services).chain(homes)
    }

    fn watch(&mut self, namespace: &str, ctx: &mut Ctx<'_>) {
        let number = self.next_number;
        self.next_number += 2;
        let mut services = Informer::new(number, Kind::Service).in_namespace(namespace);
        let mut slices = Informer::new(number + 1, Kind::EndpointSlice).in_namespace(namespace);
        services.start(ctx);
        slices.start(ctx);
        self.homes.insert(namespace.into(), (services, slices));
    }

    /// `None` while too little is known.
    fn judge(&self, service: &APIService) -> Option<Verdict> {
        let no = |reason, message| Some(Verdict { is_available: false, reason, message });
        let Some(target) = reference(service) else {
            let message = "Local APIServices are always available".to_owned();
            return Some(Verdict { is_available: true, reason: "Local", message });
        };
        let (namespace, name) = (target.namespace.as_deref()?, target.name.as_deref()?);
        let (services, slices) = self.homes.get(namespace).filter(|(one, two)| one.has_synced() && two.has_synced())?;
        let shown = format!("service/{name} in \"{namespace}\"");
        let Some(found) = services.store().get(namespace, name).and_then(Service::of) else {
            return no("ServiceNotFound", format!("{shown} is not present"));
        };
        let wanted = target.port.unwrap_or(PORT);
        let ports = found.spec.as_ref().and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
        let Some(port) = ports.iter().find(|port| port.port == wanted) else {
            return no("ServicePortError", format!("{shown} is not listening on port {wanted}"));
        };
        let of_service = |slice: &&Arc<EndpointSlice>| {
            slice.metadata.label_map().get("kubernetes.io/service-name").is_some_and(|label| label == name)
        };
        let slices: Vec<_> = slices.store().iter().filter_map(EndpointSlice::of).filter(of_service).collect();
        if slices.is_empty() {
            return no("EndpointsNotFound", format!("cannot find endpointslices for {shown}"));
        }
        let port_name = port.name.as_deref().unwrap_or_default();
        let serves = |slice: &&Arc<EndpointSlice>| {
            let named = slice.ports.iter().flatten().any(|port| port.name.as_deref().unwrap_or_default() == port_name);
            let ready = |one: &crate::model::discovery::Endpoint| {
                one.conditions.as_ref().is_none_or(|conditions| conditions.ready != Some(false))
            };
            named && slice.endpoints.iter().flatten().any(ready)
        };
        if !slices.iter().any(serves) {
            let message = format!("endpoints for {shown} have no addresses with port name {port_name:?}");
            return no("MissingEndpoints", message);
        }
        Some(Verdict { is_available: true, reason: "Passed", message: "all checks passed".to_owned() })
    }
}

fn reference(service: &APIService) -> Option<&ServiceReference> {
    service.spec.as_ref()?.service.as_ref()
}

/// Writes the condition if it says something else than before.
fn tell(service: &Arc<APIService>, verdict: &Verdict, ctx: &mut Ctx<'_>) {
    let value = if verdict.is_available { "True" } else { "False" };
    let mut changed = (**service).clone();
    let conditions = changed.status.get_or_insert_default().conditions.get_or_insert_default();
    let before = conditions.iter().find(|one| one.type_ == "Available").cloned();
    let same = |one: &APIServiceCondition| {
        one.status == value
            && one.reason.as_deref() == Some(verdict.reason)
            && one.message.as_deref() == Some(&verdict.message)
    };
    if before.as_ref().is_some_and(same) {
        return;
    }
    let since = before.filter(|before| before.status == value).and_then(|before| before.last_transition_time);
    conditions.retain(|one| one.type_ != "Available");
    conditions.push(APIServiceCondition {
        type_: "Available".into(),
        status: value.into(),
        reason: Some(verdict.reason.into()),
        message: Some(verdict.message.clone()),
        last_transition_time: since.or_else(|| Some(time::time(ctx.now))),
    });
    let request = ctx.request_with(Verb::Update, Object::from(Arc::new(changed))).part(Subresource::Status);
    ctx.send(request);
}

impl Component for ApiServices {
    fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.services.start(ctx);
    }

    fn handle(&mut self, incoming: Incoming, ctx: &mut Ctx<'_>) {
        if let Incoming::Timer(Timer { purpose: LOOK, .. }) = incoming {
            ctx.timer(PERIOD, Timer::new(LOOK, 0));
            return self.look(ctx);
        }
        // Whatever else comes is the answer to a status; a refused one is sent again at the next look.
        let expecting = self.informers_mut().position(|informer| informer.expects(&incoming));
        let Some(expecting) = expecting else { return };
        if let Some(informer) = self.informers_mut().nth(expecting) {
            informer.handle(incoming, ctx);
        }
        self.look(ctx);
    }
}
