//! What a Pod has of its own in a spec that is otherwise the same for every Pod of a template: its node, and the name of the
//! volume with its token for the API.
//!
//! Both are kept beside the spec, so that thirty thousand Pods of one template hold one spec between them.

use std::borrow::Cow;
use std::sync::Arc;

use k8s_openapi::api::core::v1::PodSpec;

/// The first letters of the token volume's name. Source: `plugin/pkg/admission/serviceaccount/admission.go`,
/// `ServiceAccountVolumeName`.
pub const TOKEN_VOLUME_PREFIX: &str = "kube-api-access-";
/// How many random letters follow. Source: `apiserver/pkg/storage/names/generate.go`, `randomLength`.
pub const TOKEN_VOLUME_LETTERS: usize = 5;
/// The name that stands in a shared spec.
const STAND_IN: &str = "kube-api-access-token";

/// A Pod's own part of its spec.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OwnSpec {
    /// `spec.nodeName`.
    pub(super) node: Option<Arc<str>>,
    /// The name of the token volume, where the spec says [`STAND_IN`].
    pub(super) token_volume: Option<Arc<str>>,
}

impl OwnSpec {
    /// Takes what is the Pod's own out of a spec.
    pub(super) fn take(spec: &mut Arc<PodSpec>) -> Self {
        let node = spec.node_name.as_deref().map(Arc::from);
        if node.is_some() {
            Arc::make_mut(spec).node_name = None;
        }
        let token_volume: Option<Arc<str>> = token_volume(spec).map(Arc::from);
        if let Some(name) = &token_volume {
            rename(Arc::make_mut(spec), name, STAND_IN);
        }
        Self { node, token_volume }
    }

    /// The spec as it is written.
    pub(super) fn whole<'a>(&self, spec: &'a PodSpec) -> Cow<'a, PodSpec> {
        if self.node.is_none() && self.token_volume.is_none() {
            return Cow::Borrowed(spec);
        }
        let mut whole = spec.clone();
        if let Some(name) = &self.token_volume {
            rename(&mut whole, STAND_IN, name);
        }
        whole.node_name = self.node.as_deref().map(str::to_owned);
        Cow::Owned(whole)
    }

    /// The name of a volume as it is written.
    pub(super) fn volume_name<'a>(&'a self, name: &'a str) -> &'a str {
        self.token_volume.as_deref().filter(|_| name == STAND_IN).unwrap_or(name)
    }
}

/// The name of the token volume, if there is exactly one that may be it.
fn token_volume(spec: &PodSpec) -> Option<&str> {
    let is_token = |name: &str| {
        name.strip_prefix(TOKEN_VOLUME_PREFIX).is_some_and(|letters| {
            letters.len() == TOKEN_VOLUME_LETTERS
                && letters.bytes().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
        })
    };
    let projected = spec.volumes.iter().flatten().filter(|volume| volume.projected.is_some());
    let mut names = projected.map(|volume| volume.name.as_str()).filter(|name| is_token(name));
    names.next().filter(|_| names.next().is_none())
}

/// Calls a volume by another name, wherever it is named.
fn rename(spec: &mut PodSpec, from: &str, to: &str) {
    let volumes = spec.volumes.iter_mut().flatten().map(|volume| &mut volume.name);
    let ephemeral = spec.ephemeral_containers.iter_mut().flatten().map(|one| &mut one.volume_mounts);
    let mounts = spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten());
    let mounts = mounts.map(|container| &mut container.volume_mounts).chain(ephemeral);
    let mounts = mounts.flat_map(|all| all.iter_mut().flatten()).map(|mount| &mut mount.name);
    for name in volumes.chain(mounts).filter(|name| **name == from) {
        to.clone_into(name);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::Pod;

    fn written(volumes: &[&str]) -> serde_json::Value {
        let mount = |(index, name)| json!({"name": name, "mountPath": format!("/{index}")});
        let mounts: Vec<_> = volumes.iter().enumerate().map(mount).collect();
        let volumes: Vec<_> = volumes.iter().map(|name| json!({"name": name, "projected": {}})).collect();
        let containers = json!([{"name": "web", "resources": {}, "volumeMounts": mounts}]);
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "web"},
            "spec": {"containers": containers, "nodeName": "node-1", "volumes": volumes},
            "status": {},
        })
    }

    fn read(value: serde_json::Value) -> Pod {
        serde_json::from_value(value).expect("a Pod")
    }

    #[test]
    fn pods_that_differ_in_the_token_volume_only_have_the_same_spec_and_are_written_as_they_were_read() {
        let (one, other) = (written(&["kube-api-access-x7x2p", "data"]), written(&["kube-api-access-abcde", "data"]));
        let (a, b) = (read(one.clone()), read(other.clone()));
        assert_eq!(a.spec, b.spec);
        assert_ne!(a, b);
        assert_eq!(serde_json::to_value(a).expect("JSON"), one);
        assert_eq!(serde_json::to_value(b).expect("JSON"), other);
    }

    #[test]
    fn two_volumes_that_may_be_it_are_left_alone() {
        let both = written(&["kube-api-access-x7x2p", "kube-api-access-token"]);
        assert_eq!(serde_json::to_value(read(both.clone())).expect("JSON"), both);
    }
}
