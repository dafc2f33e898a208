//! A description while it is written: lines whose cells end with tabs.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

use super::event::event_line;
use super::related::Related;
use crate::engine::SimTime;
use crate::model::core::{Taint, Toleration};
use crate::model::{Meta, Object, metav1};
use crate::printers::date;
use crate::printers::tabwriter::{Spacing, align};

/// Longest annotation that stands on the line of its key (`maxAnnotationLen`).
const ANNOTATION_LENGTH_MAX: usize = 140;
/// The annotation that describe hides.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

pub(super) struct Text {
    pub(super) now: SimTime,
    raw: String,
}

impl Text {
    pub(super) fn new(now: SimTime) -> Self {
        Self { now, raw: String::new() }
    }

    /// The text with its columns aligned.
    pub(super) fn finish(self) -> String {
        align(&self.raw, Spacing::DESCRIBE)
    }

    /// The text with its tabs.
    pub(super) fn into_raw(self) -> String {
        self.raw
    }

    /// A line; `level` counts two blanks each.
    pub(super) fn line(&mut self, level: usize, line: impl Display) {
        // Writing into a String has no way to fail.
        let _ = writeln!(self.raw, "{:width$}{line}", "", width = level * 2);
    }

    /// `Name:` and its value in the next column.
    pub(super) fn field(&mut self, level: usize, name: &str, value: impl Display) {
        self.line(level, format_args!("{name}:\t{value}"));
    }

    /// [`Text::field`], if there is a value.
    pub(super) fn optional(&mut self, level: usize, name: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.field(level, name, value);
        }
    }

    /// A field of several lines.
    pub(super) fn multiline(&mut self, title: &str, lines: impl IntoIterator<Item = String>) {
        let mut prefix = format!("{title}:");
        for line in lines {
            self.line(0, format_args!("{prefix}\t{line}"));
            prefix.clear();
        }
        if !prefix.is_empty() {
            self.line(0, format_args!("{prefix}\t<none>"));
        }
    }

    pub(super) fn labels(&mut self, title: &str, labels: Option<&BTreeMap<String, String>>) {
        self.multiline(title, labels.into_iter().flatten().map(|(key, value)| format!("{key}={value}")));
    }

    pub(super) fn annotations(&mut self, title: &str, annotations: Option<&BTreeMap<String, String>>) {
        let mut lines = Vec::new();
        for (key, value) in annotations.into_iter().flatten().filter(|(key, _)| *key != LAST_APPLIED) {
            let value = value.strip_suffix('\n').unwrap_or(value);
            if value.len() + key.len() + 2 > ANNOTATION_LENGTH_MAX || value.contains('\n') {
                lines.push(format!("{key}:"));
                lines.extend(value.split('\n').map(|line| format!("  {}", shorten(line, ANNOTATION_LENGTH_MAX - 2))));
            } else {
                lines.push(format!("{key}: {value}"));
            }
        }
        self.multiline(title, lines);
    }

    /// Name, namespace, labels and annotations, as most descriptions begin.
    pub(super) fn head(&mut self, meta: &metav1::ObjectMeta) {
        self.field(0, "Name", meta.name());
        self.field(0, "Namespace", meta.namespace());
        self.labels("Labels", meta.labels.as_ref());
        self.annotations("Annotations", meta.annotations.as_ref());
    }

    pub(super) fn taints(&mut self, taints: &[Taint]) {
        let mut taints: Vec<&Taint> = taints.iter().collect();
        taints.sort_by(|one, other| (&one.effect, &one.key).cmp(&(&other.effect, &other.key)));
        let line = |taint: &Taint| match taint.value.as_deref() {
            Some(value) if !value.is_empty() => format!("{}={value}:{}", taint.key, taint.effect),
            _ => format!("{}:{}", taint.key, taint.effect),
        };
        self.multiline("Taints", taints.into_iter().map(line));
    }

    pub(super) fn tolerations(&mut self, title: &str, tolerations: Option<&[Toleration]>) {
        let mut tolerations: Vec<&Toleration> = tolerations.unwrap_or_default().iter().collect();
        tolerations.sort_by_key(|toleration| toleration.key.as_deref().unwrap_or_default());
        self.multiline(title, tolerations.into_iter().map(toleration_line));
    }

    /// The phase, or for how long the object has been on its way out.
    pub(super) fn status(&mut self, meta: &metav1::ObjectMeta, phase: &str) {
        match &meta.deletion_timestamp {
            Some(at) => {
                let lasts = date::since(Some(at), self.now);
                self.field(0, "Status", format_args!("Terminating (lasts {lasts})"));
            }
            None => self.field(0, "Status", phase),
        }
    }

    pub(super) fn finalizers(&mut self, meta: &metav1::ObjectMeta) {
        let finalizers = meta.finalizers.as_deref().unwrap_or_default();
        self.field(0, "Finalizers", format_args!("[{}]", finalizers.join(" ")));
    }

    pub(super) fn events(&mut self, object: &Object, related: &Related<'_>) {
        if !related.with_events {
            return;
        }
        let events = related.events_of(object);
        if events.is_empty() {
            return self.field(0, "Events", "<none>");
        }
        self.line(0, "Events:");
        self.line(1, "Type\tReason\tAge\tFrom\tMessage");
        self.line(1, "----\t------\t----\t----\t-------");
        for event in events {
            self.line(1, event_line(event, self.now));
        }
    }
}

fn toleration_line(toleration: &Toleration) -> String {
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    let (key, value, effect) = (text(&toleration.key), text(&toleration.value), text(&toleration.effect));
    let mut line = key;
    if !value.is_empty() {
        line = format!("{line}={value}");
    }
    if !effect.is_empty() {
        line = format!("{line}:{effect}");
    }
    if toleration.operator.as_deref() == Some("Exists") && value.is_empty() {
        line.push_str(if line.is_empty() { "op=Exists" } else { " op=Exists" });
    }
    if let Some(seconds) = toleration.toleration_seconds {
        line = format!("{line} for {seconds}s");
    }
    line
}

fn shorten(line: &str, length_max: usize) -> String {
    match line.get(..length_max) {
        Some(start) if line.len() > length_max => format!("{start}..."),
        _ => line.to_owned(),
    }
}

/// A text, or `<none>`.
pub(super) fn or_none(text: &str) -> &str {
    if text.is_empty() { "<none>" } else { text }
}

/// `True` or `False`.
pub(super) fn title_bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
