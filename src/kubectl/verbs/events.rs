//! `kubectl events`: what happened, in the order of time.
//!
//! Source: `kubectl/pkg/cmd/events/events.go`.

use std::sync::Arc;

use crate::apiserver::WatchEventKind;
use crate::engine::SimTime;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::{self, Format};
use crate::kubectl::record::Arrival;
use crate::kubectl::resources;
use crate::kubectl::session::Session;
use crate::model::core::Event;
use crate::model::{Kind, Meta, Object};
use crate::printers::describe::event_age;
use crate::printers::manifest as printed;
use crate::printers::tabwriter::TableWriter;

/// Its flags.
pub const FLAGS: &[&str] = &["A!all-namespaces", ":for", "+types", "w!watch", "!no-headers", "o:output", "#chunk-size"];

/// The two types that there are.
const TYPES: [&str; 2] = ["Normal", "Warning"];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let format = Format::of(flags)?;
    let types: Vec<String> = flags.list("types").into_iter().map(str::to_owned).collect();
    if types.iter().any(|given| !TYPES.iter().any(|known| known.eq_ignore_ascii_case(given))) {
        return Err(Failure::text_of("valid --types are Normal or Warning"));
    }
    let everywhere = flags.yes("all-namespaces");
    let namespace = if everywhere { "".into() } else { session.namespace() };
    let fields = match flags.text("for") {
        None => String::new(),
        Some(target) => {
            let wrong = || Failure::text_of(format!("--for must be in resource/name form: {target:?}"));
            let (word, name) = target.split_once('/').ok_or_else(wrong)?;
            format!("involvedObject.kind={},involvedObject.name={name}", resources::kind(word)?.name())
        }
    };
    let is_wanted = |event: &Event| {
        types.is_empty()
            || types.iter().any(|given| event.type_.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(given)))
    };
    let list = session.list(Kind::Event, &namespace, "", &fields)?;
    let events = list.items.iter().filter_map(Object::get::<Event>).filter(|event| is_wanted(event));
    let mut events: Vec<Arc<Event>> = events.cloned().collect();
    let is_watch = flags.yes("watch");
    if events.is_empty() && !is_watch {
        session.err_line(&match everywhere {
            true => "No events found.".to_owned(),
            false => format!("No events found in {namespace} namespace."),
        });
        return Ok(());
    }
    events.sort_by_key(|event| time_of(event));
    if !format.is_human() {
        let values = events.iter().map(|event| printed::value(&Object::Event(Arc::clone(event)))).collect();
        return output::print(session, &format, Kind::Event, &printed::list(values));
    }
    let now = session.now();
    let mut rows: Vec<Vec<String>> = Vec::new();
    if !flags.yes("no-headers") {
        let namespace = everywhere.then_some("NAMESPACE");
        let headers = namespace.into_iter().chain(["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]);
        rows.push(headers.map(str::to_owned).collect());
    }
    rows.extend(events.iter().map(|event| row(event, everywhere, now)));
    let mut table = TableWriter::new();
    let text = table.rows(&rows);
    session.out(&text);
    if !is_watch {
        return Ok(());
    }
    let handle = session.watch(Kind::Event, &namespace, ["", &fields], Some(list.revision))?;
    let mut table = session.restore().unwrap_or(table);
    loop {
        let (_, arrival) = session.next(&[handle])?;
        match &*arrival {
            Arrival::Events(happened) => {
                let live =
                    happened.iter().filter(|one| matches!(one.kind, WatchEventKind::Added | WatchEventKind::Modified));
                let events = live.filter_map(|one| one.object.get::<Event>()).filter(|event| is_wanted(event));
                let now = session.now();
                let rows: Vec<Vec<String>> = events.map(|event| row(event, everywhere, now)).collect();
                let text = table.rows(&rows);
                session.out(&text);
            }
            Arrival::Closed(Some(status)) => return Err(Failure::status(status)),
            _ => return Ok(()),
        }
        session.save(&table);
    }
}

fn row(event: &Event, everywhere: bool, now: SimTime) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let about = &event.involved_object;
    let mut row = vec![
        event_age(event, now),
        text(&event.type_),
        text(&event.reason),
        format!("{}/{}", text(&about.kind), text(&about.name)),
        text(&event.message).trim().to_owned(),
    ];
    if everywhere {
        row.insert(0, event.metadata.namespace().to_owned());
    }
    row
}

/// When it last happened.
fn time_of(event: &Event) -> Option<jiff::Timestamp> {
    let series = event.series.as_ref().and_then(|series| series.last_observed_time.as_ref()).map(|at| at.0);
    let last = event.last_timestamp.as_ref().map(|at| at.0);
    series.or(last).or_else(|| event.event_time.as_ref().map(|at| at.0))
}
