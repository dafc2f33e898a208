//! `kubectl get`: tables and other forms of what there is, and of what happens to it.
//!
//! Source: `kubectl/pkg/cmd/get/get.go`.

use serde_json::Value;

use crate::apiserver::WatchEventKind;
use crate::engine::SimTime;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::{self, Format};
use crate::kubectl::record::Arrival;
use crate::kubectl::resources::{self, Found, FoundAll, Selection};
use crate::kubectl::session::Session;
use crate::model::selector::format_labels;
use crate::model::{Kind, Meta, Object};
use crate::printers::tabwriter::TableWriter;
use crate::printers::{cells, columns, manifest};

use super::sorting;

/// Its flags.
pub const FLAGS: &[&str] = &[
    "A!all-namespaces",
    "o:output",
    "l:selector",
    ":field-selector",
    "w!watch",
    "!watch-only",
    "!output-watch-events",
    "!show-labels",
    "!show-kind",
    "L+label-columns",
    ":sort-by",
    "!no-headers",
    "!ignore-not-found",
    "!show-managed-fields",
    "!allow-missing-template-keys",
    "!server-print",
    "#chunk-size",
    ":template",
    ":subresource",
    ":raw",
    "f+filename",
    "k:kustomize",
    "R!recursive",
];

/// How a table looks.
#[derive(Clone, Debug)]
struct Look {
    is_wide: bool,
    with_namespace: bool,
    with_kind: bool,
    show_labels: bool,
    label_columns: Vec<String>,
}

impl Look {
    fn of(flags: &Flags, format: &Format) -> Self {
        Self {
            is_wide: matches!(format, Format::Wide),
            with_namespace: flags.yes("all-namespaces"),
            with_kind: flags.yes("show-kind"),
            show_labels: flags.yes("show-labels"),
            label_columns: flags.list("label-columns").into_iter().map(str::to_owned).collect(),
        }
    }

    fn headers(&self, kind: Kind) -> Vec<String> {
        let mut headers = Vec::new();
        if self.with_namespace && kind.is_namespaced() {
            headers.push("NAMESPACE".to_owned());
        }
        let shown = columns(kind).iter().filter(|column| self.is_wide || !column.wide);
        headers.extend(shown.map(|column| column.name.to_uppercase()));
        let last = |key: &String| key.rsplit('/').next().unwrap_or_default().to_uppercase();
        headers.extend(self.label_columns.iter().map(last));
        headers.extend(self.show_labels.then(|| "LABELS".to_owned()));
        headers
    }

    fn row(&self, object: &Object, now: SimTime) -> Vec<String> {
        let kind = object.kind();
        let mut row = Vec::new();
        if self.with_namespace && kind.is_namespaced() {
            row.push(object.namespace().to_owned());
        }
        let name_at = row.len();
        let shown =
            cells(object, now).into_iter().zip(columns(kind)).filter(|(_, column)| self.is_wide || !column.wide);
        row.extend(shown.map(|(cell, _)| cell));
        if self.with_kind && columns(kind).first().is_some_and(|column| column.name == "Name") {
            row[name_at] = format!("{}/{}", kind.qualified_singular(), row[name_at]);
        }
        let labels = object.meta().label_map();
        row.extend(self.label_columns.iter().map(|key| labels.get(key).cloned().unwrap_or_default()));
        row.extend(self.show_labels.then(|| format_labels(labels)));
        row
    }
}

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let format = Format::of(flags)?;
    if flags.has("raw") {
        return Err(Failure::not_modelled("--raw"));
    }
    if flags.has("subresource") {
        return Err(Failure::not_modelled("--subresource of get"));
    }
    if let Some(other) = flags.text("output").filter(|_| flags.yes("show-labels") && !format.is_human()) {
        return Err(Failure::text_of(format!("--show-labels option cannot be used with {other} printer")));
    }
    if flags.yes("show-managed-fields") {
        session.show_managed_fields();
    }
    let is_watch = flags.yes("watch") || flags.yes("watch-only");
    if flags.yes("output-watch-events") && !is_watch {
        let said = "--output-watch-events option can only be used with --watch or --watch-only";
        return Err(Failure::text_of(said));
    }
    if flags.args.is_empty() && !crate::kubectl::manifests::are_named(flags) {
        session.err(
            "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported \
             resources.\n\n",
        );
        let usage = "Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that \
                     resource (e.g. kubectl explain pods).";
        return Err(Failure::usage("get", usage));
    }
    let selection = resources::select(session, flags, &flags.args, true)?;
    if is_watch {
        return watch(session, flags, &format, selection);
    }
    let found = resources::fetch(session, flags, selection)?;
    if format.is_human() { tables(session, flags, &format, found) } else { print(session, flags, &format, found) }
}

/// Tables, one for each kind, with a blank line between them.
fn tables(session: &mut Session<'_>, flags: &Flags, format: &Format, mut found: FoundAll) -> Result<(), Failure> {
    sort(flags, &mut found.items)?;
    let mut look = Look::of(flags, format);
    let first = found.items.first().map(|item| item.object.kind());
    look.with_kind |= found.items.iter().any(|item| Some(item.object.kind()) != first);
    let is_namespaced = found.items.iter().all(|item| item.object.kind().is_namespaced())
        && found.kinds.iter().all(|kind| kind.is_namespaced())
        && !flags.yes("all-namespaces");
    let now = session.now();
    for (index, group) in found.items.chunk_by(|one, other| one.object.kind() == other.object.kind()).enumerate() {
        let mut rows = Vec::new();
        if !flags.yes("no-headers") {
            if index > 0 {
                session.out("\n");
            }
            rows.push(look.headers(group[0].object.kind()));
        }
        rows.extend(group.iter().map(|item| look.row(&item.object, now)));
        session.out(&TableWriter::new().rows(&rows));
    }
    if found.items.is_empty() && found.failures.is_empty() && !flags.yes("ignore-not-found") {
        let namespace = session.namespace();
        session.err(&if is_namespaced {
            format!("No resources found in {namespace} namespace.\n")
        } else {
            "No resources found\n".to_owned()
        });
    }
    Failure::all(found.failures)
}

