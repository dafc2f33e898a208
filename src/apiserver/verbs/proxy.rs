//! Log, exec, attach and port-forward: the server checks that there is such a container, and hands the connection on to the kubelet.
//!
//! Source: `pkg/registry/core/pod/strategy.go`, `LogLocation`, `ExecLocation`, `AttachLocation`, `PortForwardLocation`.

use serde_json::{Value, json};

use crate::apiserver::admission;
use crate::apiserver::request::{Body, Payload, Request};
use crate::apiserver::status::Status;
use crate::apiserver::storage_key;
use crate::apiserver::stored::Stored;
use crate::etcd::Store;
use crate::model::{Kind, Meta, Pod, Resource};

use super::{Step, Work};

/// The annotation that names the container kubectl means when it names none.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// The node whose kubelet has the answer.
///
/// # Errors
/// 404 without such a Pod, 400 without such a container or node.
pub(in crate::apiserver) fn locate(request: &Request, store: &Store<Stored>) -> Result<Payload, Box<Status>> {
    let key = storage_key::of(Kind::Pod, &request.namespace, &request.name);
    let pod = store.get(&key).and_then(|entry| Stored::peek(entry)).and_then(Pod::of);
    let Some(pod) = pod else { return Err(Box::new(Status::not_found(Kind::Pod, &request.name))) };
    let asked = match &request.body {
        Body::Log(options) => options.container.as_deref(),
        Body::Exec(options) | Body::Attach(options) => options.container.as_deref(),
        _ => None,
    };
    if request.body != Body::PortForward {
        check_container(pod, asked.unwrap_or_default())?;
    }
    let node = pod.node_name();
    if !node.is_empty() {
        return Ok(Payload::Proxy(node.into()));
    }
    match request.body {
        // A Pod without a node has no logs yet.
        Body::Log(_) => Ok(Payload::Stream(crate::apiserver::StreamChunk { exit_code: Some(0), ..Default::default() })),
        _ => Err(Box::new(Status::bad_request(format!("pod {} does not have a host assigned", pod.metadata.name())))),
    }
}

/// The same for a connection that admission may refuse.
///
/// # Errors
/// What admission says, or [`locate`].
pub(in crate::apiserver) fn attempt(work: &mut Work<'_>) -> Result<Step, Box<Status>> {
    let found = locate(&work.inbound.request, work.store)?;
    let request = &work.inbound.request;
    let (kind, options) = match &request.body {
        Body::Exec(options) => (
            "PodExecOptions",
            json!({"container": options.container, "command": options.command,
            "stdin": options.takes_stdin || options.stdin.is_some(), "stdout": true, "stderr": true, "tty": options.tty}),
        ),
        Body::Attach(options) => (
            "PodAttachOptions",
            json!({"container": options.container,
            "stdin": options.takes_stdin, "stdout": true, "stderr": true, "tty": options.tty}),
        ),
        _ => ("PodPortForwardOptions", json!({})),
    };
    let mut object = json!({"apiVersion": "v1", "kind": kind});
    for (field, value) in options.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        object[field] = value.clone();
    }
    admission::validate_part(|| (object, Value::Null), None, &mut work.review())?;
    Ok(found.into())
}

fn check_container(pod: &Pod, asked: &str) -> Result<(), Box<Status>> {
    let name = pod.metadata.name();
    let init: Vec<_> = pod.spec.init_containers.iter().flatten().map(|one| one.name.as_str()).collect();
    let main: Vec<_> = pod.spec.containers.iter().map(|one| one.name.as_str()).collect();
    let refused = |message: String| Err(Box::new(Status::bad_request(message)));
    if asked.is_empty() {
        if main.len() == 1 || pod.metadata.annotation(DEFAULT_CONTAINER).is_some() {
            return Ok(());
        }
        let mut choice = format!("choose one of: [{}]", main.join(" "));
        if !init.is_empty() {
            choice.push_str(&format!(" or one of the init containers: [{}]", init.join(" ")));
        }
        return refused(format!("a container name must be specified for pod {name}, {choice}"));
    }
    let mut ephemeral = pod.spec.ephemeral_containers.iter().flatten();
    if main.contains(&asked) || init.contains(&asked) || ephemeral.any(|one| one.name == asked) {
        return Ok(());
    }
    refused(format!("container {asked} is not valid for pod {name}"))
}
