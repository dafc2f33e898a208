//! `kubectl wait`: until objects are as asked, or gone.
//!
//! Source: `kubectl/pkg/cmd/wait/`.

use serde_json::Value;

use crate::apiserver::Reason;
use crate::engine::SimDuration;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::{self, DryRun, Format};
use crate::kubectl::record::{Arrival, Handle};
use crate::kubectl::resources::{self, FoundAll, Selection};
use crate::kubectl::session::Session;
use crate::model::jsonpath::{Template, text_of};
use crate::model::{Meta, Object, ObjectKey};
use crate::printers::manifest as printed;

use super::delete::await_gone;
use super::sorting::relaxed;

/// Its flags.
pub const FLAGS: &[&str] = &[
    "f+filename",
    "k:kustomize",
    "R!recursive",
    "A!all-namespaces",
    "!all",
    "l:selector",
    ":field-selector",
    ":for",
    "~timeout",
    "o:output",
    "!local",
    ":template",
];

/// How long kubectl waits when it is not told.
const TIMEOUT: SimDuration = SimDuration::from_secs(30);
/// A negative time-out means a week.
const WEEK: SimDuration = SimDuration::from_secs(7 * 24 * 3600);
/// How often kubectl looks whether an object was created.
const CREATE_POLL: SimDuration = SimDuration::from_millis(500);

/// What is waited for.
#[derive(Clone, Debug)]
enum For {
    Delete,
    Create,
    Condition { name: String, status: String },
    JsonPath { template: Template, value: String },
}

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let conditions = flags.all("for").iter().map(|text| read(text)).collect::<Result<Vec<_>, _>>()?;
    if conditions.is_empty() {
        return Err(Failure::text_of("unrecognized condition: []"));
    }
    let timeout = match flags.text("timeout") {
        None => TIMEOUT,
        Some(text) if text.starts_with('-') => WEEK,
        Some(_) => flags.span("timeout").unwrap_or(TIMEOUT),
    };
    let deadline = session.timer(timeout);
    let found = if conditions.iter().any(|condition| matches!(condition, For::Create)) {
        created(session, flags, deadline)?
    } else {
        let selection = resources::select(session, flags, &flags.args, false)?;
        resources::fetch(session, flags, selection)?
    };
    let mut failures = found.failures;
    let waits_for_end = conditions.iter().all(|condition| matches!(condition, For::Delete));
    if waits_for_end {
        failures.retain(|failure| !failure.is(Reason::NotFound));
    }
    if found.items.is_empty() && failures.is_empty() {
        return if waits_for_end { Ok(()) } else { Err(Failure::text_of("no matching resources found")) };
    }
    for item in &found.items {
        let met = meets_all(session, &item.object, &conditions, timeout, deadline);
        match met {
            Ok(()) => {
                let value = printed::value(&item.object);
                output::changed(
                    session,
                    &Format::of(flags)?,
                    item.object.kind(),
                    &value,
                    "condition met",
                    DryRun::None,
                )?;
            }
            Err(Failure::Suspended) => return Err(Failure::Suspended),
            Err(failure) => failures.push(failure),
        }
    }
    Failure::all(failures)
}

fn read(text: &str) -> Result<For, Failure> {
    if let Some(rest) = text.strip_prefix("condition=") {
        let (name, status) = rest.split_once('=').unwrap_or((rest, "true"));
        return Ok(For::Condition { name: name.to_owned(), status: status.to_owned() });
    }
    if let Some(rest) = text.strip_prefix("jsonpath=") {
        return json_path(rest);
    }
    match text.to_lowercase().as_str() {
        "delete" => Ok(For::Delete),
        "create" => Ok(For::Create),
        _ => Err(Failure::text_of(format!("unrecognized condition: {text:?}"))),
    }
}

