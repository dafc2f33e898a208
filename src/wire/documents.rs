//! Documents that describe the API: versions, discovery, OpenAPI; and the kind that a path names.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::apiextensions::CustomResourceDefinition;
use crate::model::custom_kind::{is_established, kinds_of};
use crate::model::{Kind, ObjectKey, Resource as _, metrics, schema};
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

/// The OpenAPI document under a path; `None` when there is none. The first call builds them all, which takes a moment.
/// `custom` are the kinds that definitions declare.
#[must_use]
pub fn openapi(custom: Vec<Kind>, path: &str, accept: &str) -> Option<Document> {
    let path = path.trim_matches('/');
    let (bytes, content_type) = match path {
        "openapi/v2" if accept.contains(openapi::SWAGGER_PROTOBUF) => {
            (Arc::clone(&openapi::swagger_protobuf().body), openapi::SWAGGER_PROTOBUF_ANSWER)
        }
        "openapi/v2" => (Arc::clone(&openapi::swagger().body), JSON),
        "openapi/v3" => (documents(custom).index().to_string().into_bytes().into(), JSON),
        _ => (Arc::clone(&documents(custom).get(path.strip_prefix("openapi/v3/")?)?.body), JSON),
    };
    Some(Document { content_type: content_type.into(), bytes })
}

/// The documents of the built-in API, and of custom resources.
fn documents(custom: Vec<Kind>) -> Cow<'static, Documents> {
    let mut groups: BTreeMap<String, Vec<Kind>> = BTreeMap::new();
    for kind in custom {
        groups.entry(kind.api_version()).or_default().push(kind);
    }
    if groups.is_empty() {
        return Cow::Borrowed(Documents::built_in());
    }
    let mut all = Documents::built_in().clone();
    for (api_version, kinds) in groups {
        let resources: Vec<_> = Resource::of_kinds(&kinds).into_iter().zip(kinds.into_iter().map(schema::of)).collect();
        all = all.with(&api_version, openapi::custom(&resources));
    }
    Cow::Owned(all)
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
#[must_use]
pub fn custom_kinds(cluster: &Cluster) -> Vec<Kind> {
    let definitions = cluster.objects(Kind::CustomResourceDefinition);
    let definitions = definitions.iter().filter_map(CustomResourceDefinition::of);
    let declared = definitions.filter(|one| is_established(one)).flat_map(|one| kinds_of(one));
    declared.chain(aggregated_kinds(cluster)).collect()
}

/// The kinds of groups that others serve, as far as an APIService announces them.
fn aggregated_kinds(cluster: &Cluster) -> impl Iterator<Item = Kind> {
    let announced = cluster.object(&ObjectKey::new(Kind::APIService, "", metrics::API_SERVICE));
    announced.into_iter().flat_map(|_| metrics::kinds().iter().copied())
}

/// The kind that a path names.
#[must_use]
pub fn kind(cluster: &Cluster, path: &ResourcePath) -> Option<Kind> {
    let is_named = |kind: &Kind| kind.plural() == path.resource;
    let built_in = Kind::all()
        .chain(Kind::asked())
        .filter(is_named)
        .find(|kind| kind.info().is_served_as(&path.group, &path.version));
    let is_it = |kind: &Kind| (kind.info().group, kind.info().version) == (&*path.group, &*path.version);
    built_in.or_else(|| custom_kinds(cluster).into_iter().filter(is_named).find(is_it))
}
