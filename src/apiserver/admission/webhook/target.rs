//! Where a webhook is: the endpoints of a Service, or an address outside of which this cluster knows nothing.
//!
//! Source: `apiserver/pkg/util/webhook/client.go`, `apiserver/pkg/util/proxy/proxy.go` (`ResolveEndpoint`: the API server picks an
//! endpoint itself, as with `--enable-aggregator-routing`; there is no kube-proxy beside it).

use std::net::{IpAddr, SocketAddr};

use crate::apiserver::admission::{lookup, lookup_all};
use crate::apiserver::stored::Stored;
use crate::engine::Stream;
use crate::etcd::Store;
use crate::model::Meta;
use crate::model::admissionregistration::{ServiceReference, WebhookClientConfig};
use crate::model::core::Service;
use crate::model::discovery::EndpointSlice;

/// The port when none is given. Source: `SetDefaults_ServiceReference`.
const PORT: i32 = 443;
/// The label that tells to which Service a slice belongs.
const SERVICE_LABEL: &str = "kubernetes.io/service-name";

/// A place.
pub(super) struct Target {
    pub(super) url: String,
    pub(super) path: String,
    /// The address, or why there is none.
    pub(super) to: Result<SocketAddr, String>,
}

/// Finds the place.
pub(super) fn locate(client: &WebhookClientConfig, store: &Store<Stored>, random: &mut Stream) -> Target {
    if let Some(service) = &client.service {
        let path = service.path.clone().unwrap_or_default();
        let slash = if path.starts_with('/') { "" } else { "/" };
        let path = format!("{slash}{path}");
        let port = service.port.unwrap_or(PORT);
        let url = format!("https://{}.{}.svc:{port}{path}", service.name, service.namespace);
        return Target { url, path, to: endpoint(service, port, store, random) };
    }
    let url = client.url.clone().unwrap_or_default();
    let rest = url.strip_prefix("https://").unwrap_or(&url);
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().unwrap_or(443)),
        None => (authority, 443_u16),
    };
    // Of the world outside the cluster only addresses that are in it can be reached.
    let to = match host.parse::<IpAddr>() {
        Ok(ip) => Ok(SocketAddr::new(ip, port)),
        Err(_) => Err(format!("dial tcp: lookup {host}: no such host")),
    };
    Target { path: format!("/{path}"), url, to }
}

/// One of the ready endpoints of a Service.
fn endpoint(
    reference: &ServiceReference,
    port: i32,
    store: &Store<Stored>,
    random: &mut Stream,
) -> Result<SocketAddr, String> {
    let name = &reference.name;
    let Some(service) = lookup::<Service>(store, &reference.namespace, name) else {
        return Err(format!("service \"{name}\" not found"));
    };
    let spec = service.spec.clone().unwrap_or_default();
    if spec.type_.as_deref() == Some("ExternalName") {
        return Err(format!("dial tcp: lookup {}: no such host", spec.external_name.unwrap_or_default()));
    }
    let Some(wanted) = spec.ports.iter().flatten().find(|one| one.port == port) else {
        return Err(format!("no service port {port} found for service \"{name}\""));
    };
    let mut found = Vec::new();
    for slice in lookup_all::<EndpointSlice>(store, &reference.namespace) {
        if slice.metadata.label_map().get(SERVICE_LABEL) != Some(name) {
            continue;
        }
        let named = |port: &&crate::model::discovery::EndpointPort| {
            port.name.as_deref().unwrap_or_default() == wanted.name.as_deref().unwrap_or_default()
        };
        let Some(port) = slice.ports.iter().flatten().find(named).and_then(|port| port.port) else { continue };
        let Ok(port) = u16::try_from(port) else { continue };
        for endpoint in slice.endpoints.iter().flatten() {
            if endpoint.conditions.as_ref().is_none_or(|conditions| conditions.ready != Some(false)) {
                let addresses = endpoint.addresses.iter().filter_map(|address| address.parse::<IpAddr>().ok());
                found.extend(addresses.map(|ip| SocketAddr::new(ip, port)));
            }
        }
    }
    found.sort_unstable();
    match found.len() {
        0 => Err(format!("no endpoints available for service \"{name}\"")),
        count => Ok(found[random.below(count as u64) as usize]),
    }
}
