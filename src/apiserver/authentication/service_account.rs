//! ServiceAccounts as users.
//!
//! Source: `apiserver/pkg/authentication/serviceaccount/util.go`.

use std::sync::Arc;

use crate::model::names;

const PREFIX: &str = "system:serviceaccount:";

/// `system:serviceaccount:NAMESPACE:NAME`.
#[must_use]
pub(in crate::apiserver) fn user_name(namespace: &str, name: &str) -> String {
    format!("{PREFIX}{namespace}:{name}")
}

/// The groups of the accounts of a namespace.
#[must_use]
pub(in crate::apiserver) fn groups_of(namespace: &str) -> Vec<Arc<str>> {
    vec!["system:serviceaccounts".into(), format!("system:serviceaccounts:{namespace}").into()]
}

/// Namespace and name of the account that a user is.
#[must_use]
pub(in crate::apiserver) fn split_user_name(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix(PREFIX)?.split_once(':')?;
    let is_one = names::dns1123_label(namespace).is_empty() && names::dns1123_subdomain(name).is_empty();
    is_one.then_some((namespace, name))
}
