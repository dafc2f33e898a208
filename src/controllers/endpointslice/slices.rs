//! The slices of one Service: what to create, change and delete so that they hold the endpoints that they should, with as
//! few writes as possible.
//!
//! Models `staging/src/k8s.io/endpointslice/reconciler.go`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::core::Service;
use crate::model::discovery::{Endpoint, EndpointPort, EndpointSlice};
use crate::model::meta::controller_reference;
use crate::model::metav1::ObjectMeta;
use crate::model::{Kind, Meta, names};

/// `--max-endpoints-per-slice`.
pub const MAX_ENDPOINTS: usize = 100;
/// The label that names the Service of a slice. Source: `discovery/v1/well_known_labels.go`.
pub const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// The label that names who looks after a slice.
pub const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
/// This controller, in that label.
pub const MANAGER: &str = "endpointslice-controller.k8s.io";
/// The label of slices of Services without an address.
const HEADLESS: &str = "service.kubernetes.io/headless";

/// The endpoints that a Service should have, by the ports under which they answer; each under the UID of its Pod.
pub type Wanted = BTreeMap<PortKey, (Vec<EndpointPort>, BTreeMap<String, Endpoint>)>;
/// Ports, comparable.
pub type PortKey = Vec<(String, String, i32, String)>;

/// What to write.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// New slices, without a name yet.
    pub create: Vec<EndpointSlice>,
    /// Slices to be replaced.
    pub update: Vec<EndpointSlice>,
    /// Slices to be removed.
    pub delete: Vec<Arc<EndpointSlice>>,
}

/// The key of a list of ports.
#[must_use]
pub fn port_key(ports: &[EndpointPort]) -> PortKey {
    let key = |port: &EndpointPort| {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        (text(&port.name), text(&port.protocol), port.port.unwrap_or(0), text(&port.app_protocol))
    };
    let mut keys: PortKey = ports.iter().map(key).collect();
    keys.sort();
    keys
}

/// What must change, from the slices that there are and the endpoints that there should be.
#[must_use]
pub fn changes(service: &Service, existing: &[Arc<EndpointSlice>], wanted: Wanted) -> Changes {
    let (fitting, alien): (Vec<_>, Vec<_>) = existing.iter().cloned().partition(|slice| slice.address_type == "IPv4");
    let mut by_ports: BTreeMap<PortKey, Vec<Arc<EndpointSlice>>> = BTreeMap::new();
    for slice in &fitting {
        by_ports.entry(port_key(slice.ports.as_deref().unwrap_or_default())).or_default().push(Arc::clone(slice));
    }
    let mut changes = Changes::default();
    for (key, (ports, endpoints)) in wanted {
        let slices = by_ports.remove(&key).unwrap_or_default();
        fill(service, &slices, &ports, endpoints, &mut changes);
    }
    changes.delete.extend(by_ports.into_values().flatten());
    if fitting.len() == changes.delete.len() && changes.create.is_empty() {
        keep_placeholder(service, &mut changes);
    }
    changes.delete.extend(alien);
    recycle(service, &mut changes);
    if service.metadata.is_terminating() {
        changes.create.clear();
    }
    changes
}

/// A Service without endpoints has one empty slice, so that it can be told from one that nobody looked at.
fn keep_placeholder(service: &Service, changes: &mut Changes) {
    let placeholder = new_slice(service, &[]);
    let is_placeholder = |slice: &EndpointSlice| {
        slice.endpoints.as_ref().is_none_or(Vec::is_empty)
            && slice.ports.as_ref().is_none_or(Vec::is_empty)
            && slice.metadata.labels == placeholder.metadata.labels
    };
    if let [only] = &changes.delete[..]
        && is_placeholder(only)
    {
        changes.delete.clear();
    } else {
        changes.create.push(placeholder);
    }
}

