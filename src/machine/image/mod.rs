//! Images: what a container starts from, kept as data in `assets/images/`.
//!
//! An image of the catalogue names its files and its *programs*; a program is described by what it does (when it
//! listens, what it answers, how it takes signals, what it uses) and never by code. A scenario may lay its own images
//! over the catalogue with [`Catalogue::overlay`].
//!
//! **Not modelled.** Layers with content of their own, architectures, building.

pub mod catalogue;
pub mod document;
pub mod executable;
pub mod reference;
pub mod spec;
pub mod store;
pub mod units;

pub use catalogue::{Catalogue, Image};
pub use executable::{Dialect, Executable, Tool};
pub use reference::Reference;
pub use spec::{ImageSpec, ProgramSpec};
