//! The wire: what a real `kubectl` or client library says over HTTP, and what it is answered.

pub mod discovery;
mod fields;
pub mod protobuf;