/// Slices that would be deleted take the contents of those that would be made: one write instead of two.
fn recycle(service: &Service, changes: &mut Changes) {
    let mut kept = Vec::new();
    for slice in std::mem::take(&mut changes.delete) {
        let owned = slice.metadata.owners().iter().any(|owner| owner.uid == service.metadata.uid());
        match changes.create.pop_if(|new| owned && new.address_type == slice.address_type) {
            Some(mut new) => {
                new.metadata.name.clone_from(&slice.metadata.name);
                new.metadata.generate_name = None;
                changes.update.push(new);
            }
            None => kept.push(slice),
        }
    }
    changes.delete = kept;
}

/// Puts the endpoints of one list of ports into slices.
fn fill(
    service: &Service,
    existing: &[Arc<EndpointSlice>],
    ports: &[EndpointPort],
    mut wanted: BTreeMap<String, Endpoint>,
    changes: &mut Changes,
) {
    let mut changed: BTreeMap<String, EndpointSlice> = BTreeMap::new();
    let mut unchanged: BTreeSet<String> = BTreeSet::new();
    for slice in existing {
        let name = slice.metadata.name().to_owned();
        let labels = labels(service, slice.metadata.labels.as_ref());
        let before = slice.endpoints.as_deref().unwrap_or_default();
        let kept: Vec<Endpoint> = before.iter().filter_map(|one| wanted.remove(&identity(one))).collect();
        if kept.is_empty() && !before.is_empty() {
            changes.delete.push(Arc::clone(slice));
        } else if kept != before || slice.metadata.labels.as_ref() != Some(&labels) {
            let mut slice = (**slice).clone();
            slice.endpoints = Some(kept);
            slice.metadata.labels = Some(labels);
            changed.insert(name, slice);
        } else {
            unchanged.insert(name);
        }
    }
    let mut rest = wanted.into_values();
    // The fullest first, so that few slices stay half empty.
    let mut fullest: Vec<&mut EndpointSlice> = changed.values_mut().collect();
    fullest.sort_by_key(|slice| std::cmp::Reverse(len(slice)));
    for slice in fullest {
        top_up(slice, &mut rest);
    }
    while rest.len() > 0 {
        let roomy = existing
            .iter()
            .filter(|slice| unchanged.contains(slice.metadata.name()) && len(slice) + rest.len() <= MAX_ENDPOINTS)
            .max_by_key(|slice| len(slice));
        let mut slice = roomy.map_or_else(|| new_slice(service, ports), |slice| (**slice).clone());
        top_up(&mut slice, &mut rest);
        match slice.metadata.name.clone() {
            Some(name) => {
                unchanged.remove(&name);
                changed.insert(name, slice);
            }
            None => changes.create.push(slice),
        }
    }
    changes.update.extend(changed.into_values());
}

fn len(slice: &EndpointSlice) -> usize {
    slice.endpoints.as_ref().map_or(0, Vec::len)
}

fn top_up(slice: &mut EndpointSlice, rest: &mut impl Iterator<Item = Endpoint>) {
    let endpoints = slice.endpoints.get_or_insert_default();
    let room = MAX_ENDPOINTS.saturating_sub(endpoints.len());
    endpoints.extend(rest.take(room));
}

/// What tells endpoints apart: the Pod behind them.
#[must_use]
pub fn identity(endpoint: &Endpoint) -> String {
    endpoint.target_ref.as_ref().and_then(|target| target.uid.clone()).unwrap_or_default()
}

/// An empty slice of a Service.
fn new_slice(service: &Service, ports: &[EndpointPort]) -> EndpointSlice {
    let prefix = format!("{}-", service.metadata.name());
    let fits = names::dns1123_subdomain(&names::without_trailing_dash(&prefix)).is_empty();
    EndpointSlice {
        metadata: ObjectMeta {
            generate_name: Some(if fits { prefix } else { service.metadata.name().to_owned() }),
            namespace: service.metadata.namespace.clone(),
            labels: Some(labels(service, None)),
            owner_references: Some(vec![controller_reference(Kind::Service, &service.metadata)]),
            ..ObjectMeta::default()
        },
        address_type: "IPv4".to_owned(),
        endpoints: Some(Vec::new()),
        ports: Some(ports.to_vec()),
    }
}

