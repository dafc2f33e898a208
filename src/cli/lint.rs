//! `podlab lint`: what is wrong with scenario files.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use serde_json::json;

use crate::scenario::catalog;
use crate::scenario::lint::{Finding, Severity, lint_text};

use super::args::{Format, Paths};
use super::failure::Failure;
use super::{BAD_INPUT, sources};

/// Looks files over; 0 when nothing is wrong.
///
/// # Errors
/// When a path does not exist or a file cannot be read.
pub fn lint(args: &Paths, out: &mut dyn Write) -> Result<u8, Failure> {
    let texts = texts(&args.paths)?;
    let mut findings = Vec::new();
    for (file, text) in &texts {
        findings.extend(lint_text(file, text));
    }
    for finding in &findings {
        print(finding, args.output, out)?;
    }
    if args.output == Format::Text {
        let files = if texts.len() == 1 { "1 file".to_owned() } else { format!("{} files", texts.len()) };
        match findings.len() {
            0 => writeln!(out, "{files}, nothing wrong")?,
            1 => writeln!(out, "{files}, 1 finding")?,
            count => writeln!(out, "{files}, {count} findings")?,
        }
    }
    Ok(if findings.iter().any(is_error) { BAD_INPUT } else { 0 })
}

/// The texts of these files, or of the scenarios that come with podlab.
pub(super) fn texts(paths: &[PathBuf]) -> Result<Vec<(String, String)>, Failure> {
    if paths.is_empty() {
        return Ok(catalog::FILES.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect());
    }
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).map_err(|error| Failure::input(format!("{}: {error}", path.display())))?;
        Ok((path.display().to_string(), text))
    };
    sources::files(paths)?.into_iter().map(read).collect()
}

fn is_error(finding: &Finding) -> bool {
    finding.severity == Severity::Error
}

fn print(finding: &Finding, format: Format, out: &mut dyn Write) -> Result<(), Failure> {
    match format {
        Format::Text => writeln!(out, "{finding}")?,
        Format::Json => writeln!(
            out,
            "{}",
            json!({"file": finding.file, "line": finding.line, "column": finding.column, "error": is_error(finding),
                "message": finding.message, "hint": finding.hint})
        )?,
    }
    Ok(())
}
