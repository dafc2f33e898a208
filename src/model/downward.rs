//! The downward API: fields of a Pod and resources of its containers as texts.
//!
//! Models `pkg/fieldpath/fieldpath.go` and `pkg/api/v1/resource/helpers.go`.

use std::collections::BTreeMap;
use std::net::IpAddr;

use k8s_openapi::api::core::v1::Container;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as WireQuantity;

use super::{Meta, Pod, Quantity};

/// The text of a field; `addresses` are those of the Pod, if it has one already, and of its node.
///
/// # Errors
/// A path that names no field that a Pod tells of itself.
pub fn field(pod: &Pod, path: &str, addresses: (Option<IpAddr>, IpAddr)) -> Result<String, String> {
    let (pod_ip, host_ip) = addresses;
    let meta = &pod.metadata;
    if let Some((map, key)) = subscript(path) {
        return match map {
            "metadata.labels" => Ok(meta.label(key).unwrap_or_default().to_owned()),
            "metadata.annotations" => Ok(meta.annotation(key).unwrap_or_default().to_owned()),
            _ => Err(format!("unsupported fieldPath: {path}")),
        };
    }
    Ok(match path {
        "metadata.name" => meta.name().to_owned(),
        "metadata.namespace" => meta.namespace().to_owned(),
        "metadata.uid" => meta.uid().to_owned(),
        "metadata.labels" => lines(meta.labels.as_ref()),
        "metadata.annotations" => lines(meta.annotations.as_ref()),
        "spec.nodeName" => pod.node_name().to_owned(),
        "spec.serviceAccountName" => pod.spec.service_account_name.clone().unwrap_or_default(),
        "status.hostIP" | "status.hostIPs" => host_ip.to_string(),
        "status.podIP" | "status.podIPs" => pod_ip.map(|ip| ip.to_string()).unwrap_or_default(),
        _ => return Err(format!("unsupported fieldPath: {path}")),
    })
}

/// `metadata.labels['app']` taken apart.
fn subscript(path: &str) -> Option<(&str, &str)> {
    let (map, rest) = path.split_once("['")?;
    Some((map, rest.strip_suffix("']")?))
}

/// `app="web"`, one per line.
fn lines(map: Option<&BTreeMap<String, String>>) -> String {
    let line = |(key, value): (&String, &String)| format!("{key}={value:?}");
    map.into_iter().flatten().map(line).collect::<Vec<_>>().join("\n")
}

/// The container of that name.
#[must_use]
pub fn container<'a>(pod: &'a Pod, name: &str) -> Option<&'a Container> {
    let inits = pod.spec.init_containers.as_deref().unwrap_or_default();
    pod.spec.containers.iter().chain(inits).find(|container| container.name == name)
}

/// An amount in a container's resources (`limits.cpu`), in units of `divisor` and rounded up. A limit that is not set is what
/// the node can give.
///
/// # Errors
/// A resource that the downward API does not tell, or an amount that cannot be read.
pub fn resource(
    container: &Container,
    path: &str,
    divisor: Option<&WireQuantity>,
    allocatable: &BTreeMap<String, String>,
) -> Result<String, String> {
    let unsupported = || format!("unsupported container resource : {path}");
    let (list, name) = path.split_once('.').ok_or_else(unsupported)?;
    let resources = container.resources.as_ref();
    let map = match list {
        "limits" => resources.and_then(|resources| resources.limits.as_ref()),
        "requests" => resources.and_then(|resources| resources.requests.as_ref()),
        _ => return Err(unsupported()),
    };
    let set = map.and_then(|map| map.get(name)).map(|quantity| quantity.0.clone());
    let text = set.or_else(|| allocatable.get(name).filter(|_| list == "limits").cloned());
    let amount = Quantity::parse(text.as_deref().unwrap_or("0")).map_err(|error| error.to_string())?;
    let divisor = divisor.map(|divisor| divisor.0.as_str()).filter(|text| !matches!(*text, "" | "0")).unwrap_or("1");
    let divisor = Quantity::parse(divisor).map_err(|error| error.to_string())?;
    let units = if name == "cpu" {
        amount.milli_value().unsigned_abs().div_ceil(divisor.milli_value().unsigned_abs().max(1))
    } else {
        amount.value().unsigned_abs().div_ceil(divisor.value().unsigned_abs().max(1))
    };
    Ok(units.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Object};
    use serde_json::json;

    #[test]
    fn fields_and_resources_become_texts() {
        let value = json!({"metadata": {"name": "web", "labels": {"a": "1", "b": "two"}}, "spec": {"containers": [
            {"name": "c", "resources": {"limits": {"cpu": "1500m"}, "requests": {"memory": "64Mi"}}}]}});
        let object = Object::from_value(Kind::Pod, value, &mut Vec::new()).unwrap();
        let pod = object.get::<Pod>().unwrap();
        let addresses = (Some(IpAddr::from([10, 244, 1, 2])), IpAddr::from([192, 168, 56, 11]));
        let shown = |path| field(pod, path, addresses);
        assert_eq!(shown("metadata.labels"), Ok("a=\"1\"\nb=\"two\"".to_owned()));
        assert_eq!(shown("metadata.labels['b']"), Ok("two".to_owned()));
        assert_eq!(shown("status.podIP"), Ok("10.244.1.2".to_owned()));
        assert!(shown("spec.priority").is_err());
        let container = container(pod, "c").unwrap();
        let allocatable = BTreeMap::from([("memory".to_owned(), "4Gi".to_owned())]);
        let amount = |path, divisor: &str| resource(container, path, Some(&WireQuantity(divisor.into())), &allocatable);
        assert_eq!(amount("limits.cpu", "1"), Ok("2".to_owned()));
        assert_eq!(amount("limits.cpu", "1m"), Ok("1500".to_owned()));
        assert_eq!(amount("requests.memory", "1Mi"), Ok("64".to_owned()));
        assert_eq!(amount("limits.memory", "1Gi"), Ok("4".to_owned()));
    }
}
