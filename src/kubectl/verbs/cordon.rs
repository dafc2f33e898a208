//! `kubectl cordon` and `kubectl uncordon`.
//!
//! Source: `kubectl/pkg/cmd/drain/drain.go`.

use serde_json::json;

use crate::apiserver::PatchType;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::DryRun;
use crate::kubectl::resources::{self, Selection};
use crate::kubectl::session::Session;
use crate::model::core::Node;
use crate::model::node::NodeExt;
use crate::model::{Kind, Object, ObjectKey};

use super::change;

/// Their flags.
pub const FLAGS: &[&str] = &["l:selector", "?dry-run=unchanged"];

/// `kubectl cordon`.
///
/// # Errors
/// In kubectl's words.
pub fn cordon(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let nodes = nodes(session, flags, "cordon")?;
    set(session, flags, &nodes, true)
}

/// `kubectl uncordon`.
///
/// # Errors
/// In kubectl's words.
pub fn uncordon(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let nodes = nodes(session, flags, "uncordon")?;
    set(session, flags, &nodes, false)
}

/// The nodes that a command line names.
///
/// # Errors
/// When it names none, or one that is not there.
pub fn nodes(session: &mut Session<'_>, flags: &Flags, command: &str) -> Result<Vec<Object>, Failure> {
    let selection = match (flags.args.is_empty(), flags.has("selector")) {
        (false, true) => {
            return Err(Failure::text_of("error: cannot specify both a node name and a --selector option"));
        }
        (true, false) => {
            let usage = format!("USAGE: {command} NODE [flags]");
            return Err(Failure::usage(command, &usage));
        }
        (true, true) => Selection::Kinds(vec![Kind::Node]),
        (false, false) => {
            let name = |word: &String| {
                let word = word.rsplit('/').next().unwrap_or_default();
                ObjectKey::new(Kind::Node, "", word)
            };
            Selection::Named(flags.args.iter().map(name).collect(), flags.args.len() == 1)
        }
    };
    let found = resources::fetch(session, flags, selection)?;
    Failure::all(found.failures)?;
    Ok(found.items.into_iter().map(|item| item.object).collect())
}

/// Makes nodes take new Pods, or not.
///
/// # Errors
/// [`Failure::Suspended`] while answers are missing; refusals are told and passed over.
pub fn set(session: &mut Session<'_>, flags: &Flags, nodes: &[Object], is_cordon: bool) -> Result<(), Failure> {
    let dry_run = DryRun::of(flags)?;
    let verb = if is_cordon { "cordon" } else { "uncordon" };
    for node in nodes {
        let name = node.name();
        let is_so = node.get::<Node>().is_some_and(|node| node.is_unschedulable()) == is_cordon;
        let mut done = if is_so { format!("already {verb}ed") } else { format!("{verb}ed") };
        if !is_so && dry_run != DryRun::Client {
            let wanted = if is_cordon { json!(true) } else { json!(null) };
            let patch = json!({"spec": {"unschedulable": wanted}});
            match change::send_patch(session, &node.key(), PatchType::Strategic, patch, dry_run) {
                Ok(_) => {}
                Err(Failure::Suspended) => return Err(Failure::Suspended),
                Err(failure) => {
                    session.err_line(&format!("error: unable to {verb} node {name:?}: {}", failure.message()));
                    continue;
                }
            }
        }
        done.push_str(dry_run.suffix());
        session.line(&format!("node/{name} {done}"));
    }
    Ok(())
}
