//! Kinds for which upstream has no description of their own: their fields, in alphabetical order.
//!
//! Source: `genericDescriber` and `printUnstructuredContent` of `describe.go`, `fatih/camelcase`.

use serde_json::{Map, Value};

use super::text::Text;
use crate::model::Object;
use crate::model::patch::go_print;

/// What stands above already, or nobody wants to read.
const SKIPPED: [&str; 5] =
    [".metadata.managedFields", ".metadata.name", ".metadata.namespace", ".metadata.labels", ".metadata.annotations"];
/// Written in capitals inside a label.
const ACRONYMS: [&str; 5] = ["API", "URL", "UID", "OSB", "GUID"];

pub(super) fn describe(text: &mut Text, object: &Object) {
    text.head(object.meta());
    if let Value::Object(fields) = crate::printers::manifest::value(object) {
        content(text, 0, &fields, "");
    }
}

fn content(text: &mut Text, level: usize, fields: &Map<String, Value>, path: &str) {
    let mut names: Vec<&String> = fields.keys().collect();
    names.sort();
    for name in names {
        let path = format!("{path}.{name}");
        let Some(value) = fields.get(name).filter(|_| !SKIPPED.contains(&path.as_str())) else { continue };
        match value {
            Value::Object(inner) => {
                text.line(level, format_args!("{}:", label(name)));
                content(text, level + 1, inner, &path);
            }
            Value::Array(items) => {
                text.line(level, format_args!("{}:", label(name)));
                for item in items {
                    match item {
                        Value::Object(inner) => content(text, level + 1, inner, &path),
                        other => text.line(level + 1, go_print(other)),
                    }
                }
            }
            other => text.line(level, format_args!("{}:\t{}", label(name), go_print(other))),
        }
    }
}

/// `creationTimestamp` as `Creation Timestamp`; names with anything but letters and dashes stay as they are.
fn label(field: &str) -> String {
    if field.chars().any(|letter| !letter.is_alphabetic() && letter != '-') {
        return field.to_owned();
    }
    let words = words(field).into_iter().map(|word| {
        let upper = word.to_uppercase();
        if ACRONYMS.contains(&upper.as_str()) { upper } else { title(&word) }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn title(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `podIPs` as `pod`, `IPs`; `APIServer` as `API`, `Server`.
fn words(field: &str) -> Vec<String> {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Class {
        Lower,
        Upper,
        Other,
    }
    let class = |letter: char| match letter {
        letter if letter.is_lowercase() => Class::Lower,
        letter if letter.is_uppercase() => Class::Upper,
        _ => Class::Other,
    };
    let mut runs: Vec<(Class, String)> = Vec::new();
    for letter in field.chars() {
        match runs.last_mut() {
            Some((last, run)) if *last == class(letter) => run.push(letter),
            _ => runs.push((class(letter), letter.to_string())),
        }
    }
    for index in 1..runs.len() {
        if let [(Class::Upper, before), (Class::Lower, run)] = &mut runs[index - 1..=index]
            && let Some(last) = before.pop()
        {
            run.insert(0, last);
        }
    }
    runs.into_iter().map(|(_, run)| run).filter(|run| !run.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_split_as_upstream_does() {
        let all =
            ["creationTimestamp", "apiVersion", "uid", "holderIdentity", "clusterIPs", "x-y", "a.b", "APIService"];
        let labels = all.map(label);
        assert_eq!(
            labels,
            [
                "Creation Timestamp",
                "API Version",
                "UID",
                "Holder Identity",
                "Cluster I Ps",
                "X - Y",
                "a.b",
                "API Service"
            ]
        );
    }
}
