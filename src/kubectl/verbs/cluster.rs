//! What kubectl says of itself and of the cluster: version, cluster-info.

use serde_json::json;

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::{self, Format};
use crate::kubectl::session::Session;
use crate::model::{KUBERNETES_VERSION, Kind, ObjectKey};

/// Flags of `version`.
pub const VERSION_FLAGS: &[&str] = &["!client", "o:output"];
/// Flags of `cluster-info`.
pub const INFO_FLAGS: &[&str] = &[];
/// The kustomize that kubectl v1.36.2 is built with.
const KUSTOMIZE_VERSION: &str = "v5.8.1";

/// `kubectl version`.
///
/// # Errors
/// When no server answers.
pub fn version(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let format = Format::of(flags)?;
    let client_only = flags.yes("client");
    if !format.is_human() {
        let (major, minor) = ("1", KUBERNETES_VERSION.split('.').nth(1).unwrap_or_default());
        let version = json!({"major": major, "minor": minor, "gitVersion": KUBERNETES_VERSION});
        let mut value = json!({"clientVersion": version, "kustomizeVersion": KUSTOMIZE_VERSION});
        if !client_only {
            reach(session)?;
            value["serverVersion"] = version;
        }
        return output::print(session, &format, Kind::Node, &value);
    }
    session.line(&format!("Client Version: {KUBERNETES_VERSION}"));
    session.line(&format!("Kustomize Version: {KUSTOMIZE_VERSION}"));
    if !client_only {
        reach(session)?;
        session.line(&format!("Server Version: {KUBERNETES_VERSION}"));
    }
    Ok(())
}

/// Makes sure that a server answers.
fn reach(session: &mut Session<'_>) -> Result<(), Failure> {
    session.get(&ObjectKey::new(Kind::Namespace, "", "default")).map(|_| ())
}

/// `kubectl cluster-info`.
///
/// # Errors
/// When no server answers.
pub fn info(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if flags.args.first().is_some_and(|word| word == "dump") {
        return Err(Failure::not_modelled("cluster-info dump"));
    }
    let server = session.defaults().server.clone();
    let list = session.list(Kind::Service, "kube-system", "kubernetes.io/cluster-service=true", "")?;
    session.line(&format!("Kubernetes control plane is running at {server}"));
    for service in &list.items {
        let labels = crate::model::Meta::label_map(service.meta());
        let name = labels.get("kubernetes.io/name").map_or_else(|| service.name(), String::as_str);
        let path = format!("{server}/api/v1/namespaces/kube-system/services/{}:dns/proxy", service.name());
        session.line(&format!("{name} is running at {path}"));
    }
    session.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n");
    Ok(())
}
