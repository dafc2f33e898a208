//! OpenAPI: what the types of the API are, for `kubectl explain`, for patches that clients compute, for validation.
//!
//! Version 3 is one document for each group and version and an index of them; version 2 is one document for everything. Both
//! are built from the schemas of the wire types and the table of fields.
//!
//! **Simplified:** default values, unions and the meaning of single enumeration values are not told.

mod custom;
mod definitions;
mod document;
mod gnostic;
mod operation;
mod paths;
mod swagger;
#[cfg(test)]
mod tests;

pub use custom::custom;
pub use document::{Document, Documents};
pub use gnostic::{SWAGGER_PROTOBUF, SWAGGER_PROTOBUF_ANSWER, swagger_protobuf};
pub use swagger::swagger;
