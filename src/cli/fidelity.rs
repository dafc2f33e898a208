//! `podlab fidelity`: what is modelled, and what is not.

use std::io::Write;

use super::args::{Format, List};
use super::failure::Failure;
use crate::model::fidelity::rows;
use crate::printers::tabwriter::TableWriter;

/// Prints the table.
///
/// # Errors
/// When nobody reads.
pub fn fidelity(args: &List, out: &mut dyn Write) -> Result<u8, Failure> {
    match args.output {
        Format::Json => {
            let text = serde_json::to_string_pretty(&rows()).unwrap_or_default();
            writeln!(out, "{text}")?;
        }
        Format::Text => {
            let header = ["KIND", "PART", "LEVEL", "NOTE"].map(str::to_owned).to_vec();
            let row = |row: crate::model::fidelity::Row| {
                [row.kind, row.part, row.level.text(), row.note].map(str::to_owned).to_vec()
            };
            let table: Vec<Vec<String>> = std::iter::once(header).chain(rows().into_iter().map(row)).collect();
            write!(out, "{}", TableWriter::new().rows(&table))?;
        }
    }
    Ok(0)
}
