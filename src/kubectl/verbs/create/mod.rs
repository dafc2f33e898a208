//! `kubectl create`: from files, or from a few words for the commonest kinds.
//!
//! Source: `kubectl/pkg/cmd/create/`.

use serde_json::{Value, json};

use crate::apiserver::{Body, Verb};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::manifests;
use crate::kubectl::output::{self, DryRun, Format};
use crate::kubectl::session::{Session, object_of};
use crate::model::Kind;
use crate::printers::manifest as printed;

use super::apply::with_last_applied;

mod config_map;
mod data;
mod deployment;
mod ingress;
mod job;
mod namespace;
mod pod_disruption_budget;
mod priority_class;
mod quota;
mod rbac;
mod secret;
mod service;
mod service_account;
mod token;

pub use config_map::config_map;
pub use deployment::{DEPLOYMENT_FLAGS, deployment};
pub use ingress::{INGRESS_FLAGS, ingress};
pub use job::{CRON_JOB_FLAGS, JOB_FLAGS, cron_job, job};
pub use namespace::namespace;
pub use pod_disruption_budget::{BUDGET_FLAGS, budget};
pub use priority_class::{PRIORITY_CLASS_FLAGS, priority_class};
pub use quota::{QUOTA_FLAGS, amounts, quota};
pub use rbac::{BINDING_FLAGS, CLUSTER_ROLE_FLAGS, ROLE_FLAGS, cluster_role, cluster_role_binding, role, role_binding};
pub use secret::{DOCKER_FLAGS, TLS_FLAGS, docker_registry, generic, tls};
pub use service::{SERVICE_FLAGS, cluster_ip, external_name, load_balancer, node_port};
pub use service_account::service_account;
pub use token::{TOKEN_FLAGS, token};

pub use data::FLAGS as DATA_FLAGS;

/// Flags of `create -f`.
pub const FLAGS: &[&str] = &[
    "f+filename",
    "k:kustomize",
    "R!recursive",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!save-config",
    "!edit",
    ":raw",
    "l:selector",
    ":field-manager",
    ":template",
];

/// Flags of a kind that needs nothing but a name.
pub const NAMED_FLAGS: &[&str] =
    &["o:output", "?dry-run=unchanged", "?validate=strict", "!save-config", ":field-manager", ":template"];

/// `kubectl create -f`.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if let Some(word) = flags.args.first() {
        return Err(Failure::usage("create", &format!("Unexpected args: [{word}]")));
    }
    if !manifests::are_named(flags) {
        return Err(Failure::text_of("must specify one of -f and -k"));
    }
    for unknown in ["edit", "raw"] {
        if flags.has(unknown) {
            return Err(Failure::not_modelled(&format!("create --{unknown}")));
        }
    }
    let (format, dry_run, validation) = (Format::of(flags)?, DryRun::of(flags)?, manifests::validation(flags)?);
    let (manifests, mut failures) = manifests::read(session, flags)?;
    if manifests.is_empty() && failures.is_empty() {
        return Err(Failure::text_of("no objects passed to create"));
    }
    for manifest in manifests {
        let mut value = manifest.value;
        if flags.yes("save-config") {
            value = with_last_applied(&value);
        }
        if dry_run != DryRun::Client {
            let mut request = session.request(Verb::Create, manifest.kind, &manifest.namespace);
            request.options.dry_run = dry_run == DryRun::Server;
            request.options.field_validation = validation;
            request.options.field_manager = Some("kubectl-create".into());
            match session.call(request.body(Body::Manifest(value))) {
                Ok(response) => value = printed::value(&object_of(response)?),
                Err(Failure::Suspended) => return Err(Failure::Suspended),
                Err(failure) => {
                    failures.push(failure.from_source("creating", &manifest.source));
                    continue;
                }
            }
        }
        output::changed(session, &format, manifest.kind, &value, "created", dry_run)?;
    }
    Failure::all(failures)
}

/// The one name that a generator takes.
fn name_of<'f>(flags: &'f Flags, command: &str) -> Result<&'f str, Failure> {
    let count = flags.dash.unwrap_or(flags.args.len());
    match flags.args.first() {
        Some(name) if count == 1 => Ok(name),
        _ => Err(Failure::usage(command, &format!("exactly one NAME is required, got {count}"))),
    }
}

/// Sends what a generator made, and prints what became of it.
///
/// # Errors
/// The server's refusal, after `failing` if that is given: `failed to create quota`.
pub fn submit(
    session: &mut Session<'_>,
    flags: &Flags,
    kind: Kind,
    value: Value,
    failing: Option<&str>,
) -> Result<(), Failure> {
    submit_as(session, flags, kind, value, failing, "created")
}

/// [`submit`], told in other words than `created`.
///
/// # Errors
/// As [`submit`].
pub fn submit_as(
    session: &mut Session<'_>,
    flags: &Flags,
    kind: Kind,
    mut value: Value,
    failing: Option<&str>,
    done: &str,
) -> Result<(), Failure> {
    let (format, dry_run) = (Format::of(flags)?, DryRun::of(flags)?);
    if kind.is_namespaced() && flags.has("namespace") {
        value["metadata"]["namespace"] = json!(&*session.namespace());
    }
    if flags.yes("save-config") {
        value = with_last_applied(&value);
    }
    if dry_run == DryRun::Client {
        printed::complete(kind, &mut value);
        return output::changed(session, &format, kind, &value, done, dry_run);
    }
    let namespace = if kind.is_namespaced() { session.namespace() } else { "".into() };
    let mut request = session.request(Verb::Create, kind, &namespace);
    request.options.dry_run = dry_run == DryRun::Server;
    request.options.field_validation = manifests::validation(flags)?;
    request.options.field_manager = Some("kubectl-create".into());
    let response = match (session.call(request.body(Body::Manifest(value))), failing) {
        (Ok(response), _) => response,
        (Err(Failure::Refused(status)), Some(failing)) => {
            return Err(Failure::text_of(format!("{failing}: {}", status.message)));
        }
        (Err(failure), _) => return Err(failure),
    };
    let value = printed::value(&object_of(response)?);
    output::changed(session, &format, kind, &value, done, dry_run)
}
