//! `kubectl set`: changes of Pod templates that are made every day, and of a Service's selector.

mod env;
mod image;
mod resources;
mod selector;

pub use env::{FLAGS as ENV_FLAGS, run as env};
pub use image::{FLAGS as IMAGE_FLAGS, run as image};
pub use resources::{FLAGS as RESOURCES_FLAGS, run as resources};
pub use selector::{FLAGS as SELECTOR_FLAGS, run as selector};
