//! `kubectl describe`: everything about an object, its events included.
//!
//! Source: `kubectl/pkg/cmd/describe/describe.go`.

use crate::apiserver::Reason;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::resources::{self, Found, Selection};
use crate::kubectl::session::Session;
use crate::model::{Kind, Object, ObjectKey};
use crate::printers::describe::needs;
use crate::printers::{Related, describe};

/// Its flags.
pub const FLAGS: &[&str] =
    &["A!all-namespaces", "l:selector", "!show-events", "#chunk-size", "f+filename", "k:kustomize", "R!recursive"];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if flags.args.is_empty() && !crate::kubectl::manifests::are_named(flags) {
        session.err(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of supported \
             resources.\n\n",
        );
        return Err(Failure::usage("describe", "Required resource not specified."));
    }
    let selection = resources::select(session, flags, &flags.args, true)?;
    let single = match &selection {
        Selection::Named(keys, true) => keys.first().cloned(),
        _ => None,
    };
    let mut found = resources::fetch(session, flags, selection)?;
    if let Some(key) = single.filter(|_| found.failures.iter().any(|failure| failure.is(Reason::NotFound))) {
        let named = starting_with(session, &key)?;
        if !named.is_empty() {
            found.failures.clear();
            found.items = named;
        }
    }
    // Of one object unless it was said otherwise, of several only then.
    let with_events = if flags.has("show-events") { flags.yes("show-events") } else { found.items.len() == 1 };
    for (index, item) in found.items.iter().enumerate() {
        let text = description(session, &item.object, with_events)?;
        session.out(&if index == 0 { text } else { format!("\n\n{text}") });
    }
    if found.items.is_empty() && found.failures.is_empty() {
        let namespace = session.namespace();
        let everywhere = flags.yes("all-namespaces") || found.kinds.iter().any(|kind| !kind.is_namespaced());
        session.err(&if everywhere {
            "No resources found\n".to_owned()
        } else {
            format!("No resources found in {namespace} namespace.\n")
        });
    }
    Failure::all(found.failures)
}

/// The objects whose names begin with the name that was not found.
fn starting_with(session: &mut Session<'_>, key: &ObjectKey) -> Result<Vec<Found>, Failure> {
    let list = session.list(key.kind, &key.namespace, "", "")?;
    let named = list.items.into_iter().filter(|object| object.name().starts_with(&*key.name));
    Ok(named.map(|object| Found { object, source: String::new() }).collect())
}

/// The description of an object, with whatever it needs to know of others.
///
/// # Errors
/// [`Failure::Suspended`] while answers are missing; what the server refuses is left out, as kubectl leaves it out.
pub fn description(session: &mut Session<'_>, object: &Object, with_events: bool) -> Result<String, Failure> {
    let mut objects = Vec::new();
    for need in needs(object).into_iter().filter(|need| with_events || need.kind != Kind::Event) {
        if need.name.is_empty() {
            match session.list(need.kind, &need.namespace, &need.labels, &need.fields) {
                Ok(list) => objects.extend(list.items),
                Err(Failure::Suspended) => return Err(Failure::Suspended),
                Err(_) => {}
            }
        } else {
            match session.get(&ObjectKey::new(need.kind, need.namespace, need.name)) {
                Ok(object) => objects.push(object),
                Err(Failure::Suspended) => return Err(Failure::Suspended),
                Err(_) => {}
            }
        }
    }
    Ok(describe(object, &Related { now: session.now(), objects: &objects, with_events }))
}
