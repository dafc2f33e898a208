//! `kubectl rollout history`.
//!
//! Source: `kubectl/pkg/polymorphichelpers/history.go`.

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::{self, Format};
use crate::kubectl::session::Session;
use crate::model::apps::ReplicaSet;
use crate::model::core::PodTemplateSpec;
use crate::model::{Kind, Meta, Object};
use crate::printers::describe::pod_template;
use crate::printers::manifest as printed;
use crate::printers::tabwriter::{Spacing, align};

use super::revision::{deployment, revisions, targets};

/// Its flags.
pub const FLAGS: &[&str] = &["f+filename", "k:kustomize", "R!recursive", "l:selector", "#revision", "o:output"];

/// Why a revision came to be, as people noted it.
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let found = targets(session, flags, "history")?;
    Failure::all(found.failures)?;
    let wanted = flags.number("revision").unwrap_or(0);
    if wanted < 0 {
        return Err(Failure::text_of(format!("revision must be a positive integer: {wanted}")));
    }
    let format = Format::of(flags)?;
    for item in &found.items {
        let deployment = deployment(&item.object, "no history viewer has been implemented for {:?}")?;
        let revisions = revisions(session, deployment)?;
        let missing = || Failure::text_of("unable to find the specified revision");
        if !format.is_human() {
            for (_, set) in revisions.iter().filter(|(number, _)| wanted == 0 || **number == wanted) {
                let value = printed::value(&Object::ReplicaSet(set.clone()));
                output::print(session, &format, Kind::ReplicaSet, &value)?;
            }
            continue;
        }
        let name = format!("{}/{}", item.object.kind().qualified_singular(), item.object.name());
        let text = if revisions.is_empty() {
            "\nNo rollout history found.".to_owned()
        } else if wanted > 0 {
            let set = revisions.get(&wanted).ok_or_else(missing)?;
            format!("with revision #{wanted}\n{}", pod_template(&template(set)))
        } else {
            let row = |(number, set): (&i64, &std::sync::Arc<ReplicaSet>)| format!("{number}\t{}\n", change_cause(set));
            let rows: String = revisions.iter().map(row).collect();
            format!("\n{}", align(&format!("REVISION\tCHANGE-CAUSE\n{rows}"), Spacing::DESCRIBE))
        };
        session.line(&format!("{name} {text}"));
    }
    Ok(())
}

fn change_cause(set: &ReplicaSet) -> &str {
    set.metadata.annotation(CHANGE_CAUSE).filter(|cause| !cause.is_empty()).unwrap_or("<none>")
}

/// The template of a revision, with its cause among the annotations.
fn template(set: &ReplicaSet) -> PodTemplateSpec {
    let mut template = set.spec.as_ref().and_then(|spec| spec.template.clone()).unwrap_or_default();
    if let Some(cause) = set.metadata.annotation(CHANGE_CAUSE) {
        let meta = template.metadata.get_or_insert_default();
        meta.annotations.get_or_insert_default().insert(CHANGE_CAUSE.into(), cause.to_owned());
    }
    template
}
