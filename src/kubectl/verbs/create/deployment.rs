//! `kubectl create deployment NAME --image=IMAGE`.

use serde_json::{Value, json};

use super::{name_of, submit};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::Kind;

/// Its flags.
pub const DEPLOYMENT_FLAGS: &[&str] = &[
    "+image",
    "r#replicas",
    "#port",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!save-config",
    ":field-manager",
    ":template",
];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn deployment(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if !flags.has("image") {
        return Err(Failure::text_of("required flag(s) \"image\" not set"));
    }
    let name = name_of(flags, "create deployment")?;
    let command = flags.args.get(1..).unwrap_or_default();
    let images = flags.list("image");
    if images.len() > 1 && !command.is_empty() {
        return Err(Failure::text_of("cannot specify multiple --image options and command"));
    }
    let mut containers: Vec<Value> = Vec::new();
    for image in images {
        let mut container = json!({"name": container_name(image), "image": image});
        if !command.is_empty() {
            container["command"] = json!(command);
        }
        if let (Some(port), true) = (flags.number("port"), containers.is_empty()) {
            container["ports"] = json!([{"containerPort": port}]);
        }
        containers.push(container);
    }
    let labels = json!({"app": name});
    let value = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": flags.number("replicas").unwrap_or(1),
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    });
    submit(session, flags, Kind::Deployment, value, Some("failed to create deployment"))
}

/// The name that a container gets from its image: the last part of the path, without tag and digest.
fn container_name(image: &str) -> String {
    let base = image.rsplit('/').next().unwrap_or(image);
    let base = base.split([':', '@']).next().unwrap_or(base);
    // kubectl adds five random letters to a name that it had to change; the name itself does as well here.
    base.replace(['_', '.'], "-")
}
