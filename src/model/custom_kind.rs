//! Kinds that CustomResourceDefinitions declare, beside the built-in ones.
//!
//! A [`CustomKind`] points to what one definition says of one version. Definitions are kept by their content for as long as
//! the program runs: the same definition is the same pointer in every fork of the world, and nothing ever depends on which
//! was met first, because kinds are compared by group and plural.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use super::apiextensions::{
    CustomResourceColumnDefinition, CustomResourceDefinition, CustomResourceDefinitionNames,
    CustomResourceDefinitionSpec, CustomResourceDefinitionVersion, CustomResourceSubresourceScale,
    CustomResourceSubresourceStatus, CustomResourceSubresources, JSONSchemaProps,
};
use super::jsonpath::Template;
use super::kind::{Column, Kind, KindInfo, Scope};

/// A kind of a CustomResourceDefinition, in one of its versions.
#[derive(Clone, Copy)]
pub struct CustomKind(&'static CustomInfo);

/// What a definition says of one version.
#[derive(Debug)]
pub struct CustomInfo {
    /// Names and scope.
    pub info: KindInfo,
    /// The columns of `get`.
    pub columns: Vec<Column>,
    /// Where the cells of all columns but the first come from.
    pub cells: Vec<CellSource>,
    /// What objects look like; nothing is checked without it.
    pub schema: Option<JSONSchemaProps>,
    /// Whether the status is written through a subresource of its own.
    pub has_status: bool,
    /// Where the number of replicas stands.
    pub scale: Option<CustomResourceSubresourceScale>,
}

/// Where a cell comes from.
#[derive(Debug)]
pub struct CellSource {
    /// `string`, `integer`, `date`…
    pub type_: String,
    /// The path inside the object; `None` when it cannot be read.
    pub path: Option<Template>,
}

/// All definitions met so far.
static KNOWN: Mutex<BTreeMap<String, &'static [CustomInfo]>> = Mutex::new(BTreeMap::new());

/// Stands for any custom kind where the type alone is known.
static ANY: CustomInfo = CustomInfo {
    info: KindInfo {
        name: "",
        group: "",
        version: "",
        also: &[],
        plural: "",
        singular: "",
        short_names: &[],
        scope: Scope::Namespaced,
        categories: &[],
        subresources: &[],
        storage: "",
    },
    columns: Vec::new(),
    cells: Vec::new(),
    schema: None,
    has_status: false,
    scale: None,
};

impl CustomKind {
    /// Stands for any custom kind where the type alone is known; no object is of it.
    pub const ANY: Self = Self(&ANY);

    /// What its definition says.
    #[must_use]
    pub fn definition(self) -> &'static CustomInfo {
        self.0
    }

    /// The name of the definition: `crontabs.stable.example.com`.
    #[must_use]
    pub fn definition_name(self) -> String {
        format!("{}.{}", self.0.info.plural, self.0.info.group)
    }

    /// As much of its definition as tells it from others: what the journal keeps. The rest is looked up where it is served.
    pub(super) fn definition_spec(self) -> CustomResourceDefinitionSpec {
        let info = &self.0.info;
        let owned = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
        CustomResourceDefinitionSpec {
            group: info.group.into(),
            names: CustomResourceDefinitionNames {
                kind: info.name.into(),
                plural: info.plural.into(),
                singular: Some(info.singular.into()),
                short_names: owned(info.short_names),
                categories: owned(info.categories),
                list_kind: None,
            },
            scope: if info.scope == Scope::Cluster { "Cluster".into() } else { "Namespaced".into() },
            versions: vec![CustomResourceDefinitionVersion {
                name: info.version.into(),
                served: true,
                storage: true,
                subresources: Some(CustomResourceSubresources {
                    status: self.0.has_status.then(CustomResourceSubresourceStatus::default),
                    scale: self.0.scale.clone(),
                }),
                ..CustomResourceDefinitionVersion::default()
            }],
            ..CustomResourceDefinitionSpec::default()
        }
    }

    fn identity(self) -> (&'static str, &'static str) {
        (self.0.info.group, self.0.info.plural)
    }
}

impl PartialEq for CustomKind {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for CustomKind {}

impl PartialOrd for CustomKind {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for CustomKind {
    fn cmp(&self, other: &Self) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}

impl Hash for CustomKind {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl fmt::Debug for CustomKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.definition_name())
    }
}

/// The kinds that a definition declares, one for each version that is served, the preferred one first.
#[must_use]
pub fn kinds_of(definition: &CustomResourceDefinition) -> Vec<Kind> {
    kinds_of_spec(&definition.spec)
}

/// [`kinds_of`] of a specification.
#[must_use]
pub fn kinds_of_spec(spec: &CustomResourceDefinitionSpec) -> Vec<Kind> {
    // Plain data has no way not to be written.
    let content = serde_json::to_string(spec).unwrap_or_default();
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let infos = *known.entry(content).or_insert_with(|| Box::leak(infos(spec).into_boxed_slice()));
    infos.iter().map(|info| Kind::Custom(CustomKind(info))).collect()
}

