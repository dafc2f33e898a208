//! Screens. They draw what a session shows and turn keys into inputs; they own no truth.

pub mod picture;
