//! What the Pods of a node ask of it, and how much of the whole that is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::text::Text;
use crate::model::core::{Container, NodeStatus, PodSpec, ResourceRequirements};
use crate::model::metav1::WireQuantity;
use crate::model::{Meta, Pod, Quantity};
use crate::printers::date::since;

type Amounts = BTreeMap<String, Quantity>;
/// Requests or limits of a container.
type Side = fn(&ResourceRequirements) -> Option<&BTreeMap<String, WireQuantity>>;

const REQUESTS: Side = |resources| resources.requests.as_ref();
const LIMITS: Side = |resources| resources.limits.as_ref();

pub(super) fn describe(text: &mut Text, status: &NodeStatus, pods: &[&Arc<Pod>]) {
    let whole = status.allocatable.as_ref().filter(|all| !all.is_empty()).or(status.capacity.as_ref());
    let whole = read(whole);
    text.field(0, "Non-terminated Pods", format_args!("({} in total)", pods.len()));
    text.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
    text.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
    let (mut requested, mut limited) = (Amounts::new(), Amounts::new());
    for pod in pods {
        let (requests, limits) = (of_pod(&pod.spec, REQUESTS), of_pod(&pod.spec, LIMITS));
        let cells = ["cpu", "memory"]
            .map(|resource| format!("{}\t{}", share(&requests, &whole, resource), share(&limits, &whole, resource)));
        let age = since(pod.metadata.creation_timestamp.as_ref(), text.now);
        let (namespace, name) = (pod.metadata.namespace(), pod.metadata.name());
        text.line(1, format_args!("{namespace}\t{name}\t\t{}\t{age}", cells.join("\t")));
        add(&mut requested, &requests);
        add(&mut limited, &limits);
    }
    text.line(0, "Allocated resources:");
    text.line(1, "(Total limits may be over 100 percent, i.e., overcommitted.)");
    text.line(1, "Resource\tRequests\tLimits");
    text.line(1, "--------\t--------\t------");
    let huge = whole.keys().map(String::as_str).filter(|resource| resource.starts_with("hugepages-"));
    for resource in ["cpu", "memory", "ephemeral-storage"].into_iter().chain(huge) {
        let (requests, limits) = (share(&requested, &whole, resource), share(&limited, &whole, resource));
        text.line(1, format_args!("{resource}\t{requests}\t{limits}"));
    }
    for resource in whole.keys().filter(|resource| resource.contains('/')) {
        let amount = |amounts: &Amounts| amounts.get(resource).copied().unwrap_or_default();
        text.line(1, format_args!("{resource}\t{}\t{}", amount(&requested), amount(&limited)));
    }
}

/// `250m (12%)`: an amount and its share of the whole, rounded down.
fn share(amounts: &Amounts, whole: &Amounts, resource: &str) -> String {
    let amount = amounts.get(resource).copied().unwrap_or_default();
    let whole = whole.get(resource).copied().unwrap_or_default();
    let parts = |quantity: Quantity| if resource == "cpu" { quantity.milli_value() } else { quantity.value() };
    let percent = i128::from(parts(amount)) * 100 / i128::from(parts(whole)).max(1);
    format!("{amount} ({percent}%)")
}

/// What a Pod asks for: the sum of its containers and sidecars, or its largest init container, whichever is more;
/// amounts given for the whole Pod take their place (`PodRequests` and `PodLimits` of component-helpers).
fn of_pod(spec: &PodSpec, side: Side) -> Amounts {
    let mut total = Amounts::new();
    for container in &spec.containers {
        add(&mut total, &of_container(container, side));
    }
    let (mut sidecars, mut largest) = (Amounts::new(), Amounts::new());
    for container in spec.init_containers.iter().flatten() {
        let mut amounts = of_container(container, side);
        if container.restart_policy.as_deref() == Some("Always") {
            add(&mut total, &amounts);
            add(&mut sidecars, &amounts);
            amounts.clone_from(&sidecars);
        } else {
            add(&mut amounts, &sidecars);
        }
        raise(&mut largest, amounts);
    }
    raise(&mut total, largest);
    total.extend(read(spec.resources.as_ref().and_then(side)));
    if !total.is_empty() {
        add(&mut total, &read(spec.overhead.as_ref()));
    }
    total
}

fn of_container(container: &Container, side: Side) -> Amounts {
    read(container.resources.as_ref().and_then(side))
}

fn read(amounts: Option<&BTreeMap<String, WireQuantity>>) -> Amounts {
    let known = |(name, amount): (&String, &WireQuantity)| Some((name.clone(), Quantity::try_from(amount).ok()?));
    amounts.into_iter().flatten().filter_map(known).collect()
}

fn add(total: &mut Amounts, more: &Amounts) {
    for (resource, amount) in more {
        *total.entry(resource.clone()).or_default() += *amount;
    }
}

fn raise(total: &mut Amounts, other: Amounts) {
    for (resource, amount) in other {
        let held = total.entry(resource).or_insert(amount);
        *held = (*held).max(amount);
    }
}
