//! Objects to rows and text, shared by the app, kubectl and the wire.

pub mod tabwriter;
