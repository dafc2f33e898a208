//! Command lines in, text out: against an API server that answers at once.

mod auth;
mod changes;
mod console;
mod kinds;
mod random;
mod transcripts;
