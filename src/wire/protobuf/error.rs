//! Why a body could not be read, in the words of Go's decoder.

use thiserror::Error;

/// A body that is no object.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum DecodeError {
    /// It does not begin as Kubernetes' messages do.
    #[error("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")]
    NotProtobuf,
    /// It ends too early.
    #[error("unexpected EOF")]
    Truncated,
    /// A number has more than 64 bits.
    #[error("proto: integer overflow")]
    Overflow,
    /// A field that cannot be: its number is zero or its wire type unknown.
    #[error("proto: illegal tag {number} (wire type {wire_type})")]
    IllegalTag {
        /// The number of the field.
        number: u64,
        /// The wire type.
        wire_type: u64,
    },
    /// A field holds something else than its declaration says.
    #[error("proto: wrong wireType = {wire_type} for field {field}")]
    WrongWireType {
        /// What it holds.
        wire_type: u64,
        /// Which field.
        field: &'static str,
    },
    /// The envelope names no kind.
    #[error("Object 'Kind' is missing in 'unknown'")]
    MissingKind,
    /// The envelope names no version.
    #[error("Object 'apiVersion' is missing in 'unknown'")]
    MissingVersion,
    /// The envelope names a kind without a known form.
    #[error(
        "no kind \"{kind}\" is registered for version \"{api_version}\" in scheme \"pkg/api/legacyscheme/scheme.go:30\""
    )]
    UnknownKind {
        /// The version.
        api_version: String,
        /// The kind.
        kind: String,
    },
    /// The object is packed in a way that no client of Kubernetes uses.
    #[error("content encoding {0:?} is not supported")]
    Encoding(String),
    /// More messages inside each other than podlab reads.
    #[error("exceeded max depth")]
    TooDeep,
    /// A time that no calendar writes.
    #[error("Time.MarshalJSON: year outside of range [0,9999]")]
    Year,
    /// Bytes that should have been JSON, or a number that JSON cannot write.
    #[error("{0}")]
    Json(String),
}
