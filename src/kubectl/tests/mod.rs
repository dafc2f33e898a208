//! Command lines in, text out: against an API server that answers at once.

mod console;
mod random;
mod transcripts;
