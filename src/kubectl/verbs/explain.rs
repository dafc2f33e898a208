//! `kubectl explain`: what a field means.
//!
//! Source: `kubectl/pkg/explain/v2/templates/plaintext.tmpl`.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::{Kind, schema};

/// Its flags.
pub const FLAGS: &[&str] = &["!recursive", ":api-version", "o:output"];

/// Columns of a description.
const WIDTH: usize = 76;

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let word = match flags.args.as_slice() {
        [] => {
            return Err(Failure::text_of(
                "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of \
                 supported resources.\n",
            ));
        }
        [word] => word,
        _ => return Err(Failure::text_of("We accept only this format: explain RESOURCE\n")),
    };
    let (kind, path) = split(word)?;
    let info = kind.info();
    if !info.group.is_empty() {
        session.line(&format!("GROUP:      {}", info.group));
    }
    session.out(&format!("KIND:       {}\nVERSION:    {}\n\n", info.name, info.version));
    let root = schema::of(kind);
    let explained = Explained { root: &root, is_recursive: flags.yes("recursive") };
    let mut text = String::new();
    if !explained.walk(&root, &path, &mut text) {
        let missing = path.last().copied().unwrap_or_default();
        return Err(Failure::Plain(format!("error: field {missing:?} does not exist")));
    }
    session.line(&text);
    Ok(())
}

/// `deployments.apps.spec.strategy` as the kind and the path.
fn split(word: &str) -> Result<(Kind, Vec<&str>), Failure> {
    let mut parts: Vec<&str> = word.trim_end_matches('.').split('.').collect();
    let first = parts.remove(0);
    let unknown = || Failure::Plain(format!("the server doesn't have a resource type {first:?}"));
    let kind = Kind::from_word(first).ok_or_else(unknown)?;
    let info = kind.info();
    let group: Vec<&str> = info.group.split('.').filter(|part| !part.is_empty()).collect();
    let versioned: Vec<&str> = std::iter::once(info.version).chain(group.iter().copied()).collect();
    for prefix in [versioned, group] {
        if !prefix.is_empty() && parts.starts_with(&prefix) {
            parts.drain(..prefix.len());
            break;
        }
    }
    Ok((kind, parts))
}

struct Explained<'s> {
    root: &'s Value,
    is_recursive: bool,
}