/// Forms for programs: one object, or a list of them.
fn print(session: &mut Session<'_>, flags: &Flags, format: &Format, mut found: FoundAll) -> Result<(), Failure> {
    sort(flags, &mut found.items)?;
    if found.is_single && found.items.is_empty() {
        return Failure::all(found.failures);
    }
    let mut values: Vec<Value> = found.items.iter().map(|item| value_of(flags, &item.object)).collect();
    let kind = found.items.first().map_or(Kind::Pod, |item| item.object.kind());
    match format {
        Format::Columns(columns) if flags.yes("no-headers") => {
            output::columns_without_headers(session, columns, &values)?
        }
        _ if found.is_single => output::print(session, format, kind, &values.remove(0))?,
        _ => output::print(session, format, kind, &manifest::list(values))?,
    }
    Failure::all(found.failures)
}

fn value_of(flags: &Flags, object: &Object) -> Value {
    if flags.yes("show-managed-fields") { manifest::whole(object) } else { manifest::value(object) }
}

fn sort(flags: &Flags, items: &mut Vec<Found>) -> Result<(), Failure> {
    match flags.text("sort-by") {
        Some(path) if !path.is_empty() => sorting::by_path(items, path, |item| manifest::value(&item.object)),
        _ => Ok(()),
    }
}

/// `-w`: what there is, then every change as it happens.
fn watch(session: &mut Session<'_>, flags: &Flags, format: &Format, selection: Selection) -> Result<(), Failure> {
    let is_single_kind = match &selection {
        Selection::Kinds(kinds) => kinds.len() == 1,
        Selection::Named(keys, is_single) => *is_single || keys.is_empty(),
        Selection::Files(manifests, failures) => manifests.len() == 1 && failures.is_empty(),
    };
    if !is_single_kind {
        return Err(Failure::text_of("you may only specify a single resource type"));
    }
    let found = resources::fetch(session, flags, selection)?;
    Failure::all(found.failures.clone())?;
    let single = found.items.first().filter(|_| found.is_single).map(|item| item.object.clone());
    let kind = match (&single, found.kinds.first()) {
        (Some(object), _) => object.kind(),
        (None, Some(kind)) => *kind,
        (None, None) => return Ok(()),
    };
    let mut shown =
        Shown { look: Look::of(flags, format), table: TableWriter::new(), has_header: flags.yes("no-headers") };
    if !flags.yes("watch-only") {
        for item in &found.items {
            shown.print(session, flags, format, "ADDED", &item.object)?;
        }
    }
    let (namespace, fields, revision) = match &single {
        Some(object) => {
            (object.namespace().into(), format!("metadata.name={}", object.name()), object.meta().revision())
        }
        None => {
            let namespace = resources::list_namespace(session, flags, kind);
            (namespace, flags.text_or_empty("field-selector").to_owned(), found.revision)
        }
    };
    let labels = flags.text_or_empty("selector");
    let handle = session.watch(kind, &namespace, [labels, &fields], Some(revision))?;
    let mut shown = session.restore().unwrap_or(shown);
    loop {
        let (_, arrival) = session.next(&[handle])?;
        match &*arrival {
            Arrival::Events(events) => {
                for event in events {
                    let word = match event.kind {
                        WatchEventKind::Added => "ADDED",
                        WatchEventKind::Modified => "MODIFIED",
                        WatchEventKind::Deleted => "DELETED",
                        WatchEventKind::Bookmark => continue,
                    };
                    shown.print(session, flags, format, word, &event.object)?;
                }
            }
            Arrival::Closed(Some(status)) => return Err(Failure::status(status)),
            _ => return Ok(()),
        }
        session.save(&shown);
    }
}

/// The table of a watch as far as it has been printed.
#[derive(Clone, Debug)]
struct Shown {
    look: Look,
    table: TableWriter,
    has_header: bool,
}

impl Shown {
    fn print(
        &mut self,
        session: &mut Session<'_>,
        flags: &Flags,
        format: &Format,
        event: &str,
        object: &Object,
    ) -> Result<(), Failure> {
        let with_events = flags.yes("output-watch-events");
        if !format.is_human() {
            let value = value_of(flags, object);
            if matches!(format, Format::Yaml) {
                session.out("---\n");
            }
            return match format {
                Format::Columns(columns) if self.has_header => {
                    output::columns_without_headers(session, columns, std::slice::from_ref(&value))
                }
                _ => {
                    self.has_header = true;
                    output::print(session, format, object.kind(), &value)
                }
            };
        }
        let mut rows = Vec::new();
        if !self.has_header {
            self.has_header = true;
            rows.push(self.look.headers(object.kind()));
        }
        rows.push(self.look.row(object, session.now()));
        if with_events {
            let is_header = rows.len() == 2;
            for (index, row) in rows.iter_mut().enumerate() {
                row.insert(0, if is_header && index == 0 { "EVENT".into() } else { event.to_owned() });
            }
        }
        let text = self.table.rows(&rows);
        session.out(&text);
        Ok(())
    }
}
