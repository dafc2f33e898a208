//! `-o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName` (`kubectl/pkg/cmd/get/customcolumn.go`).

use serde_json::Value;

use super::{JsonPathError, Template};
use crate::model::patch::go_print;

/// Why a specification cannot be used; the words are kubectl's, without `error: `.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// Nothing was specified.
    #[error("custom-columns format specified but no custom columns given")]
    Empty,
    /// A column without a colon.
    #[error("unexpected custom-columns spec: {0}, expected <header>:<json-path-expr>")]
    Column(String),
    /// A path with braces in the wrong places.
    #[error(
        "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{{name1.name2}}' or '{{.name1.name2}}'"
    )]
    Path,
    /// A path that is no JSONPath, or does not fit an object.
    #[error(transparent)]
    JsonPath(#[from] JsonPathError),
}

/// The columns of a table, by path.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomColumns {
    columns: Vec<(String, Template)>,
}

impl CustomColumns {
    /// Reads `HEADER:path,…`.
    ///
    /// # Errors
    /// For a column or path of another form.
    pub fn parse(spec: &str) -> Result<Self, ColumnsError> {
        if spec.is_empty() {
            return Err(ColumnsError::Empty);
        }
        let columns = spec.split(',').map(|part| {
            let mut halves = part.splitn(2, ':');
            let (Some(header), Some(path)) = (halves.next(), halves.next()) else {
                return Err(ColumnsError::Column(part.to_owned()));
            };
            Ok((header.to_owned(), Template::parse(&relaxed(path)?)?))
        });
        Ok(Self { columns: columns.collect::<Result<_, _>>()? })
    }

    /// The headers, left to right.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(header, _)| header.as_str())
    }

    /// The cells of `object`: several values are joined by commas, none is `<none>`.
    ///
    /// # Errors
    /// When a path does not fit the object.
    pub fn cells(&self, object: &Value) -> Result<Vec<String>, ColumnsError> {
        let cells = self.columns.iter().map(|(_, path)| {
            let found = path.find(object)?;
            if found.first().is_none_or(Vec::is_empty) {
                return Ok("<none>".into());
            }
            Ok(found.iter().flatten().map(go_print).collect::<Vec<_>>().join(","))
        });
        cells.collect()
    }
}

/// The template of a path with or without braces and leading dot: `^\{\.?([^{}]+)\}$|^\.?([^{}]+)$`.
fn relaxed(path: &str) -> Result<String, ColumnsError> {
    if path.is_empty() {
        return Ok(String::new());
    }
    let inside = path.strip_prefix('{').and_then(|path| path.strip_suffix('}')).unwrap_or(path);
    let dotless = inside.strip_prefix('.').filter(|rest| !rest.is_empty()).unwrap_or(inside);
    if dotless.is_empty() || dotless.contains(['{', '}']) {
        Err(ColumnsError::Path)
    } else {
        Ok(format!("{{.{dotless}}}"))
    }
}
