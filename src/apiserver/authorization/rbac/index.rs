//! Roles and bindings made ready: for each subject, what it is bound to.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::apiserver::authorization::{Attributes, Decision};
use crate::apiserver::request::User;
use crate::apiserver::storage_key;
use crate::apiserver::stored::Stored;
use crate::etcd::Store;
use crate::model::rbac::{ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject};
use crate::model::{Kind, Meta, Resource};

use super::rule;

/// Who is bound to what.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// The bindings of the cluster, then those of namespaces, each by name.
    bound: Vec<Bound>,
    /// Which of them are of a subject.
    by_subject: BTreeMap<Holder, Vec<usize>>,
}

/// Who holds a binding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Holder {
    User(Arc<str>),
    Group(Arc<str>),
}

/// A binding with the role that it is of.
#[derive(Clone, Debug)]
struct Bound {
    /// Where it holds; `None`: everywhere.
    namespace: Option<Arc<str>>,
    /// `RoleBinding "name/namespace"`.
    binding: String,
    role: RoleRef,
    subjects: Vec<Subject>,
    rules: Rules,
}

/// The rules of a role.
#[derive(Clone, Debug)]
enum Rules {
    Role(Arc<Role>),
    ClusterRole(Arc<ClusterRole>),
    Missing,
}

impl Index {
    /// What the store holds.
    #[must_use]
    pub fn of(store: &Store<Stored>) -> Self {
        let mut index = Self::default();
        each(store, Kind::ClusterRoleBinding, |binding: &Arc<ClusterRoleBinding>| {
            let text = format!("ClusterRoleBinding \"{}\"", binding.metadata.name());
            index.add(None, text, &binding.role_ref, binding.subjects.as_deref(), store);
        });
        each(store, Kind::RoleBinding, |binding: &Arc<RoleBinding>| {
            let (name, namespace) = (binding.metadata.name(), binding.metadata.namespace());
            let text = format!("RoleBinding \"{name}/{namespace}\"");
            index.add(Some(namespace.into()), text, &binding.role_ref, binding.subjects.as_deref(), store);
        });
        index
    }

