//! EndpointSlices.

use super::text::{Text, or_none};
use crate::model::discovery::{Endpoint, EndpointSlice};

const UNSET: &str = "<unset>";

pub(super) fn describe(text: &mut Text, slice: &EndpointSlice) {
    text.head(&slice.metadata);
    text.field(0, "AddressType", &slice.address_type);
    match slice.ports.as_deref().filter(|ports| !ports.is_empty()) {
        None => text.line(0, "Ports: <unset>"),
        Some(ports) => {
            text.line(0, "Ports:");
            text.line(1, "Name\tPort\tProtocol");
            text.line(1, "----\t----\t--------");
            for port in ports {
                let name = port.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(UNSET);
                let number = port.port.map_or_else(|| UNSET.into(), |number| number.to_string());
                text.line(1, format_args!("{name}\t{number}\t{}", port.protocol.as_deref().unwrap_or("TCP")));
            }
        }
    }
    match slice.endpoints.as_deref().filter(|endpoints| !endpoints.is_empty()) {
        None => text.line(0, "Endpoints: <none>"),
        Some(endpoints) => {
            text.line(0, "Endpoints:");
            endpoints.iter().for_each(|endpoint| describe_endpoint(text, endpoint));
        }
    }
}

fn describe_endpoint(text: &mut Text, endpoint: &Endpoint) {
    text.field(1, "- Addresses", or_none(&endpoint.addresses.join(", ")));
    text.line(2, "Conditions:");
    let ready = endpoint.conditions.as_ref().and_then(|conditions| conditions.ready);
    text.field(3, "Ready", ready.map_or_else(|| UNSET.into(), |ready| ready.to_string()));
    text.field(2, "Hostname", endpoint.hostname.as_deref().unwrap_or(UNSET));
    if let Some(target) = &endpoint.target_ref {
        let (kind, name) = (target.kind.as_deref().unwrap_or_default(), target.name.as_deref().unwrap_or_default());
        text.field(2, "TargetRef", format_args!("{kind}/{name}"));
    }
    text.field(2, "NodeName", endpoint.node_name.as_deref().unwrap_or(UNSET));
    text.field(2, "Zone", endpoint.zone.as_deref().unwrap_or(UNSET));
}
