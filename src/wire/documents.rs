//! Documents that describe the API: versions, discovery, OpenAPI; and the kind that a path names.

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::Kind;
use crate::session::Cluster;

use super::path::ResourcePath;

/// A document.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its media type.
    pub content_type: Cow<'static, str>,
    /// What is in it.
    pub bytes: Arc<[u8]>,
}

/// The document under a path; `None` when there is none.
#[must_use]
pub fn find(cluster: &Cluster, path: &str, accept: &str) -> Option<Document> {
    let _ = (cluster, path, accept);
    None
}

/// The kind that a path names.
#[must_use]
pub fn kind(cluster: &Cluster, path: &ResourcePath) -> Option<Kind> {
    let _ = cluster;
    Kind::all().find(|kind| {
        let info = kind.info();
        info.group == path.group && info.version == path.version && info.plural == path.resource
    })
}
