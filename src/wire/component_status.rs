//! `componentstatuses`: how the scheduler, the controller manager and etcd beside the answering API server are. They are asked, not
//! stored.
//!
//! Source: `pkg/registry/core/componentstatus/rest.go`, `pkg/printers/internalversion/printers.go`, `printComponentStatus`.

use axum::body::Body;
use axum::http::{Method, Response};
use serde_json::{Value, json};

use crate::apiserver::authorization::Attributes;
use crate::apiserver::{Credentials, Reason, Status};
use crate::cluster::{Cluster, ComponentName};

use super::accept::{Accept, Shape};
use super::gate::Door;
use super::path::ResourcePath;
use super::reply;

const DEPRECATED: &str = "299 - \"v1 ComponentStatus is deprecated in v1.19+\"";

/// Whether a path is about them.
#[must_use]
pub fn is_meant(target: &ResourcePath) -> bool {
    (target.group.as_str(), target.version.as_str(), target.resource.as_str()) == ("", "v1", "componentstatuses")
        && target.subresource.is_empty()
}

/// How one component is.
struct Condition {
    name: &'static str,
    is_healthy: bool,
    message: String,
}

/// Answers a request about them; `None` when nobody runs the cluster any more.
///
/// # Errors
/// 401 and 403; 405 for other methods; 500 for a component that there is none.
pub async fn answer(
    door: &Door,
    credentials: Credentials,
    target: &ResourcePath,
    method: &Method,
    accept: Accept,
) -> Result<Option<Response<Body>>, Box<Status>> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let message = "the server does not allow this method on the requested resource";
        return Err(Box::new(Status::new(405, Reason::MethodNotAllowed, message)));
    }
    let name = target.name.clone();
    let look = move |cluster: &Cluster| {
        let verb = if name.is_empty() { "list" } else { "get" };
        let asked = Attributes::resource(&credentials.user, verb, "", "componentstatuses", &name);
        cluster.authorize(&credentials, &asked).unwrap_or(Ok(()))?;
        let mut all = conditions(cluster);
        if name.is_empty() {
            return Ok((all, true));
        }
        all.retain(|one| one.name == name);
        let unknown = || Box::new(Status::new(500, Reason::Unknown, format!("Component not found: {name}")));
        if all.is_empty() { Err(unknown()) } else { Ok((all, false)) }
    };
    let Some(found) = door.look(move |session| look(session.cluster())).await else { return Ok(None) };
    let (all, is_list) = found?;
    let mut response = reply::document(200, &value(&all, is_list, accept.shape), accept.notation, false);
    reply::set(&mut response, "warning", DEPRECATED);
    Ok(Some(response))
}

/// What the answering server hears of the components on its own machine.
fn conditions(cluster: &Cluster) -> Vec<Condition> {
    let server = cluster.masters().iter().find(|master| master.server_runs());
    let states = cluster.components();
    let is_up = |component: ComponentName| {
        states.iter().any(|one| one.component == component && server.is_some_and(|it| it.name == one.node) && one.is_up)
    };
    let of = |name, component, port: u16, path: &str| {
        let is_healthy = is_up(component);
        let refused =
            format!("Get \"https://127.0.0.1:{port}/{path}\": dial tcp 127.0.0.1:{port}: connect: connection refused");
        Condition { name, is_healthy, message: if is_healthy { "ok".to_owned() } else { refused } }
    };
    vec![
        of("scheduler", ComponentName::KubeScheduler, 10259, "healthz"),
        of("controller-manager", ComponentName::KubeControllerManager, 10257, "healthz"),
        of("etcd-0", ComponentName::Etcd, 2379, "health"),
    ]
}

fn value(all: &[Condition], is_list: bool, shape: Shape) -> Value {
    let row = |one: &Condition| {
        let status = if one.is_healthy { "Healthy" } else { "Unhealthy" };
        json!({"cells": [one.name, status, one.message, ""], "object": {"kind": "PartialObjectMetadata",
            "apiVersion": "meta.k8s.io/v1", "metadata": {"name": one.name}}})
    };
    let item = |one: &Condition| {
        let status = if one.is_healthy { "True" } else { "False" };
        json!({"metadata": {"name": one.name},
            "conditions": [{"type": "Healthy", "status": status, "message": one.message}]})
    };
    let named = |mut item: Value| {
        item["kind"] = "ComponentStatus".into();
        item["apiVersion"] = "v1".into();
        item
    };
    match (shape, all) {
        (Shape::Table, _) => json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {},
            "columnDefinitions": columns(), "rows": all.iter().map(row).collect::<Vec<_>>()}),
        (_, [only]) if !is_list => named(item(only)),
        _ => json!({"kind": "ComponentStatusList", "apiVersion": "v1", "metadata": {},
            "items": all.iter().map(item).collect::<Vec<_>>()}),
    }
}

fn columns() -> Value {
    let column = |name: &str| {
        let format = if name == "Name" { "name" } else { "" };
        json!({"name": name, "type": "string", "format": format, "description": "", "priority": 0})
    };
    ["Name", "Status", "Message", "Error"].map(column).to_vec().into()
}
