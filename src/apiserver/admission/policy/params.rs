//! The parameters of a policy: objects that a binding names or selects.
//!
//! Source: `apiserver/pkg/admission/plugin/policy/generic/policy_dispatcher.go`, `CollectParams`.

use serde_json::Value;

use crate::apiserver::admission::attributes::Attributes;
use crate::apiserver::custom_resources;
use crate::apiserver::storage_key;
use crate::apiserver::stored::Stored;
use crate::etcd::Store;
use crate::model::admissionregistration::{ParamKind, ParamRef};
use crate::model::{Kind, Meta, Selector};

/// The parameters to compute with, one after the other; a single null when the policy takes none.
///
/// # Errors
/// Why there are none.
pub(super) fn collect(
    kind: Option<&ParamKind>,
    reference: Option<&ParamRef>,
    asked: &Attributes<'_>,
    store: &Store<Stored>,
) -> Result<Vec<Value>, String> {
    let Some(kind) = kind else { return Ok(vec![Value::Null]) };
    let Some(reference) = reference else { return Ok(vec![Value::Null]) };
    let (version, name) = (kind.api_version.as_deref().unwrap_or_default(), kind.kind.as_deref().unwrap_or_default());
    let known = Kind::from_gvk(version, name).or_else(|| custom_resources::of_gvk(version, name, store));
    let Some(kind) = known else {
        return Err(format!("failed to find resource referenced by paramKind: '{version}, Kind={name}'"));
    };
    let given = reference.namespace.as_deref().unwrap_or_default();
    let namespace = match (kind.is_namespaced(), given) {
        (false, "") => String::new(),
        (false, _) => return Err("paramRef.namespace must not be provided for a cluster-scoped `paramKind`".into()),
        (true, "") if !asked.request.kind.is_namespaced() => {
            return Err("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources".into());
        }
        (true, "") => asked.request.namespace.to_string(),
        (true, given) => given.to_owned(),
    };
    let name = reference.name.as_deref().filter(|name| !name.is_empty());
    let found: Vec<Value> = match name {
        Some(name) => {
            let entry = store.get(&storage_key::of(kind, &namespace, name));
            entry.and_then(|entry| Stored::of(entry)).map(|object| object.to_value()).into_iter().collect()
        }
        None => {
            let selector = Selector::from_typed(reference.selector.as_ref()).map_err(|error| error.to_string())?;
            let range = storage_key::range(kind, &namespace);
            let objects = store.iter(&range).filter_map(|entry| Stored::of(entry));
            let meant = objects.filter(|object| selector.matches(object.meta().label_map()));
            meant.map(|object| object.to_value()).collect()
        }
    };
    if found.is_empty() && reference.parameter_not_found_action.as_deref() == Some("Deny") {
        return Err("no params found for policy binding with `Deny` parameterNotFoundAction".into());
    }
    Ok(found)
}