fn json_path(input: &str) -> Result<For, Failure> {
    let form = "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or \
                --for=jsonpath='{.status.readyReplicas}'";
    // A single `=` divides; a double one belongs to a filter of the path.
    let bytes = input.as_bytes();
    let mut cuts = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'=' {
            if bytes.get(at + 1) == Some(&b'=') {
                at += 1;
            } else {
                cuts.push(at);
            }
        }
        at += 1;
    }
    let (path, value) = match cuts.as_slice() {
        [] => (input, None),
        [cut] => (&input[..*cut], Some(input[cut + 1..].trim_matches(['\'', '"']))),
        _ => return Err(Failure::text_of(form)),
    };
    if value == Some("") {
        return Err(Failure::text_of(
            "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
        ));
    }
    let template = Template::parse(&relaxed(path)).map_err(|error| Failure::text_of(error.to_string()))?;
    Ok(For::JsonPath { template, value: value.unwrap_or_default().to_owned() })
}

/// The objects as soon as there are any.
fn created(session: &mut Session<'_>, flags: &Flags, deadline: Handle) -> Result<FoundAll, Failure> {
    loop {
        let selection: Selection = resources::select(session, flags, &flags.args, false)?;
        let found = resources::fetch(session, flags, selection)?;
        let is_missing = found.failures.iter().any(|failure| failure.is(Reason::NotFound));
        if !found.items.is_empty() || !found.failures.is_empty() && !is_missing {
            return Ok(found);
        }
        let pause = session.timer(CREATE_POLL);
        let (handle, _) = session.next(&[deadline, pause])?;
        if handle == deadline {
            return Err(Failure::text_of("timed out waiting for the condition"));
        }
    }
}

fn meets_all(
    session: &mut Session<'_>,
    object: &Object,
    conditions: &[For],
    timeout: SimDuration,
    deadline: Handle,
) -> Result<(), Failure> {
    for condition in conditions {
        match condition {
            For::Create => {}
            For::Delete => await_gone(session, &object.key(), object.meta().uid(), Some(deadline))?,
            other if timeout == SimDuration::ZERO => {
                if !holds(other, object) {
                    let (kind, name) = (object.kind().plural(), object.name());
                    return Err(Failure::text_of(format!("condition not met for {kind}/{name}")));
                }
            }
            other => await_met(session, &object.key(), other, deadline)?,
        }
    }
    Ok(())
}

fn await_met(session: &mut Session<'_>, key: &ObjectKey, condition: &For, deadline: Handle) -> Result<(), Failure> {
    loop {
        let object = session.get(key)?;
        if holds(condition, &object) {
            return Ok(());
        }
        let fields = format!("metadata.name={}", key.name);
        let watch = session.watch(key.kind, &key.namespace, ["", &fields], Some(object.meta().revision()))?;
        loop {
            let (_, arrival) = session.next(&[watch, deadline])?;
            match &*arrival {
                Arrival::Timer => {
                    session.cancel(watch);
                    let (resource, name) = (key.kind.plural(), &key.name);
                    let said = format!("timed out waiting for the condition on {resource}/{name}");
                    return Err(Failure::text_of(said));
                }
                Arrival::Events(events) if events.iter().any(|event| holds(condition, &event.object)) => {
                    session.cancel(watch);
                    return Ok(());
                }
                Arrival::Events(_) => {}
                _ => break,
            }
        }
    }
}

fn holds(condition: &For, object: &Object) -> bool {
    let value = printed::value(object);
    match condition {
        For::Delete | For::Create => true,
        For::Condition { name, status } => {
            let conditions = value.pointer("/status/conditions").and_then(Value::as_array);
            let text = |condition: &Value, field: &str| condition[field].as_str().unwrap_or_default().to_lowercase();
            let found = conditions.into_iter().flatten().find(|one| text(one, "type") == name.to_lowercase());
            let observed = |one: &Value| {
                let at = |pointer: &str| value.pointer(pointer).and_then(Value::as_i64);
                let observed = one["observedGeneration"].as_i64().or_else(|| at("/status/observedGeneration"));
                observed.zip(at("/metadata/generation")).is_none_or(|(observed, wanted)| observed >= wanted)
            };
            found.is_some_and(|one| text(one, "status") == status.to_lowercase() && observed(one))
        }
        For::JsonPath { template, value: wanted } => {
            let found: Vec<Value> = template.find(&value).unwrap_or_default().into_iter().flatten().collect();
            match found.as_slice() {
                [one] => wanted.is_empty() || text_of(one) == *wanted,
                _ => false,
            }
        }
    }
}
