//! Discovery: which groups, versions and resources there are, in both forms that clients ask for.
//!
//! Everything is computed from a [`Catalog`], which is the table of kinds in the order of a real server; custom resources
//! are added to it. The functions are pure: the server adds headers and compression.

mod aggregated;
mod catalog;
mod plain;
mod resource;
#[cfg(test)]
mod tests;
mod version;

pub use aggregated::{AGGREGATED, aggregated_apis, aggregated_core, is_aggregated};
pub use catalog::{Catalog, Group};
pub use plain::{group, groups, resources, versions};
pub use resource::{Part, Resource};
pub use version::{GIT_VERSION, version};
