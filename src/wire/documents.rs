//! Documents that describe the API: versions, discovery, OpenAPI; and the kind that a path names.

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::apiextensions::CustomResourceDefinition;
use crate::model::custom_kind::{is_established, kinds_of};
use crate::model::{Kind, Resource as _};
use crate::session::Cluster;

use super::discovery::{self, Catalog, Resource};
use super::openapi::{self, Documents};
use super::path::ResourcePath;

const JSON: &str = "application/json";
/// The address that `/api` tells clients; the first master, as the cluster itself sees it.
const SERVER_ADDRESS: &str = "10.0.0.11:6443";

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
    let catalog = catalog(cluster);
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let is_aggregated = discovery::is_aggregated(accept);
    if let ["openapi", version, rest @ ..] = parts.as_slice() {
        return described(version, &rest.join("/"), accept);
    }
    let (value, content_type) = match parts.as_slice() {
        ["version"] => (discovery::version(), JSON),
        ["api"] if is_aggregated => (discovery::aggregated_core(&catalog), discovery::AGGREGATED),
        ["apis"] if is_aggregated => (discovery::aggregated_apis(&catalog), discovery::AGGREGATED),
        ["api"] => (discovery::versions(&catalog, SERVER_ADDRESS), JSON),
        ["apis"] => (discovery::groups(&catalog), JSON),
        ["apis", group] => (discovery::group(&catalog, group)?, JSON),
        ["api", version] => (discovery::resources(&catalog, "", version)?, JSON),
        ["apis", group, version] => (discovery::resources(&catalog, group, version)?, JSON),
        _ => return None,
    };
    let bytes = serde_json::to_vec(&value).unwrap_or_default().into();
    Some(Document { content_type: content_type.into(), bytes })
}

/// What stands under `/openapi`.
fn described(version: &str, path: &str, accept: &str) -> Option<Document> {
    let all = Documents::built_in();
    let (bytes, content_type) = match (version, path) {
        ("v2", "") if accept.contains(openapi::SWAGGER_PROTOBUF) => {
            (Arc::clone(&openapi::swagger_protobuf().body), openapi::SWAGGER_PROTOBUF_ANSWER)
        }
        ("v2", "") => (Arc::clone(&openapi::swagger().body), JSON),
        ("v3", "") => (all.index().to_string().into_bytes().into(), JSON),
        ("v3", path) => (Arc::clone(&all.get(path)?.body), JSON),
        _ => return None,
    };
    Some(Document { content_type: content_type.into(), bytes })
}

/// The OpenAPI document under a path; `None` when there is none. The first call builds them all, which takes a moment.
#[must_use]
pub fn openapi(path: &str, accept: &str) -> Option<Document> {
    let json = |bytes: Vec<u8>| Document { content_type: JSON.into(), bytes: bytes.into() };
    let path = path.trim_matches('/');
    match path {
        "openapi/v2" if accept.contains(openapi::SWAGGER_PROTOBUF) => {
            let bytes = Arc::clone(&openapi::swagger_protobuf().body);
            Some(Document { content_type: openapi::SWAGGER_PROTOBUF_ANSWER.into(), bytes })
        }
        "openapi/v2" => Some(Document { content_type: JSON.into(), bytes: Arc::clone(&openapi::swagger().body) }),
        "openapi/v3" => Some(json(openapi::Documents::built_in().index().to_string().into_bytes())),
        _ => {
            let document = openapi::Documents::built_in().get(path.strip_prefix("openapi/v3/")?)?;
            Some(Document { content_type: JSON.into(), bytes: Arc::clone(&document.body) })
        }
    }
}

/// What is served: the built-in API, and the custom resources of this cluster.
fn catalog(cluster: &Cluster) -> Cow<'static, Catalog> {
    let custom = custom_kinds(cluster);
    if custom.is_empty() {
        Cow::Borrowed(Catalog::built_in())
    } else {
        Cow::Owned(Catalog::with(Resource::of_kinds(&custom)))
    }
}

/// The kinds that definitions declare.
fn custom_kinds(cluster: &Cluster) -> Vec<Kind> {
    let definitions = cluster.objects(Kind::CustomResourceDefinition);
    let definitions = definitions.iter().filter_map(CustomResourceDefinition::of);
    definitions.filter(|one| is_established(one)).flat_map(|one| kinds_of(one)).collect()
}

/// The kind that a path names.
#[must_use]
pub fn kind(cluster: &Cluster, path: &ResourcePath) -> Option<Kind> {
    let is_it = |kind: &Kind| {
        let info = kind.info();
        info.group == path.group && info.version == path.version && info.plural == path.resource
    };
    Kind::all().find(is_it).or_else(|| custom_kinds(cluster).into_iter().find(is_it))
}
