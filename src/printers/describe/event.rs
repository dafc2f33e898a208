//! Events: one line of another object's description, or described themselves.

use super::text::Text;
use crate::engine::SimTime;
use crate::model::core::Event;
use crate::printers::date::{rfc1123, rfc1123_micro, since, since_micro};

/// When an event happened, and how often: `92s (x5 over 5m31s)`.
#[must_use]
pub fn event_age(event: &Event, now: SimTime) -> String {
    let first = match &event.event_time {
        Some(at) => since_micro(Some(at), now),
        None => since(event.first_timestamp.as_ref(), now),
    };
    match (&event.series, event.count) {
        (Some(series), _) => {
            let last = since_micro(series.last_observed_time.as_ref(), now);
            format!("{last} (x{} over {first})", series.count.unwrap_or(0))
        }
        (None, Some(count)) if count > 1 => {
            format!("{} (x{count} over {first})", since(event.last_timestamp.as_ref(), now))
        }
        _ => first,
    }
}

/// The line of an event in a description: type, reason, age, source and message, with tabs between them.
#[must_use]
pub fn event_line(event: &Event, now: SimTime) -> String {
    let age = event_age(event, now);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let source = event.source.as_ref().and_then(|source| source.component.clone());
    let source = source.filter(|source| !source.is_empty()).unwrap_or_else(|| text(&event.reporting_component));
    let message = event.message.as_deref().unwrap_or_default().trim();
    let message = match event.involved_object.field_path.as_deref() {
        Some(path) if !path.is_empty() => format!("{path}: {message}"),
        _ => message.to_owned(),
    };
    format!("{}\t{}\t{age}\t{source}\t{message}", text(&event.type_), text(&event.reason))
}

/// An event of its own: upstream has no description for it and prints its fields.
pub(super) fn describe(text: &mut Text, event: &Event) {
    text.head(&event.metadata);
    text.optional(0, "Action", event.action.as_deref());
    text.field(0, "API Version", "v1");
    text.optional(0, "Count", event.count.map(|count| count.to_string()).as_deref());
    let time = event.event_time.as_ref().map_or_else(|| "<nil>".into(), rfc1123_micro);
    text.field(0, "Event Time", time);
    text.field(
        0,
        "First Timestamp",
        event.first_timestamp.as_ref().map_or_else(|| "<nil>".into(), |at| rfc1123(Some(at))),
    );
    text.line(0, "Involved Object:");
    let about = &event.involved_object;
    let parts = [
        ("API Version", &about.api_version),
        ("Field Path", &about.field_path),
        ("Kind", &about.kind),
        ("Name", &about.name),
        ("Namespace", &about.namespace),
        ("Resource Version", &about.resource_version),
        ("UID", &about.uid),
    ];
    for (name, value) in parts {
        text.optional(1, name, value.as_deref());
    }
    text.field(0, "Kind", "Event");
    text.field(
        0,
        "Last Timestamp",
        event.last_timestamp.as_ref().map_or_else(|| "<nil>".into(), |at| rfc1123(Some(at))),
    );
    text.optional(0, "Message", event.message.as_deref());
    text.optional(0, "Reason", event.reason.as_deref());
    text.optional(0, "Reporting Component", event.reporting_component.as_deref());
    text.optional(0, "Reporting Instance", event.reporting_instance.as_deref());
    text.line(0, "Source:");
    let source = event.source.clone().unwrap_or_default();
    text.optional(1, "Component", source.component.as_deref());
    text.optional(1, "Host", source.host.as_deref());
    text.optional(0, "Type", event.type_.as_deref());
}
