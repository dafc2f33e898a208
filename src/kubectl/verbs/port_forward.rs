//! `kubectl port-forward`: there is no machine of the learner's here whose port could be forwarded; what to do instead is said.
//!
//! Source of the checks: `kubectl/pkg/cmd/portforward/portforward.go`.

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::{Meta, Object};

use super::pods_of;

/// Its flags.
pub const FLAGS: &[&str] = &["+address", "~pod-running-timeout"];

/// Says what to do instead.
///
/// # Errors
/// Always: in kubectl's words when the command is wrong, in podlab's when it is right.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let [word, ports @ ..] = &flags.args[..] else {
        return Err(Failure::usage("port-forward", "TYPE/NAME and list of ports are required for port-forward"));
    };
    let Some(port) = ports.first() else {
        return Err(Failure::usage("port-forward", "TYPE/NAME and list of ports are required for port-forward"));
    };
    let key = pods_of::key(session, word)?;
    let object = session.get(&key)?;
    let pods = pods_of::of(session, &object, "port-forward")?;
    let Some(pod) = pods_of::best(pods) else { return Err(Failure::text_of("no Pod is there to forward to")) };
    if pod.phase() != "Running" {
        let said = format!("unable to forward port because pod is not running. Current status={}", pod.phase());
        return Err(Failure::text_of(said));
    }
    let remote = port.rsplit(':').next().unwrap_or_default();
    let remote = target(&object, remote);
    Err(Failure::text_of(format!(
        "port-forward has nothing to forward to inside podlab: the port would be one of a machine of yours. Ask from within: \
         kubectl exec {} -- curl -s localhost:{remote} (or wget -qO-), or serve the cluster (K in the app, podlab serve) and use \
         the real kubectl, whose port-forward works",
        pod.metadata.name()
    )))
}

/// The port of the Pod behind the port of a Service.
fn target(object: &Object, port: &str) -> String {
    let Object::Service(service) = object else { return port.to_owned() };
    let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_ref());
    let is_it = |one: &&crate::model::core::ServicePort| {
        one.port.to_string() == port || one.name.as_deref().is_some_and(|name| name == port)
    };
    let found = ports.into_iter().flatten().find(is_it).and_then(|one| one.target_port.as_ref());
    found
        .map_or_else(|| port.to_owned(), |target| serde_json::to_value(target).unwrap_or_default().to_string())
        .trim_matches('"')
        .to_owned()
}
