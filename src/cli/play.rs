//! `podlab` and `podlab play`: the app.

use std::io::IsTerminal;

use crate::scenario::Language;
use crate::tui::run::{Options, play as run_app};
use crate::tui::theme::Theme;

use super::args;
use super::beside::Beside;
use super::failure::Failure;
use super::{sources, surroundings};

/// Opens the app at home.
///
/// # Errors
/// When there is no terminal.
pub fn home(language: Option<Language>) -> Result<u8, Failure> {
    needs_terminal()?;
    run_app(None, options(1, 1.0, language), Box::<Beside>::default(), false)?;
    Ok(0)
}

/// Opens the app in a scenario.
///
/// # Errors
/// When there is no terminal or no such scenario.
pub fn play(args: &args::Play, language: Option<Language>) -> Result<u8, Failure> {
    if !(0.1..=1_000.0).contains(&args.speed) {
        return Err(Failure::input("--speed goes from 0.1 to 1000"));
    }
    let scenario = sources::scenario(&args.scenario)?;
    needs_terminal()?;
    run_app(Some(scenario), options(args.seed, args.speed, language), Box::<Beside>::default(), args.serve)?;
    Ok(0)
}

fn options(seed: u64, speed: f64, language: Option<Language>) -> Options {
    let asked = language.or_else(|| surroundings::is_chinese().then(surroundings::language));
    Options {
        seed,
        speed: (speed * 1_000.0) as u64,
        language: asked,
        progress: surroundings::progress_file(),
        theme: Theme::detect(surroundings::variable),
    }
}

fn needs_terminal() -> Result<(), Failure> {
    if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        return Ok(());
    }
    Err(Failure::input("the app needs a terminal; `podlab run NAME` works without one, `podlab list` shows the names"))
}