    fn add(
        &mut self,
        namespace: Option<Arc<str>>,
        binding: String,
        role: &RoleRef,
        subjects: Option<&[Subject]>,
        store: &Store<Stored>,
    ) {
        let place = self.bound.len();
        let subjects = subjects.unwrap_or_default();
        let inside = namespace.as_deref().unwrap_or_default();
        for holder in subjects.iter().filter_map(|subject| holder(subject, inside)) {
            let places = self.by_subject.entry(holder).or_default();
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
        let rules = rules_of(role, inside, store);
        self.bound.push(Bound { namespace, binding, role: role.clone(), subjects: subjects.to_vec(), rules });
    }

    /// What RBAC thinks, and why.
    #[must_use]
    pub fn decide(&self, attributes: &Attributes<'_>) -> (Decision, String) {
        match self.find(attributes) {
            Ok(place) => (Decision::Allow, self.explain(place, attributes.user)),
            Err(faults) if faults.is_empty() => (Decision::NoOpinion, String::new()),
            Err(faults) => (Decision::NoOpinion, format!("RBAC: {}", aggregate(&faults))),
        }
    }

    /// The binding that allows what is asked.
    ///
    /// # Errors
    /// The roles that are missing, when there is none.
    pub fn find(&self, attributes: &Attributes<'_>) -> Result<usize, Vec<String>> {
        let mut faults = Vec::new();
        for place in self.places(attributes.user) {
            let bound = &self.bound[place];
            if bound.namespace.as_ref().is_some_and(|namespace| **namespace != *attributes.namespace) {
                continue;
            }
            match bound.rules() {
                Some(rules) if rules.iter().any(|one| rule::allows(one, attributes)) => return Ok(place),
                Some(_) => {}
                None => faults.push(bound.missing()),
            }
        }
        Err(faults)
    }

    /// Everything that a user may do in a namespace, and the roles that are missing.
    #[must_use]
    pub fn rules_for(&self, user: &User, namespace: &str) -> (Vec<&PolicyRule>, Vec<String>) {
        let (mut found, mut faults) = (Vec::new(), Vec::new());
        for place in self.places(user) {
            let bound = &self.bound[place];
            if bound.namespace.as_ref().is_some_and(|own| **own != *namespace) {
                continue;
            }
            match bound.rules() {
                Some(rules) => found.extend(rules),
                None => faults.push(bound.missing()),
            }
        }
        (found, faults)
    }

    /// The bindings of a user, in order.
    fn places(&self, user: &User) -> Vec<usize> {
        let groups = user.groups.iter().map(|group| Holder::Group(Arc::clone(group)));
        let holders = std::iter::once(Holder::User(Arc::clone(&user.name))).chain(groups);
        let mut places: Vec<usize> =
            holders.filter_map(|holder| self.by_subject.get(&holder)).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    fn explain(&self, place: usize, user: &User) -> String {
        let bound = &self.bound[place];
        let inside = bound.namespace.as_deref().unwrap_or_default();
        let applies = |subject: &&Subject| match holder(subject, inside) {
            Some(Holder::User(name)) => name == user.name,
            Some(Holder::Group(name)) => user.is_in(&name),
            None => false,
        };
        let subject = bound.subjects.iter().find(applies).map(|subject| {
            let place = subject.namespace.as_deref().filter(|own| !own.is_empty()).unwrap_or(inside);
            let slash = if subject.kind == "ServiceAccount" { format!("/{place}") } else { String::new() };
            format!("{} \"{}{slash}\"", subject.kind, subject.name)
        });
        let RoleRef { kind, name, .. } = &bound.role;
        format!("RBAC: allowed by {} of {kind} \"{name}\" to {}", bound.binding, subject.unwrap_or_default())
    }
}

impl Bound {
    fn rules(&self) -> Option<&[PolicyRule]> {
        match &self.rules {
            Rules::Role(role) => Some(role.rules.as_deref().unwrap_or_default()),
            Rules::ClusterRole(role) => Some(role.rules.as_deref().unwrap_or_default()),
            Rules::Missing => None,
        }
    }

    fn missing(&self) -> String {
        let kind = if self.role.kind == "Role" { Kind::Role } else { Kind::ClusterRole };
        let singular = kind.qualified_singular();
        format!("{singular} \"{}\" not found", self.role.name)
    }
}

/// The rules of the role that a binding in a namespace is of.
#[must_use]
pub fn referenced(role: &RoleRef, namespace: &str, store: &Store<Stored>) -> Option<Vec<PolicyRule>> {
    match rules_of(role, namespace, store) {
        Rules::Role(role) => Some(role.rules.clone().unwrap_or_default()),
        Rules::ClusterRole(role) => Some(role.rules.clone().unwrap_or_default()),
        Rules::Missing => None,
    }
}

fn rules_of(role: &RoleRef, namespace: &str, store: &Store<Stored>) -> Rules {
    if role.kind == "Role" {
        let found = get::<Role>(store, namespace, &role.name);
        found.map_or(Rules::Missing, Rules::Role)
    } else {
        get::<ClusterRole>(store, "", &role.name).map_or(Rules::Missing, Rules::ClusterRole)
    }
}

fn get<R: Resource>(store: &Store<Stored>, namespace: &str, name: &str) -> Option<Arc<R>> {
    let entry = store.get(&storage_key::of(R::KIND, namespace, name))?;
    R::of(Stored::peek(entry)?).cloned()
}

fn each<R: Resource>(store: &Store<Stored>, kind: Kind, mut tell: impl FnMut(&Arc<R>)) {
    for entry in store.iter(&storage_key::range(kind, "")) {
        if let Some(object) = Stored::peek(entry).and_then(R::of) {
            tell(object);
        }
    }
}

/// Whom a subject of a binding in a namespace names; `None` for what names nobody.
fn holder(subject: &Subject, namespace: &str) -> Option<Holder> {
    match subject.kind.as_str() {
        "User" => Some(Holder::User(subject.name.as_str().into())),
        "Group" => Some(Holder::Group(subject.name.as_str().into())),
        "ServiceAccount" => {
            let own = subject.namespace.as_deref().filter(|own| !own.is_empty()).unwrap_or(namespace);
            let name = format!("system:serviceaccount:{own}:{}", subject.name);
            (!own.is_empty()).then(|| Holder::User(name.into()))
        }
        _ => None,
    }
}

/// Several errors as one. Source: `apimachinery/pkg/util/errors`, `Aggregate`.
fn aggregate(faults: &[String]) -> String {
    match faults {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}
