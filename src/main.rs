//! podlab, the program: arguments in, exit code out.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

/// Clusters are made of millions of small objects.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let code = podlab::cli::main(std::env::args_os(), &mut out, &mut io::stderr());
    // A reader that has gone is no failure of ours.
    drop(out.flush());
    ExitCode::from(code)
}
