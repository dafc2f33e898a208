//! Variables for Services: those that exist when a container is made, and no others.
//!
//! Models `pkg/kubelet/envvars/envvars.go` and `getServiceEnvVarMap` in `pkg/kubelet/kubelet_pods.go`.

use crate::client::Store;
use crate::model::core::Service;
use crate::model::{Meta, Resource};

/// The variables for the Services of a namespace; without `links` only for `kubernetes` in `default`.
#[must_use]
pub fn of(services: &Store, namespace: &str, links: bool) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    let master = services.get("default", "kubernetes");
    let has_own = links && services.get(namespace, "kubernetes").is_some();
    let own = services.in_namespace(namespace).filter(|_| links);
    for object in own.chain(master.filter(|_| !has_own)) {
        if let Some(service) = Service::of(object) {
            describe(service, &mut variables);
        }
    }
    variables
}

fn describe(service: &Service, variables: &mut Vec<(String, String)>) {
    let Some(spec) = &service.spec else { return };
    let ip = spec.cluster_ip.as_deref().unwrap_or_default();
    let ports = spec.ports.as_deref().unwrap_or_default();
    let Some(first) = ports.first().filter(|_| !matches!(ip, "" | "None")) else { return };
    let name = in_capitals(service.metadata.name());
    let mut put = |suffix: &str, value: String| variables.push((format!("{name}_{suffix}"), value));
    put("SERVICE_HOST", ip.to_owned());
    put("SERVICE_PORT", first.port.to_string());
    for port in ports {
        if let Some(port_name) = port.name.as_deref().filter(|name| !name.is_empty()) {
            put(&format!("SERVICE_PORT_{}", in_capitals(port_name)), port.port.to_string());
        }
    }
    let url = |number: i32, protocol: &str| format!("{}://{}:{number}", protocol.to_lowercase(), in_brackets(ip));
    put("PORT", url(first.port, first.protocol.as_deref().unwrap_or("TCP")));
    for port in ports {
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        let prefix = format!("PORT_{}_{protocol}", port.port);
        put(&prefix, url(port.port, protocol));
        put(&format!("{prefix}_PROTO"), protocol.to_lowercase());
        put(&format!("{prefix}_PORT"), port.port.to_string());
        put(&format!("{prefix}_ADDR"), ip.to_owned());
    }
}

fn in_capitals(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

/// IPv6 addresses stand in brackets before a port.
fn in_brackets(ip: &str) -> String {
    if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Object};
    use serde_json::json;

    #[test]
    fn a_service_becomes_seven_variables_and_one_per_named_port() {
        let service = json!({"metadata": {"name": "my-db", "namespace": "shop"}, "spec": {"clusterIP": "10.96.0.7",
            "ports": [{"name": "pg", "port": 5432, "protocol": "TCP"}]}});
        let headless = json!({"metadata": {"name": "hl", "namespace": "shop"}, "spec": {"clusterIP": "None",
            "ports": [{"port": 80}]}});
        let mut store = Store::default();
        for value in [service, headless] {
            store.insert(Object::from_value(Kind::Service, value, &mut Vec::new()).unwrap());
        }
        let shown: Vec<String> =
            of(&store, "shop", true).iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            shown,
            [
                "MY_DB_SERVICE_HOST=10.96.0.7",
                "MY_DB_SERVICE_PORT=5432",
                "MY_DB_SERVICE_PORT_PG=5432",
                "MY_DB_PORT=tcp://10.96.0.7:5432",
                "MY_DB_PORT_5432_TCP=tcp://10.96.0.7:5432",
                "MY_DB_PORT_5432_TCP_PROTO=tcp",
                "MY_DB_PORT_5432_TCP_PORT=5432",
                "MY_DB_PORT_5432_TCP_ADDR=10.96.0.7",
            ]
        );
        assert!(of(&store, "shop", false).is_empty());
    }
}
