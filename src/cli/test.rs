//! `podlab test`: the proof that scenarios work.

use std::io::Write;
use std::sync::Arc;

use serde_json::json;

use crate::scenario::load;
use crate::scenario::test::{Report, test as prove};

use super::args::{Format, Paths};
use super::failure::Failure;
use super::{NOT_MET, lint};

/// The seed with which scenarios are proved.
const SEED: u64 = 1;

/// Tests scenarios; 0 when every check passes.
///
/// # Errors
/// When a path does not exist or a file does not load.
pub fn test(args: &Paths, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut all_passed = true;
    let texts = lint::texts(&args.paths)?;
    for (file, text) in &texts {
        let scenario = Arc::new(load(file, text).map_err(Failure::input)?);
        let report = prove(&scenario, SEED);
        all_passed &= report.is_passed();
        print(&report, args.output, out)?;
    }
    if args.output == Format::Text {
        let verdict = if all_passed { "all pass" } else { "not all pass" };
        writeln!(out, "{} scenarios, {verdict}", texts.len())?;
    }
    Ok(if all_passed { 0 } else { NOT_MET })
}

fn print(report: &Report, format: Format, out: &mut dyn Write) -> Result<(), Failure> {
    if format == Format::Text {
        writeln!(out, "{}", report.scenario)?;
    }
    for check in &report.checks {
        let (passed, detail) = match &check.outcome {
            Ok(detail) => (true, detail),
            Err(reason) => (false, reason),
        };
        match format {
            Format::Text => {
                let sign = if passed { "ok  " } else { "FAIL" };
                writeln!(out, "  {sign}  {}  {}", check.name, detail.trim_end().replace('\n', "\n        "))?;
            }
            Format::Json => writeln!(
                out,
                "{}",
                json!({"scenario": report.scenario, "check": check.name, "passed": passed, "detail": detail})
            )?,
        }
    }
    Ok(())
}
