//! The Pod: metadata of its own, spec and status shared with every other copy of the same Pod.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use k8s_openapi::api::core::v1::{ContainerStatus, PodCondition, PodSpec, PodStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize};

use super::own_spec::OwnSpec;

/// A `core/v1` Pod. The wire type holds its spec and status inline (some 2.5 KB); here a change of status copies neither
/// the spec nor, in past revisions and checkpoints, anything that did not change.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(from = "Wire")]
pub struct Pod {
    /// Its metadata.
    pub metadata: ObjectMeta,
    /// What was asked for, but for what is [its own](OwnSpec). Change it through [`Pod::spec_mut`].
    pub spec: Arc<PodSpec>,
    /// What the kubelet reported. Change it through [`Pod::status_mut`].
    pub status: Arc<PodStatus>,
    /// What it does not share of its spec: a binding changes nothing else, and so copies nothing else.
    own: OwnSpec,
}

/// A Pod as it is read.
#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    metadata: ObjectMeta,
    #[serde(default)]
    spec: Arc<PodSpec>,
    #[serde(default)]
    status: Arc<PodStatus>,
    #[serde(default, rename = "apiVersion")]
    _api_version: Read,
    #[serde(default, rename = "kind")]
    _kind: Read,
}

impl From<Wire> for Pod {
    fn from(wire: Wire) -> Self {
        Self { status: wire.status, ..Self::new(wire.metadata, wire.spec) }
    }
}

/// The status of a Pod that has none, shared.
fn no_status() -> Arc<PodStatus> {
    static NONE: OnceLock<Arc<PodStatus>> = OnceLock::new();
    Arc::clone(NONE.get_or_init(Arc::default))
}

/// A field that is read so that it does not count as unknown, and not kept.
#[derive(Clone, Debug, Default, PartialEq)]
struct Read;

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|_| Self)
    }
}

impl Serialize for Pod {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Pod", 5)?;
        fields.serialize_field("apiVersion", "v1")?;
        fields.serialize_field("kind", "Pod")?;
        fields.serialize_field("metadata", &self.metadata)?;
        fields.serialize_field("spec", &*self.whole_spec())?;
        fields.serialize_field("status", &*self.status)?;
        fields.end()
    }
}

impl Pod {
    /// A Pod with this metadata and spec and no status yet.
    pub fn new(metadata: ObjectMeta, spec: impl Into<Arc<PodSpec>>) -> Self {
        let mut spec = spec.into();
        let own = OwnSpec::take(&mut spec);
        Self::of_parts(metadata, spec, own)
    }

    /// A Pod of a spec without what is its own, and no status yet.
    pub fn of_parts(metadata: ObjectMeta, spec: Arc<PodSpec>, own: OwnSpec) -> Self {
        Self { metadata, spec, status: no_status(), own }
    }

    /// A Pod of which nothing is said but its status, as its kubelet reports it.
    #[must_use]
    pub fn with_status_only(metadata: ObjectMeta, status: Arc<PodStatus>) -> Self {
        static NO_SPEC: OnceLock<Arc<PodSpec>> = OnceLock::new();
        let spec = Arc::clone(NO_SPEC.get_or_init(Arc::default));
        Self { metadata, spec, status, own: OwnSpec::default() }
    }

    /// What it does not share of its spec.
    #[must_use]
    pub fn own(&self) -> &OwnSpec {
        &self.own
    }

    /// The spec, copied if anyone else holds it. Some is not part of it: see [`Pod::set_node_name`] and
    /// [`Pod::part_token_volume`].
    pub fn spec_mut(&mut self) -> &mut PodSpec {
        Arc::make_mut(&mut self.spec)
    }

    /// The spec as it is written.
    #[must_use]
    pub fn whole_spec(&self) -> Cow<'_, PodSpec> {
        self.own.whole(&self.spec)
    }

    /// Takes the name of the token volume out of the spec, after a change that may have put the volume there.
    pub fn part_token_volume(&mut self) {
        if self.own.token_volume.is_none() {
            self.own.token_volume = OwnSpec::take(&mut self.spec).token_volume;
        }
    }

    /// The name of a volume of its spec, as it is written.
    #[must_use]
    pub fn volume_name<'a>(&'a self, name: &'a str) -> &'a str {
        self.own.volume_name(name)
    }

    /// The node it is bound to, shared.
    #[must_use]
    pub fn node(&self) -> Option<&Arc<str>> {
        self.own.node.as_ref()
    }

    /// Says on which node it is to run.
    pub fn set_node_name(&mut self, node: impl Into<Arc<str>>) {
        self.own.node = Some(node.into());
    }

    /// The status, copied if anyone else holds it.
    pub fn status_mut(&mut self) -> &mut PodStatus {
        Arc::make_mut(&mut self.status)
    }

    /// The node it is bound to; empty before.
    #[must_use]
    pub fn node_name(&self) -> &str {
        self.own.node.as_deref().unwrap_or_default()
    }

    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`; empty before the first defaulting.
    #[must_use]
    pub fn phase(&self) -> &str {
        self.status.phase.as_deref().unwrap_or_default()
    }

    /// Whether it has ended for good: Succeeded or Failed.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self.phase(), "Succeeded" | "Failed")
    }

    /// Whether a controller counts it: neither ended nor asked to end.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.is_terminal() && self.metadata.deletion_timestamp.is_none()
    }

    /// The condition of that type.
    #[must_use]
    pub fn condition(&self, type_: &str) -> Option<&PodCondition> {
        self.status.conditions.as_ref()?.iter().find(|condition| condition.type_ == type_)
    }

    /// Whether its Ready condition is True.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|condition| condition.status == "True")
    }

    /// Its address; empty before the sandbox has one.
    #[must_use]
    pub fn ip(&self) -> &str {
        self.status.pod_ip.as_deref().unwrap_or_default()
    }

    /// The statuses of its ordinary containers.
    #[must_use]
    pub fn container_statuses(&self) -> &[ContainerStatus] {
        self.status.container_statuses.as_deref().unwrap_or_default()
    }

    /// Its priority, 0 when none was resolved.
    #[must_use]
    pub fn priority(&self) -> i32 {
        self.spec.priority.unwrap_or(0)
    }
}
