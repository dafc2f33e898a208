//! `podlab completions`: the completion script of a shell.

use std::io::Write;

use clap::CommandFactory;

use super::args::Arguments;

/// Prints the script.
pub fn completions(shell: clap_complete::Shell, out: &mut dyn Write) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "podlab", &mut script);
    // A reader that has gone needs no script.
    drop(out.write_all(&script));
}
