//! The groups of the API in the order in which a real server lists them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::resource::Resource;

/// How far in front a group stands; those without a row are custom resources.
///
/// Source: `pkg/controlplane/apiserver/aggregator.go`, `pkg/controlplane/instance.go` and, for the first,
/// `kube-aggregator/pkg/apiserver/apiserver.go`.
const PRIORITY: [(&str, u32); 21] = [
    ("apiregistration.k8s.io", 20_000),
    ("apps", 17_800),
    ("events.k8s.io", 17_750),
    ("authentication.k8s.io", 17_700),
    ("authorization.k8s.io", 17_600),
    ("autoscaling", 17_500),
    ("batch", 17_400),
    ("certificates.k8s.io", 17_300),
    ("networking.k8s.io", 17_200),
    ("policy", 17_100),
    ("rbac.authorization.k8s.io", 17_000),
    ("storage.k8s.io", 16_800),
    ("apiextensions.k8s.io", 16_700),
    ("admissionregistration.k8s.io", 16_700),
    ("scheduling.k8s.io", 16_600),
    ("coordination.k8s.io", 16_500),
    ("node.k8s.io", 16_300),
    ("discovery.k8s.io", 16_200),
    ("flowcontrol.apiserver.k8s.io", 16_100),
    ("resource.k8s.io", 15_900),
    // Source: `groupPriorityMinimum` of metrics-server's APIService.
    ("metrics.k8s.io", 100),
];

/// The priority of groups of custom resources. Source: `pkg/controlplane/controller/crdregistration`.
const CUSTOM_PRIORITY: u32 = 1000;

/// A group with its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// `apps`; empty for the core group.
    pub name: String,
    /// Its versions, the preferred one first, each with its resources in alphabetical order.
    pub versions: Vec<(String, Vec<Resource>)>,
}

/// Everything that is served.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// The core group.
    pub core: Group,
    /// The named groups.
    pub named: Vec<Group>,
}

impl Catalog {
    /// The built-in API.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static BUILT_IN: OnceLock<Catalog> = OnceLock::new();
        BUILT_IN.get_or_init(|| Self::of(Resource::built_in()))
    }

    /// The built-in API and custom resources.
    #[must_use]
    pub fn with(custom: impl IntoIterator<Item = Resource>) -> Self {
        Self::of(Resource::built_in().chain(custom))
    }

    fn of(resources: impl Iterator<Item = Resource>) -> Self {
        let mut groups: BTreeMap<String, BTreeMap<Reverse<Age>, Vec<Resource>>> = BTreeMap::new();
        for resource in resources {
            let versions = groups.entry(resource.group.clone()).or_default();
            versions.entry(Reverse(Age::of(&resource.version))).or_default().push(resource);
        }
        let core = groups.remove("").map(|versions| Group::of(String::new(), versions));
        let mut named: Vec<_> = groups.into_iter().map(|(name, versions)| Group::of(name, versions)).collect();
        // The sort is stable: equal groups stay in alphabetical order.
        named.sort_by_key(|group| Reverse(priority(&group.name)));
        Self { core: core.unwrap_or(Group { name: String::new(), versions: Vec::new() }), named }
    }

    /// A group by its name; the empty name is the core group.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&Group> {
        if name.is_empty() { Some(&self.core) } else { self.named.iter().find(|group| group.name == name) }
    }

    /// The resources of a group and version.
    #[must_use]
    pub fn resources(&self, group: &str, version: &str) -> Option<&[Resource]> {
        let mut versions = self.group(group)?.versions.iter();
        versions.find(|(name, _)| name == version).map(|(_, resources)| resources.as_slice())
    }

    /// Every group and version with its resources, the core group first.
    pub fn versions(&self) -> impl Iterator<Item = (&Group, &str, &[Resource])> {
        let groups = std::iter::once(&self.core).chain(&self.named);
        groups.flat_map(|group| {
            group.versions.iter().map(move |(version, resources)| (group, version.as_str(), resources.as_slice()))
        })
    }
}

impl Group {
    fn of(name: String, versions: BTreeMap<Reverse<Age>, Vec<Resource>>) -> Self {
        let sorted = versions.into_values().map(|mut resources| {
            resources.sort_by(|one, other| one.plural.cmp(&other.plural));
            (resources.first().map(|resource| resource.version.clone()).unwrap_or_default(), resources)
        });
        Self { name, versions: sorted.collect() }
    }

    /// `v1` or `apps/v1`.
    #[must_use]
    pub fn api_version(&self, version: &str) -> String {
        if self.name.is_empty() { version.to_owned() } else { format!("{}/{version}", self.name) }
    }
}

fn priority(group: &str) -> u32 {
    PRIORITY.iter().find(|(name, _)| *name == group).map_or(CUSTOM_PRIORITY, |(_, priority)| *priority)
}

/// How mature and how late a version is, in ascending order: `foo`, `v1alpha1`, `v1beta1`, `v1`, `v2`.
///
/// Source: `apimachinery/pkg/version/helpers.go`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Age {
    maturity: u8,
    major: u32,
    minor: u32,
    /// Names without a number come in alphabetical order, so the later letter is the lesser.
    name: Reverse<String>,
}

impl Age {
    fn of(version: &str) -> Self {
        let parsed = version.strip_prefix('v').and_then(|rest| {
            let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
            let major = rest[..digits].parse().ok()?;
            let rest = &rest[digits..];
            let (maturity, minor) = match (rest.strip_prefix("alpha"), rest.strip_prefix("beta")) {
                _ if rest.is_empty() => (3, 0),
                (Some(minor), _) => (1, minor.parse().ok()?),
                (_, Some(minor)) => (2, minor.parse().ok()?),
                _ => return None,
            };
            Some((maturity, major, minor))
        });
        let (maturity, major, minor) = parsed.unwrap_or_default();
        Self { maturity, major, minor, name: Reverse(version.to_owned()) }
    }
}