/// Whether a definition has been accepted, so that its objects are served.
#[must_use]
pub fn is_established(definition: &CustomResourceDefinition) -> bool {
    let conditions = definition.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    conditions.iter().any(|one| one.type_ == "Established" && one.status == "True")
}

fn infos(spec: &CustomResourceDefinitionSpec) -> Vec<CustomInfo> {
    let mut versions: Vec<&CustomResourceDefinitionVersion> =
        spec.versions.iter().filter(|version| version.served).collect();
    versions.sort_by_key(|version| priority(&version.name));
    let group = leaked(&spec.group);
    let names: Vec<&'static str> = versions.iter().map(|version| leaked(&version.name)).collect();
    versions.iter().zip(&names).map(|(version, name)| info(spec, version, group, name, &names)).collect()
}

fn info(
    spec: &CustomResourceDefinitionSpec,
    version: &CustomResourceDefinitionVersion,
    group: &'static str,
    name: &'static str,
    all: &[&'static str],
) -> CustomInfo {
    let names = &spec.names;
    let subresources = version.subresources.clone().unwrap_or_default();
    let (has_status, scale) = (subresources.status.is_some(), subresources.scale);
    let served: &'static [&'static str] = match (has_status, &scale) {
        (false, None) => &[],
        (true, None) => &["status"],
        (false, Some(_)) => &["scale"],
        (true, Some(_)) => &["scale", "status"],
    };
    let also: Vec<_> = all.iter().filter(|other| **other != name).map(|other| (group, *other)).collect();
    let singular = names.singular.clone().unwrap_or_else(|| names.kind.to_lowercase());
    let (columns, cells) = columns(version.additional_printer_columns.as_deref().unwrap_or_default());
    CustomInfo {
        info: KindInfo {
            name: leaked(&names.kind),
            group,
            version: name,
            also: Vec::leak(also),
            plural: leaked(&names.plural),
            singular: leaked(&singular),
            short_names: leaked_list(names.short_names.as_deref()),
            scope: if spec.scope == "Cluster" { Scope::Cluster } else { Scope::Namespaced },
            categories: leaked_list(names.categories.as_deref()),
            subresources: served,
            storage: leaked(&format!("/registry/{group}/{}/", names.plural)),
        },
        columns,
        cells,
        schema: version.schema.as_ref().and_then(|schema| schema.open_api_v3_schema.clone()),
        has_status,
        scale,
    }
}

/// The name, then what the definition asks for, or the age. Source: `apiextensions/…/tableconvertor.go`.
fn columns(asked: &[CustomResourceColumnDefinition]) -> (Vec<Column>, Vec<CellSource>) {
    let mut columns = vec![Column { name: "Name", wide: false }];
    let mut cells = Vec::new();
    for one in asked {
        columns.push(Column { name: leaked(&one.name), wide: one.priority.unwrap_or(0) > 0 });
        let path = Template::parse(&format!("{{{}}}", one.json_path)).ok();
        cells.push(CellSource { type_: one.type_.clone(), path });
    }
    if asked.is_empty() {
        columns.push(Column { name: "Age", wide: false });
        let path = Template::parse("{.metadata.creationTimestamp}").ok();
        cells.push(CellSource { type_: "date".into(), path });
    }
    (columns, cells)
}

fn leaked(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn leaked_list(texts: Option<&[String]>) -> &'static [&'static str] {
    Vec::leak(texts.unwrap_or_default().iter().map(|text| leaked(text)).collect())
}

/// Stable versions before betas before alphas, newest first; names of any other form last, by the alphabet.
/// Source: `apimachinery/pkg/version/helpers.go`.
fn priority(version: &str) -> (u8, std::cmp::Reverse<(u32, u32)>, String) {
    let parsed = || -> Option<(u8, u32, u32)> {
        let rest = version.strip_prefix('v')?;
        for (rank, word) in [(1, "beta"), (2, "alpha")] {
            if let Some((major, minor)) = rest.split_once(word) {
                return Some((rank, major.parse().ok()?, minor.parse().ok()?));
            }
        }
        Some((0, rest.parse().ok()?, 0))
    };
    match parsed() {
        Some((rank, major, minor)) => (rank, std::cmp::Reverse((major, minor)), String::new()),
        None => (3, std::cmp::Reverse((0, 0)), version.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_and_more_stable_versions_come_first() {
        let mut versions = ["v1alpha1", "v2", "foo", "v1beta2", "v10", "v1beta10", "v1"];
        versions.sort_by_key(|version| priority(version));
        assert_eq!(versions, ["v10", "v2", "v1", "v1beta10", "v1beta2", "v1alpha1", "foo"]);
    }
}
