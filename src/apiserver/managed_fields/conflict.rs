//! What stands in the way of an apply, in upstream's words. Source: `managedfields/internal/conflict.go`.

use std::collections::BTreeMap;

use crate::apiserver::status::{Details, FieldCause, Reason, Status};
use crate::model::fields::Element;

use super::manager::{Manager, Operation};

/// A field that someone else manages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::apiserver) struct Conflict {
    pub(super) manager: Manager,
    pub(super) path: Vec<Element>,
}

/// 409 with every field that is in the way.
pub(super) fn refusal(conflicts: &[Conflict]) -> Box<Status> {
    let mut status = Status::new(409, Reason::Conflict, message(conflicts));
    let cause = |one: &Conflict| FieldCause {
        reason: "FieldManagerConflict".into(),
        message: format!("conflict with {}", named(&one.manager)),
        field: text(&one.path),
    };
    let causes = conflicts.iter().map(cause).collect();
    status.details = Some(Box::new(Details { causes, ..Details::default() }));
    Box::new(status)
}

fn message(conflicts: &[Conflict]) -> String {
    if let [only] = conflicts {
        return format!("Apply failed with 1 conflict: conflict with {}: {}", named(&only.manager), text(&only.path));
    }
    let mut by_manager: BTreeMap<&Manager, Vec<String>> = BTreeMap::new();
    for conflict in conflicts {
        by_manager.entry(&conflict.manager).or_default().push(format!("- {}", text(&conflict.path)));
    }
    let blocks = by_manager
        .into_iter()
        .map(|(manager, paths)| format!("conflicts with {}:\n{}", named(manager), paths.join("\n")));
    format!("Apply failed with {} conflicts: {}", conflicts.len(), blocks.collect::<Vec<_>>().join("\n"))
}

/// `.spec.template.spec.containers[name="app"].image`.
fn text(path: &[Element]) -> String {
    path.iter().map(ToString::to_string).collect()
}

fn named(manager: &Manager) -> String {
    let mut name = format!("{:?}", manager.name);
    if !manager.subresource.is_empty() {
        name.push_str(&format!(" with subresource {:?}", manager.subresource));
    }
    if manager.operation == Operation::Update {
        name.push_str(&format!(" using {}", manager.api_version));
    }
    name
}
