//! `-o`: how objects are printed.
//!
//! Source: `cli-runtime/pkg/genericclioptions/*_flags.go`, `kubectl/pkg/cmd/get/*_flags.go`.

use serde_json::Value;

use crate::model::jsonpath::Template;
use crate::model::jsonpath::custom_columns::CustomColumns;
use crate::model::{Kind, json_text, yaml};
use crate::printers::tabwriter::TableWriter;

use super::failure::Failure;
use super::flags::Flags;
use super::session::Session;

/// A way of printing.
#[derive(Clone, Debug)]
pub enum Format {
    /// For people; or a line such as `pod/web created`.
    Human,
    /// A table with all its columns.
    Wide,
    /// `-o yaml`.
    Yaml,
    /// `-o json`.
    Json,
    /// `-o name`.
    Name,
    /// `-o jsonpath=…`.
    JsonPath(Template),
    /// `-o jsonpath-as-json=…`.
    JsonPathAsJson(Template),
    /// `-o custom-columns=…`.
    Columns(CustomColumns),
}

impl Format {
    /// Reads `-o`.
    ///
    /// # Errors
    /// For formats that kubectl or podlab does not know, and templates that are none.
    pub fn of(flags: &Flags) -> Result<Self, Failure> {
        let Some(text) = flags.text("output") else { return Ok(Self::Human) };
        let (name, argument) = text.split_once('=').map_or((text, None), |(name, rest)| (name, Some(rest)));
        let wrong = |error: &dyn std::fmt::Display| Failure::text_of(error.to_string());
        let template = || {
            let missing = || Failure::text_of("template format specified but no template given");
            let argument = argument.or_else(|| flags.text("template")).filter(|text| !text.is_empty());
            Template::parse(argument.ok_or_else(missing)?).map_err(|error| wrong(&error))
        };
        Ok(match name {
            "" => Self::Human,
            "wide" => Self::Wide,
            "yaml" => Self::Yaml,
            "json" => Self::Json,
            "name" => Self::Name,
            "jsonpath" => Self::JsonPath(template()?),
            "jsonpath-as-json" => Self::JsonPathAsJson(template()?),
            "custom-columns" => {
                let missing = || Failure::text_of("custom-columns format specified but no custom columns given");
                let spec = argument.filter(|spec| !spec.is_empty()).ok_or_else(missing)?;
                Self::Columns(CustomColumns::parse(spec).map_err(|error| wrong(&error))?)
            }
            "go-template"
            | "go-template-file"
            | "template"
            | "templatefile"
            | "jsonpath-file"
            | "custom-columns-file"
            | "kyaml" => return Err(Failure::not_modelled(&format!("-o {name}"))),
            _ => {
                return Err(Failure::text_of(format!(
                    "unable to match a printer suitable for the output format {text:?}, allowed formats are: \
                     custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,\
                     jsonpath-file,kyaml,name,template,templatefile,wide,yaml"
                )));
            }
        })
    }

    /// Whether it is made for people.
    #[must_use]
    pub fn is_human(&self) -> bool {
        matches!(self, Self::Human | Self::Wide)
    }
}

/// Whether a change is only tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DryRun {
    /// It is made.
    None,
    /// kubectl stops before it asks the server.
    Client,
    /// The server stops before it stores.
    Server,
}

impl DryRun {
    /// Reads `--dry-run`.
    ///
    /// # Errors
    /// When it says something else than kubectl knows.
    pub fn of(flags: &Flags) -> Result<Self, Failure> {
        match flags.text("dry-run").unwrap_or("none") {
            "none" | "false" => Ok(Self::None),
            "client" | "unchanged" | "true" => Ok(Self::Client),
            "server" => Ok(Self::Server),
            other => Err(Failure::text_of(format!(
                "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
            ))),
        }
    }

    /// What is added to the line that tells of the change.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Client => " (dry run)",
            Self::Server => " (server dry run)",
        }
    }
}

/// Prints an object that a verb has changed: the line `pod/web created`, or what `-o` asks for.
///
/// # Errors
/// When a template does not fit.
pub fn changed(
    session: &mut Session<'_>,
    format: &Format,
    kind: Kind,
    value: &Value,
    done: &str,
    dry_run: DryRun,
) -> Result<(), Failure> {
    let name = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    match format {
        Format::Human | Format::Wide => {
            session.line(&format!("{}/{name} {done}{}", kind.qualified_singular(), dry_run.suffix()));
            Ok(())
        }
        _ => print(session, format, kind, value),
    }
}

/// Prints one object, or a list, in a format for programs.
///
/// # Errors
/// When a template does not fit.
pub fn print(session: &mut Session<'_>, format: &Format, kind: Kind, value: &Value) -> Result<(), Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::text_of(error.to_string());
    match format {
        Format::Human | Format::Wide => {}
        Format::Yaml => session.out(&yaml::write(value)),
        Format::Json => session.out(&(json_text::pretty(value).trim_end().to_owned() + "\n")),
        Format::Name => {
            let name =
                |value: &Value| value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
            match value.get("items").and_then(Value::as_array) {
                None => session.line(&format!("{}/{}", kind.qualified_singular(), name(value))),
                Some(items) => {
                    for item in items {
                        let known = kind_of(item).unwrap_or(kind);
                        session.line(&format!("{}/{}", known.qualified_singular(), name(item)));
                    }
                }
            }
        }
        Format::JsonPath(template) => session.out(&template.print(value).map_err(|error| wrong(&error))?),
        Format::JsonPathAsJson(template) => session.out(&template.print_json(value).map_err(|error| wrong(&error))?),
        Format::Columns(columns) => {
            let mut table = TableWriter::new();
            let headers: Vec<String> = columns.headers().map(str::to_owned).collect();
            let mut rows = vec![headers];
            match value.get("items").and_then(Value::as_array) {
                Some(items) => {
                    for item in items {
                        rows.push(columns.cells(item).map_err(|error| wrong(&error))?);
                    }
                }
                None => rows.push(columns.cells(value).map_err(|error| wrong(&error))?),
            }
            session.out(&table.rows(&rows));
        }
    }
    Ok(())
}

/// Prints custom columns without their headers.
///
/// # Errors
/// When a column does not fit.
pub fn columns_without_headers(
    session: &mut Session<'_>,
    columns: &CustomColumns,
    items: &[Value],
) -> Result<(), Failure> {
    let cells = |item| columns.cells(item).map_err(|error| Failure::text_of(error.to_string()));
    let rows = items.iter().map(cells).collect::<Result<Vec<_>, _>>()?;
    session.out(&TableWriter::new().rows(&rows));
    Ok(())
}

/// The kind that an object says it is.
#[must_use]
pub fn kind_of(value: &Value) -> Option<Kind> {
    Kind::from_gvk(value.get("apiVersion")?.as_str()?, value.get("kind")?.as_str()?)
}
