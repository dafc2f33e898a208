//! Kinds: what is known of each before any object of it exists. A new built-in kind is a line in [`super::kinds`] and a row
//! in [`super::kind_table`]; custom ones come from definitions.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::apiextensions::CustomResourceDefinitionSpec;
use super::custom_kind::{CustomKind, kinds_of_spec};
use super::kind_table::TABLE;
use super::kinds::with_kinds;

/// Declares [`Kind`] from the list of kinds.
macro_rules! declare {
    ({} $($kind:ident($type:ty)),+ $(,)?) => {
        /// A kind that podlab serves: a built-in one, or one that a CustomResourceDefinition declares.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each variant is the Kubernetes kind of that name")]
        pub enum Kind {
            $($kind,)+
            Custom(CustomKind),
        }

        /// The built-in kinds as numbers.
        enum Number { $($kind),+ }

        /// The built-in kinds.
        pub(super) const BUILT_IN: &[Kind] = &[$(Kind::$kind),+];

        impl Kind {
            /// What is known of it.
            #[must_use]
            pub fn info(self) -> &'static KindInfo {
                match self {
                    $(Self::$kind => &TABLE[Number::$kind as usize],)+
                    Self::Custom(kind) => &kind.definition().info,
                }
            }

            /// A small number of its own for each built-in kind; custom ones share the next.
            #[must_use]
            pub fn number(self) -> u16 {
                match self {
                    $(Self::$kind => Number::$kind as u16,)+
                    Self::Custom(_) => u16::try_from(BUILT_IN.len()).unwrap_or(u16::MAX),
                }
            }
        }
    };
}

with_kinds!(declare);

/// Whether objects of a kind live in a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In a namespace.
    Namespaced,
    /// In the cluster itself.
    Cluster,
}

/// A column of a table of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name as the server gives it; kubectl prints it in capitals.
    pub name: &'static str,
    /// Whether it appears only with `-o wide`.
    pub wide: bool,
}

/// What is known of a kind before any object of it exists.
#[derive(Debug)]
pub struct KindInfo {
    /// `Pod`.
    pub name: &'static str,
    /// API group; empty for the core group.
    pub group: &'static str,
    /// `v1`; the preferred one, and the one that is stored.
    pub version: &'static str,
    /// Other groups and versions under which the same objects are served.
    pub also: &'static [(&'static str, &'static str)],
    /// `pods`, as in URLs.
    pub plural: &'static str,
    /// `pod`.
    pub singular: &'static str,
    /// `po`.
    pub short_names: &'static [&'static str],
    /// Namespaced or not.
    pub scope: Scope,
    /// Categories such as `all`.
    pub categories: &'static [&'static str],
    /// Subresources that the API server answers: `status`, `scale`, `binding`, `eviction`, `log`, `exec`.
    pub subresources: &'static [&'static str],
    /// What its keys in etcd begin with: `/registry/pods/`; empty for kinds that are asked and not stored.
    pub storage: &'static str,
}

impl KindInfo {
    /// Every group and version under which its objects are served, the preferred one first.
    pub fn served(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        std::iter::once((self.group, self.version)).chain(self.also.iter().copied())
    }

    /// Whether `apiVersion` and `kind` of a manifest name it.
    #[must_use]
    pub fn is(&self, api_version: &str, kind: &str) -> bool {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        self.name == kind && self.is_served_as(group, version)
    }

    /// Whether a word on kubectl's command line names it: plural, singular or short name, in any case, possibly with
    /// `.group` or `.version.group` behind it.
    #[must_use]
    pub fn answers_to(&self, word: &str) -> bool {
        let word = word.to_ascii_lowercase();
        let (name, rest) = word.split_once('.').unwrap_or((&word, ""));
        let is_named = self.plural == name || self.singular == name || self.short_names.contains(&name);
        let is_group = |(group, version): (&str, &str)| rest == group || rest == with_group(version, group);
        is_named && (rest.is_empty() || self.served().any(is_group))
    }

    /// Whether it is served under a group and version.
    #[must_use]
    pub fn is_served_as(&self, group: &str, version: &str) -> bool {
        self.served().any(|served| served == (group, version))
    }
}

impl Kind {
    /// Every built-in kind that is stored.
    pub fn all() -> impl Iterator<Item = Self> {
        BUILT_IN.iter().copied().filter(|kind| kind.is_stored())
    }

    /// The kinds that are asked and not stored: reviews, which are created to be answered.
    pub fn asked() -> impl Iterator<Item = Self> {
        BUILT_IN.iter().copied().filter(|kind| !kind.is_stored())
    }

    /// Whether its objects are kept.
    #[must_use]
    pub fn is_stored(self) -> bool {
        !self.info().storage.is_empty()
    }

    /// `Pod`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// `pods`.
    #[must_use]
    pub fn plural(self) -> &'static str {
        self.info().plural
    }

    /// `v1` or `apps/v1`.
    #[must_use]
    pub fn api_version(self) -> String {
        let info = self.info();
        if info.group.is_empty() { info.version.to_owned() } else { format!("{}/{}", info.group, info.version) }
    }

    /// `pods` or `deployments.apps`, as error messages name it.
    #[must_use]
    pub fn group_resource(self) -> String {
        with_group(self.info().plural, self.info().group)
    }

    /// `pod` or `deployment.apps`, as kubectl names an object it has changed.
    #[must_use]
    pub fn qualified_singular(self) -> String {
        with_group(self.info().singular, self.info().group)
    }

    /// Whether its objects live in a namespace.
    #[must_use]
    pub fn is_namespaced(self) -> bool {
        self.info().scope == Scope::Namespaced
    }

    /// The built-in kind that `apiVersion` and `kind` of a manifest name.
    #[must_use]
    pub fn from_gvk(api_version: &str, kind: &str) -> Option<Self> {
        BUILT_IN.iter().copied().find(|one| one.info().is(api_version, kind))
    }

    /// The built-in kind that a word on kubectl's command line names: plural, singular or short name, in any case, possibly with
    /// `.group` or `.version.group` behind it.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        BUILT_IN.iter().copied().find(|kind| kind.info().answers_to(word))
    }
}

fn with_group(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}

/// A built-in kind is written as its name, a custom one as the definition behind it.
impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Custom(kind) => kind.definition_spec().serialize(serializer),
            kind => serializer.serialize_str(kind.name()),
        }
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Name(String),
            Definition(Box<CustomResourceDefinitionSpec>),
        }
        let found = match Written::deserialize(deserializer)? {
            Written::Name(name) => BUILT_IN.iter().copied().find(|kind| kind.name() == name),
            Written::Definition(spec) => kinds_of_spec(&spec).into_iter().next(),
        };
        found.ok_or_else(|| serde::de::Error::custom("no such kind"))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_enum() {
        for (kind, info) in BUILT_IN.iter().zip(&TABLE) {
            assert_eq!(format!("{kind:?}"), info.name);
        }
    }

    #[test]
    fn kinds_are_found_by_every_name_kubectl_takes() {
        for word in ["deploy", "deployment", "deployments", "Deployment", "deployments.apps", "deployment.v1.apps"] {
            assert_eq!(Kind::from_word(word), Some(Kind::Deployment), "{word}");
        }
        assert_eq!(Kind::from_word("deploy.batch"), None);
        assert_eq!(Kind::from_gvk("apps/v1", "Deployment"), Some(Kind::Deployment));
        assert_eq!(Kind::from_gvk("apps/v1beta1", "Deployment"), None);
    }
}
