//! CustomResourceDefinitions. Source: `apiextensions-apiserver/pkg/{registry/customresourcedefinition,apis/apiextensions}`,
//! `pkg/controller/{status,establish}`.
//!
//! Simplified: a definition is accepted and established in the write that creates it; upstream two controllers of the same
//! server do so a moment later. Names that another definition has are refused there and then.

use serde_json::json;

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::apiextensions::{
    CustomResourceConversion, CustomResourceDefinition, CustomResourceDefinitionCondition,
    CustomResourceDefinitionStatus, CustomResourceDefinitionVersion, JSONSchemaProps,
};
use crate::model::custom_schema::{below, items};
use crate::model::{Meta, names, time};

use super::Strategy;
use super::pod_spec::one_of;

impl Strategy for CustomResourceDefinition {
    has_generation!();

    fn set_defaults(&mut self) {
        let names = &mut self.spec.names;
        let is_unset = |text: &Option<String>| text.as_ref().is_none_or(String::is_empty);
        if is_unset(&names.singular) {
            names.singular = Some(names.kind.to_lowercase());
        }
        if is_unset(&names.list_kind) && !names.kind.is_empty() {
            names.list_kind = Some(format!("{}List", names.kind));
        }
        self.spec.conversion.get_or_insert_with(|| CustomResourceConversion { strategy: "None".into(), webhook: None });
    }

    fn prepare_for_create(&mut self, now: SimTime) {
        let condition = |type_: &str, reason: &str, message: &str| CustomResourceDefinitionCondition {
            type_: type_.into(),
            status: "True".into(),
            reason: Some(reason.into()),
            message: Some(message.into()),
            last_transition_time: Some(time::time(now)),
            ..CustomResourceDefinitionCondition::default()
        };
        let stored = self.spec.versions.iter().filter(|version| version.storage).map(|version| version.name.clone());
        self.status = Some(CustomResourceDefinitionStatus {
            accepted_names: Some(self.spec.names.clone()),
            conditions: Some(vec![
                condition("NamesAccepted", "NoConflicts", "no conflicts found"),
                condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
            ]),
            stored_versions: Some(stored.collect()),
            ..CustomResourceDefinitionStatus::default()
        });
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.status.clone_from(&old.status);
        if let Some(status) = &mut self.status {
            status.accepted_names = Some(self.spec.names.clone());
            let stored = status.stored_versions.get_or_insert_default();
            for version in self.spec.versions.iter().filter(|version| version.storage) {
                if !stored.contains(&version.name) {
                    stored.push(version.name.clone());
                }
            }
        }
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        let (spec, names) = (&self.spec, &self.spec.names);
        let expected = format!("{}.{}", names.plural, spec.group);
        if self.metadata.name() != expected {
            errors.invalid("metadata.name", self.metadata.name(), "must be spec.names.plural+\".\"+spec.group");
        }
        if spec.group.is_empty() {
            errors.required("spec.group", "");
        } else {
            errors.all_invalid("spec.group", &spec.group, names::dns1123_subdomain(&spec.group));
            if !spec.group.contains('.') {
                errors.invalid("spec.group", spec.group.as_str(), "should be a domain with at least one dot");
            }
        }
        if spec.scope.is_empty() {
            errors.required("spec.scope", "");
        } else {
            one_of(Some(&spec.scope), &["Cluster", "Namespaced"], "spec.scope", errors);
        }
        validate_names(self, errors);
        if spec.versions.iter().filter(|version| version.storage).count() != 1 {
            let detail = "must have exactly one version marked as storage version";
            errors.invalid("spec.versions", json!(spec.versions), detail);
        }
        for (index, version) in spec.versions.iter().enumerate() {
            validate_version(version, &format!("spec.versions[{index}]"), errors);
        }
        if spec.conversion.as_ref().is_some_and(|conversion| conversion.strategy == "Webhook") {
            let detail = "webhooks are not modelled by podlab; only strategy None is";
            errors.forbidden("spec.conversion.strategy", detail);
        }
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        const IMMUTABLE: &str = "field is immutable";
        let (new, old) = (&self.spec, &old.spec);
        if new.group != old.group {
            errors.invalid("spec.group", new.group.as_str(), IMMUTABLE);
        }
        if new.names.plural != old.names.plural {
            errors.invalid("spec.names.plural", new.names.plural.as_str(), IMMUTABLE);
        }
        if new.scope != old.scope {
            errors.invalid("spec.scope", new.scope.as_str(), IMMUTABLE);
        }
        if new.names.kind != old.names.kind {
            errors.invalid("spec.names.kind", new.names.kind.as_str(), IMMUTABLE);
        }
    }
}

