//! The timeline of a headless run: one line per event of the cluster, one per command of the script, in the order of time.

use std::io::{self, Write};

use serde_json::json;

use crate::engine::SimTime;
use crate::model::core::Event;
use crate::scenario::script::{Entry, Run};

use super::args::Format;

/// Prints what is new in a run.
pub struct Timeline {
    format: Format,
    revision: u64,
    entries: usize,
    arrived_at: SimTime,
}

impl Timeline {
    /// A timeline that begins with the run.
    #[must_use]
    pub fn new(format: Format, run: &Run) -> Self {
        Self { format, revision: 0, entries: 0, arrived_at: run.lesson().arrived_at() }
    }

    /// Prints what happened since the last call.
    ///
    /// # Errors
    /// When the output does.
    pub fn print(&mut self, run: &Run, out: &mut dyn Write) -> io::Result<()> {
        let (revision, events) = run.cluster().events_after(self.revision);
        self.revision = revision;
        let events = events.into_iter().filter(|(at, event)| self.is_told(*at, event));
        let mut lines: Vec<(SimTime, String)> = events.map(|(at, event)| (at, self.event(at, &event))).collect();
        let entries = &run.transcript()[self.entries..];
        lines.extend(entries.iter().map(|entry| (entry.at, self.entry(entry))));
        self.entries += entries.len();
        // What was done stands before what came of it at the same instant.
        lines.sort_by_key(|(at, _)| *at);
        lines.iter().try_for_each(|(_, line)| writeln!(out, "{line}"))
    }

    /// How the cluster itself came up before the learner arrived is no news: the story begins with what it is about.
    fn is_told(&self, at: SimTime, event: &Event) -> bool {
        let about = &event.involved_object;
        let is_machinery = matches!(about.kind.as_deref().unwrap_or_default(), "Node" | "Lease")
            || about.namespace.as_deref() == Some("kube-system");
        at >= self.arrived_at || !is_machinery
    }

    fn event(&self, at: SimTime, event: &Event) -> String {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let object =
            format!("{}/{}", text(&event.involved_object.kind).to_lowercase(), text(&event.involved_object.name));
        let count = event.series.as_ref().and_then(|series| series.count).or(event.count).unwrap_or(1);
        match self.format {
            Format::Json => json!({
                "at": at.as_micros(), "type": event.type_, "reason": event.reason, "object": object,
                "namespace": event.involved_object.namespace, "message": event.message, "count": count,
            })
            .to_string(),
            Format::Text => {
                let again = if count > 1 { format!(" (x{count})") } else { String::new() };
                let (type_, reason) = (text(&event.type_), text(&event.reason));
                format!("{at:>10}  {type_:<7}  {reason}  {object}  {}{again}", text(&event.message))
            }
        }
    }

    fn entry(&self, entry: &Entry) -> String {
        match self.format {
            Format::Json => {
                json!({"at": entry.at.as_micros(), "command": entry.command, "output": entry.output, "code": entry.code})
                    .to_string()
            }
            Format::Text => {
                let mut text = format!("{:>10}  $ {}", entry.at, entry.command.trim_end());
                for line in entry.output.lines() {
                    text.push_str(&format!("\n{:>10}  {line}", ""));
                }
                text
            }
        }
    }
}