/// The labels of a Service's slices: its own, and those of this controller.
fn labels(service: &Service, before: Option<&BTreeMap<String, String>>) -> BTreeMap<String, String> {
    let reserved = |key: &str| [SERVICE_NAME, MANAGED_BY, HEADLESS].contains(&key);
    let own = service.metadata.label_map().iter().filter(|(key, _)| !reserved(key));
    let mut labels: BTreeMap<_, _> = own.map(|(key, value)| (key.clone(), value.clone())).collect();
    labels.insert(SERVICE_NAME.to_owned(), service.metadata.name().to_owned());
    labels.insert(MANAGED_BY.to_owned(), MANAGER.to_owned());
    let address = service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref());
    if address == Some("None") {
        // The value that someone gave the label is left alone.
        let value = before.and_then(|before| before.get(HEADLESS)).cloned().unwrap_or_default();
        labels.insert(HEADLESS.to_owned(), value);
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::core::ObjectReference;

    fn service() -> Service {
        let mut service = Service::default();
        service.metadata.name = Some("web".into());
        service.metadata.uid = Some("service".into());
        service
    }

    fn wanted(pods: impl IntoIterator<Item = usize>) -> Wanted {
        let ports = vec![EndpointPort { port: Some(80), ..EndpointPort::default() }];
        let endpoint = |number: usize| {
            let uid = format!("{number:04}");
            let target = ObjectReference { uid: Some(uid.clone()), ..ObjectReference::default() };
            (uid, Endpoint { target_ref: Some(target), ..Endpoint::default() })
        };
        [(port_key(&ports), (ports, pods.into_iter().map(endpoint).collect()))].into()
    }

    /// Applies changes as the API server would.
    fn apply(slices: &mut Vec<Arc<EndpointSlice>>, changes: Changes) {
        for mut slice in changes.create {
            slice.metadata.name = Some(format!("web-{}", slices.len()));
            slices.push(Arc::new(slice));
        }
        for slice in changes.update {
            let place = slices.iter_mut().find(|one| one.metadata.name() == slice.metadata.name());
            *place.unwrap() = Arc::new(slice);
        }
        let gone: Vec<_> = changes.delete.iter().map(|slice| slice.metadata.name().to_owned()).collect();
        slices.retain(|slice| !gone.contains(&slice.metadata.name().to_owned()));
    }

    fn sizes(slices: &[Arc<EndpointSlice>]) -> Vec<usize> {
        slices.iter().map(|slice| len(slice)).collect()
    }

    #[test]
    fn slices_hold_a_hundred_and_are_filled_before_new_ones_are_made() {
        let mut slices = Vec::new();
        apply(&mut slices, changes(&service(), &[], wanted(0..250)));
        assert_eq!(sizes(&slices), [100, 100, 50]);
        assert_eq!(changes(&service(), &slices, wanted(0..250)), Changes::default());
        let more = changes(&service(), &slices, wanted(0..260));
        assert_eq!((more.create.len(), more.update.len()), (0, 1));
        apply(&mut slices, more);
        assert_eq!(sizes(&slices), [100, 100, 60]);
        // One goes from the first slice: only that one is written, and the newcomer takes the place.
        let swapped = changes(&service(), &slices, wanted((1..260).chain([999])));
        assert_eq!(swapped.update.len(), 1);
        apply(&mut slices, swapped);
        assert_eq!(sizes(&slices), [100, 100, 60]);
    }

    #[test]
    fn a_service_without_endpoints_keeps_one_empty_slice_under_its_old_name() {
        let mut slices = Vec::new();
        apply(&mut slices, changes(&service(), &[], wanted([1])));
        let name = slices[0].metadata.name().to_owned();
        let emptied = changes(&service(), &slices, Wanted::new());
        apply(&mut slices, emptied);
        assert_eq!(sizes(&slices), [0]);
        assert_eq!(slices[0].metadata.name(), name);
        assert_eq!(changes(&service(), &slices, Wanted::new()), Changes::default());
    }
}