fn validate_names(definition: &CustomResourceDefinition, errors: &mut Errors) {
    let names = &definition.spec.names;
    if names.plural.is_empty() {
        errors.required("spec.names.plural", "");
    } else {
        errors.all_invalid("spec.names.plural", &names.plural, names::dns1035_label(&names.plural));
    }
    if let Some(singular) = names.singular.as_deref().filter(|singular| !singular.is_empty()) {
        errors.all_invalid("spec.names.singular", singular, names::dns1035_label(singular));
    }
    if names.kind.is_empty() {
        errors.required("spec.names.kind", "");
    } else {
        let faults = names::dns1035_label(&names.kind.to_lowercase());
        errors.all_invalid("spec.names.kind", &names.kind, faults);
    }
    for (index, short) in names.short_names.iter().flatten().enumerate() {
        errors.all_invalid(format_args!("spec.names.shortNames[{index}]"), short, names::dns1035_label(short));
    }
    if names.list_kind.as_deref() == Some(names.kind.as_str()) {
        let detail = "kind and listKind may not be the same";
        errors.invalid("spec.names.listKind", names.kind.as_str(), detail);
    }
}

fn validate_version(version: &CustomResourceDefinitionVersion, field: &str, errors: &mut Errors) {
    errors.all_invalid(format_args!("{field}.name"), &version.name, names::dns1035_label(&version.name));
    for (index, column) in version.additional_printer_columns.iter().flatten().enumerate() {
        let field = format!("{field}.additionalPrinterColumns[{index}]");
        for (name, text) in [("name", &column.name), ("type", &column.type_), ("jsonPath", &column.json_path)] {
            if text.is_empty() {
                errors.required(format_args!("{field}.{name}"), "");
            }
        }
        let types = ["boolean", "date", "integer", "number", "string"];
        if !column.type_.is_empty() && !types.contains(&column.type_.as_str()) {
            let detail = format!("must be one of {}", types.join(","));
            errors.invalid(format_args!("{field}.type"), column.type_.as_str(), detail);
        }
    }
    let field = format!("{field}.schema.openAPIV3Schema");
    let Some(schema) = version.schema.as_ref().and_then(|schema| schema.open_api_v3_schema.as_ref()) else {
        return errors.required(&field, "schemas are required");
    };
    if schema.type_.as_deref() != Some("object") {
        let detail = "must be object at the root";
        errors.invalid(format_args!("{field}.type"), schema.type_.clone().unwrap_or_default(), detail);
    }
    structural(schema, &field, errors);
}

/// Every field must have a type. Source: `apiserver/schema/validation.go`, `validateStructuralInvariants`.
fn structural(schema: &JSONSchemaProps, field: &str, errors: &mut Errors) {
    let is_free =
        schema.x_kubernetes_preserve_unknown_fields == Some(true) || schema.x_kubernetes_int_or_string == Some(true);
    if schema.type_.as_ref().is_none_or(String::is_empty) && !is_free {
        errors.required(format_args!("{field}.type"), "must not be empty for specified object fields");
    }
    if let Some(pattern) = schema.pattern.as_deref().filter(|pattern| regex::Regex::new(pattern).is_err()) {
        let detail = "must be a valid regular expression, but isn't";
        errors.invalid(format_args!("{field}.pattern"), pattern, detail);
    }
    if schema.type_.as_deref() == Some("array") && schema.items.is_none() {
        errors.required(format_args!("{field}.items"), "must be specified");
    }
    for (name, inner) in schema.properties.iter().flatten() {
        structural(inner, &format!("{field}.properties[{name}]"), errors);
    }
    if let Some(inner) = items(schema) {
        structural(inner, &below(field, "items"), errors);
    }
}
