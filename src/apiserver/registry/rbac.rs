//! Roles and their bindings. Source: `pkg/apis/rbac/validation/validation.go`, `pkg/apis/rbac/v1/defaults.go`.

use serde_json::json;

use crate::apiserver::field::Errors;
use crate::model::metav1::LabelSelector;
use crate::model::names;
use crate::model::rbac::{ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject};
use crate::model::selector::Selector;

use super::Strategy;
use super::pod_spec::one_of;

/// The group of roles, users and groups.
const GROUP: &str = "rbac.authorization.k8s.io";

impl Strategy for Role {
    fn name_faults(name: &str) -> Vec<String> {
        names::path_segment_name(name)
    }

    fn validate(&self, errors: &mut Errors) {
        rules(self.rules.as_deref(), true, errors);
    }
}

impl Strategy for ClusterRole {
    fn name_faults(name: &str) -> Vec<String> {
        names::path_segment_name(name)
    }

    fn validate(&self, errors: &mut Errors) {
        rules(self.rules.as_deref(), false, errors);
        let Some(aggregation) = &self.aggregation_rule else { return };
        let selectors = aggregation.cluster_role_selectors.as_deref().unwrap_or_default();
        let field = "aggregationRule.clusterRoleSelectors";
        if selectors.is_empty() {
            errors.required(field, "at least one clusterRoleSelector required if aggregationRule is non-nil");
        }
        for (index, selector) in selectors.iter().enumerate() {
            label_selector(selector, &format!("{field}[{index}]"), errors);
        }
    }
}

impl Strategy for RoleBinding {
    fn name_faults(name: &str) -> Vec<String> {
        names::path_segment_name(name)
    }

    fn set_defaults(&mut self) {
        default(&mut self.role_ref, self.subjects.as_deref_mut());
    }

    fn validate(&self, errors: &mut Errors) {
        role_ref(&self.role_ref, &["Role", "ClusterRole"], errors);
        subjects(self.subjects.as_deref(), true, errors);
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        same_role(&self.role_ref, &old.role_ref, errors);
    }
}

impl Strategy for ClusterRoleBinding {
    fn name_faults(name: &str) -> Vec<String> {
        names::path_segment_name(name)
    }

    fn set_defaults(&mut self) {
        default(&mut self.role_ref, self.subjects.as_deref_mut());
    }

    fn validate(&self, errors: &mut Errors) {
        role_ref(&self.role_ref, &["ClusterRole"], errors);
        subjects(self.subjects.as_deref(), false, errors);
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        same_role(&self.role_ref, &old.role_ref, errors);
    }
}

fn default(role: &mut RoleRef, subjects: Option<&mut [Subject]>) {
    if role.api_group.as_ref().is_none_or(String::is_empty) {
        role.api_group = Some(GROUP.into());
    }
    for subject in subjects.into_iter().flatten() {
        let is_unset = subject.api_group.as_ref().is_none_or(String::is_empty);
        if is_unset && matches!(subject.kind.as_str(), "User" | "Group") {
            subject.api_group = Some(GROUP.into());
        }
    }
}

fn rules(rules: Option<&[PolicyRule]>, is_namespaced: bool, errors: &mut Errors) {
    let is_empty = |texts: &Option<Vec<String>>| texts.as_ref().is_none_or(Vec::is_empty);
    for (index, rule) in rules.unwrap_or_default().iter().enumerate() {
        let field = |name: &str| format!("rules[{index}].{name}");
        if rule.verbs.is_empty() {
            errors.required(field("verbs"), "verbs must contain at least one value");
        }
        if !is_empty(&rule.non_resource_urls) {
            let urls = json!(rule.non_resource_urls);
            if is_namespaced {
                let detail = "namespaced rules cannot apply to non-resource URLs";
                errors.invalid(field("nonResourceURLs"), urls.clone(), detail);
            }
            if !is_empty(&rule.api_groups) || !is_empty(&rule.resources) || !is_empty(&rule.resource_names) {
                let detail = "rules cannot apply to both regular resources and non-resource URLs";
                errors.invalid(field("nonResourceURLs"), urls, detail);
            }
            continue;
        }
        if is_empty(&rule.api_groups) {
            errors.required(field("apiGroups"), "resource rules must supply at least one api group");
        }
        if is_empty(&rule.resources) {
            errors.required(field("resources"), "resource rules must supply at least one resource");
        }
    }
}

fn role_ref(role: &RoleRef, kinds: &[&str], errors: &mut Errors) {
    one_of(role.api_group.as_deref(), &[GROUP], "roleRef.apiGroup", errors);
    one_of(Some(&role.kind), kinds, "roleRef.kind", errors);
    if role.name.is_empty() {
        errors.required("roleRef.name", "");
    } else {
        errors.all_invalid("roleRef.name", &role.name, names::path_segment_name(&role.name));
    }
}

fn subjects(subjects: Option<&[Subject]>, is_namespaced: bool, errors: &mut Errors) {
    for (index, subject) in subjects.unwrap_or_default().iter().enumerate() {
        let field = |name: &str| format!("subjects[{index}].{name}");
        let group = subject.api_group.as_deref().unwrap_or_default();
        if subject.name.is_empty() {
            errors.required(field("name"), "");
        }
        match subject.kind.as_str() {
            "ServiceAccount" => {
                if !subject.name.is_empty() {
                    errors.all_invalid(field("name"), &subject.name, names::dns1123_subdomain(&subject.name));
                }
                one_of(Some(group), &[""], field("apiGroup"), errors);
                if !is_namespaced && subject.namespace.as_ref().is_none_or(String::is_empty) {
                    errors.required(field("namespace"), "");
                }
            }
            "User" | "Group" => one_of(Some(group), &[GROUP], field("apiGroup"), errors),
            other => errors.unsupported(field("kind"), other, &["ServiceAccount", "User", "Group"]),
        }
    }
}

fn same_role(new: &RoleRef, old: &RoleRef, errors: &mut Errors) {
    if new != old {
        // The internal type has no JSON names.
        let value = json!({"APIGroup": new.api_group, "Kind": new.kind, "Name": new.name});
        errors.invalid("roleRef", value, "cannot change roleRef");
    }
}

/// What is wrong with a selector at `field`.
fn label_selector(selector: &LabelSelector, field: &str, errors: &mut Errors) {
    if let Err(error) = Selector::from_typed(Some(selector)) {
        errors.invalid(field, json!(selector), error);
    }
}
