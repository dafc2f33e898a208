//! Arguments and exit codes: 0 done or goals reached, 1 not reached, 2 bad input.
//!
//! Output for people by default, `-o json` for programs. What is wrong with the input goes to standard error, with what to
//! do about it.
//!
//! Reading order: [`args`], [`failure`], [`sources`], then one file per command.

pub mod args;
pub mod bench;
pub mod beside;
pub mod completions;
pub mod failure;
pub mod fidelity;
pub mod kubectl;
pub mod lint;
pub mod list;
pub mod play;
pub mod run;
pub mod serve;
pub mod shot;
pub mod sources;
pub mod surroundings;
pub mod test;
pub mod timeline;
pub mod trace;

use std::ffi::OsString;
use std::io::Write;

use clap::Parser;

use args::{Arguments, Command};
use failure::Failure;

/// Exit code for a goal that was not reached or a check that failed.
pub const NOT_MET: u8 = 1;
/// Exit code for input that cannot be used.
pub const BAD_INPUT: u8 = 2;

/// Runs the program; returns its exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let parsed = match Arguments::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        Err(error) => return show_usage(&error, out, err),
    };
    match dispatch(parsed, out) {
        Ok(code) => code,
        // Whoever reads has seen enough: `podlab run … | head`.
        Err(Failure::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
        Err(failure) => {
            // If standard error is gone too, there is nobody left to tell.
            drop(writeln!(err, "error: {failure}"));
            failure.exit_code()
        }
    }
}

fn show_usage(error: &clap::Error, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let text = error.render();
    if error.use_stderr() {
        drop(write!(err, "{text}"));
        return BAD_INPUT;
    }
    drop(write!(out, "{text}"));
    0
}

fn dispatch(arguments: Arguments, out: &mut dyn Write) -> Result<u8, Failure> {
    let language = arguments.lang;
    match arguments.command {
        None => play::home(language),
        Some(Command::Play(args)) => play::play(&args, language),
        Some(Command::Shot(args)) => shot::shot(&args, language, out),
        Some(Command::Run(args)) => run::run(&args, out),
        Some(Command::List(args)) => list::list(&args, language, out),
        Some(Command::Lint(args)) => lint::lint(&args, out),
        Some(Command::Test(args)) => test::test(&args, out),
        Some(Command::Schema) => {
            out.write_all(crate::scenario::schema::schema().as_bytes())?;
            Ok(0)
        }
        Some(Command::Kubectl(args)) => kubectl::kubectl(&args, out),
        Some(Command::Trace(args)) => trace::trace(&args, out),
        Some(Command::Serve(args)) => serve::serve(&args, out),
        Some(Command::Fidelity(args)) => fidelity::fidelity(&args, out),
        Some(Command::Bench(args)) => bench::bench(&args, out),
        Some(Command::Completions { shell }) => {
            completions::completions(shell, out);
            Ok(0)
        }
    }
}