impl<'s> Explained<'s> {
    /// What a schema refers to, or itself.
    fn resolved(&self, schema: &'s Value) -> &'s Value {
        let reference = schema.get("$ref").and_then(Value::as_str);
        reference.and_then(|reference| schema::resolve(self.root, reference)).unwrap_or(schema)
    }

    /// Follows `path` and writes what is found at its end; whether there was anything.
    fn walk(&self, schema: &'s Value, path: &[&str], text: &mut String) -> bool {
        let resolved = self.resolved(schema);
        let Some((first, rest)) = path.split_first() else {
            self.write(schema, text);
            return true;
        };
        if let Some(field) = resolved.get("properties").and_then(|properties| properties.get(first)) {
            if rest.is_empty() {
                // Writing into a String has no way to fail.
                let _ = writeln!(text, "FIELD: {first} <{}>\n{}\n", self.type_of(field), values(field));
            }
            return self.walk(field, rest, text);
        }
        inner(resolved).is_some_and(|inner| self.walk(inner, path, text))
    }

    fn write(&self, schema: &'s Value, text: &mut String) {
        let mut description = String::new();
        self.describe(schema, &mut description);
        let description = if description.is_empty() { "<empty>".to_owned() } else { description };
        let _ = writeln!(text, "DESCRIPTION:\n{}", indent(&wrap(&description, WIDTH), 4));
        let mut fields = String::new();
        self.fields(schema, 1, &mut BTreeSet::new(), &mut fields);
        if !fields.is_empty() {
            let _ = write!(text, "FIELDS:\n{fields}");
        }
    }

    /// The description of a field, then that of its type.
    fn describe(&self, schema: &'s Value, text: &mut String) {
        let resolved = self.resolved(schema);
        let own = |schema: &Value| schema.get("description").and_then(Value::as_str).map(|text| text.to_owned() + "\n");
        text.extend(own(schema));
        if !std::ptr::eq(schema, resolved) {
            text.extend(own(resolved));
        }
        if let Some(inner) = inner(resolved) {
            self.describe(inner, text);
        }
    }

    fn fields(&self, schema: &'s Value, level: usize, seen: &mut BTreeSet<&'s str>, text: &mut String) {
        let reference = schema.get("$ref").and_then(Value::as_str);
        if reference.is_some_and(|reference| !seen.insert(reference)) {
            return;
        }
        let resolved = self.resolved(schema);
        for (name, field) in resolved.get("properties").and_then(Value::as_object).into_iter().flatten() {
            self.field(resolved, name, field, level, text);
            if self.is_recursive {
                self.fields(field, level + 1, seen, text);
            }
        }
        if let Some(inner) = inner(resolved) {
            self.fields(inner, level, seen, text);
        }
        if let Some(reference) = reference {
            seen.remove(reference);
        }
    }

    fn field(&self, owner: &Value, name: &str, field: &'s Value, level: usize, text: &mut String) {
        let required = owner.get("required").and_then(Value::as_array);
        // The wire types always have metadata; upstream does not require it.
        let is_required = name != "metadata" && required.is_some_and(|list| list.iter().any(|one| one == name));
        let mark = if is_required { " -required-" } else { "" };
        let depth = level * 2;
        let _ = writeln!(text, "{:depth$}{name}\t<{}>{mark}", "", self.type_of(field));
        let allowed = some_values(field);
        if !allowed.is_empty() {
            let _ = writeln!(text, "{:depth$}enum: {allowed}", "");
        }
        if !self.is_recursive {
            let description = field.get("description").and_then(Value::as_str).unwrap_or("<no description>");
            let _ = writeln!(text, "{}\n", indent(&wrap(description, 78 - depth), depth + 2));
        }
    }

    /// `string`, `[]Container`, `map[string]Quantity`.
    fn type_of(&self, schema: &'s Value) -> String {
        if let Some(items) = schema.get("items") {
            return format!("[]{}", self.type_of(items));
        }
        if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
            return format!("map[string]{}", self.type_of(values));
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let name = reference.rsplit('.').next().unwrap_or("Object");
            let type_ = self.resolved(schema).get("type").and_then(Value::as_str).unwrap_or("object");
            // A quantity may be written as a number too, so upstream gives it no type.
            return if type_ == "object" || name == "Quantity" { name.to_owned() } else { type_.to_owned() };
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("object") | None => "Object".into(),
            Some(other) => other.to_owned(),
        }
    }
}

/// How many of the allowed values a list of fields names.
const VALUES_MAX: usize = 4;

/// The values that a field allows; the empty text is written as such.
fn allowed(field: &Value) -> impl Iterator<Item = &str> {
    let values = field.get("enum").and_then(Value::as_array).into_iter().flatten();
    values.filter_map(Value::as_str).map(|value| if value.is_empty() { "\"\"" } else { value })
}

/// All of them, each on its line.
fn values(field: &Value) -> String {
    let lines: String = allowed(field).map(|value| format!("\n    {value}")).collect();
    if lines.is_empty() { lines } else { format!("ENUM:{lines}") }
}

/// The first of them, in one line.
fn some_values(field: &Value) -> String {
    let mut first: Vec<_> = allowed(field).take(VALUES_MAX + 1).collect();
    if first.len() > VALUES_MAX {
        first[VALUES_MAX] = "....";
    }
    first.join(", ")
}

/// What a list or map holds.
fn inner(schema: &Value) -> Option<&Value> {
    schema.get("items").or_else(|| schema.get("additionalProperties").filter(|values| values.is_object()))
}

fn indent(text: &str, depth: usize) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| format!("{:depth$}{line}", "")).collect();
    lines.join("\n")
}

/// Breaks lines at blanks where they grow longer than `width` (mitchellh/go-wordwrap).
fn wrap(text: &str, width: usize) -> String {
    let wrapped = text.split('\n').map(|line| {
        let (mut out, mut column) = (String::new(), 0);
        for word in line
            .split_inclusive(' ')
            .flat_map(|part| [part.trim_end_matches(' '), &part[part.trim_end_matches(' ').len()..]])
        {
            if word.trim().is_empty() {
                out.push_str(word);
                column += word.len();
                continue;
            }
            let length = word.chars().count();
            if column + length > width && column > 0 {
                out.truncate(out.trim_end_matches(' ').len());
                out.push('\n');
                column = 0;
            }
            out.push_str(word);
            column += length;
        }
        out
    });
    wrapped.collect::<Vec<_>>().join("\n")
}
