//! The verbs, one file each.

pub mod apply;
pub mod create;
pub mod delete;
pub mod describe;
pub mod get;
pub mod replace;
pub mod sorting;
