//! The catalog: the scenarios that come with podlab, inside the binary.

use std::sync::Arc;

use super::load::{LoadError, load};
use super::scenario::Scenario;

/// Every scenario file, embedded so that the binary needs nothing beside it. A test checks that none is forgotten.
pub const FILES: &[(&str, &str)] = &[];

/// Loads every scenario that comes with podlab, in the order of tracks and numbers.
///
/// # Errors
/// When one does not load, which a test rules out.
pub fn all() -> Result<Vec<Arc<Scenario>>, LoadError> {
    let mut scenarios = Vec::with_capacity(FILES.len());
    for (file, text) in FILES {
        scenarios.push(Arc::new(load(file, text)?));
    }
    scenarios.sort_by_key(|scenario| scenario.label("order").map(str::to_owned));
    Ok(scenarios)
}

/// The scenario of that name.
///
/// # Errors
/// When one does not load, which a test rules out.
pub fn find(name: &str) -> Result<Option<Arc<Scenario>>, LoadError> {
    Ok(all()?.into_iter().find(|scenario| scenario.name() == name))
}
