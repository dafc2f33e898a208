//! ConfigMaps and Secrets. Source: `pkg/registry/core/{configmap,secret}/strategy.go`, `validation.go`.

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::core::{ConfigMap, Secret};
use crate::model::names;

use super::Strategy;

/// All values together. Source: `core.MaxSecretSize`.
const SIZE_MAX: usize = 1024 * 1024;
const IMMUTABLE: &str = "field is immutable when `immutable` is set";

impl Strategy for ConfigMap {
    fn validate(&self, errors: &mut Errors) {
        let mut size = 0;
        for (key, value) in self.data.iter().flatten() {
            errors.all_invalid(format_args!("data[{key}]"), key, names::config_map_key(key));
            if self.binary_data.as_ref().is_some_and(|binary| binary.contains_key(key)) {
                errors.invalid(format_args!("data[{key}]"), key.as_str(), "duplicate of key present in binaryData");
            }
            size += value.len();
        }
        for (key, value) in self.binary_data.iter().flatten() {
            errors.all_invalid(format_args!("binaryData[{key}]"), key, names::config_map_key(key));
            size += value.0.len();
        }
        if size > SIZE_MAX {
            errors.too_long("", SIZE_MAX);
        }
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        if old.immutable != Some(true) {
            return;
        }
        if self.immutable != Some(true) {
            errors.forbidden("immutable", IMMUTABLE);
        }
        if self.data != old.data {
            errors.forbidden("data", IMMUTABLE);
        }
        if self.binary_data != old.binary_data {
            errors.forbidden("binaryData", IMMUTABLE);
        }
    }
}

impl Strategy for Secret {
    fn set_defaults(&mut self) {
        if self.type_.as_ref().is_none_or(String::is_empty) {
            self.type_ = Some("Opaque".into());
        }
        // What is written in clear goes in with the rest (`conversion.go`, `Convert_v1_Secret_To_core_Secret`).
        for (key, value) in self.string_data.take().into_iter().flatten() {
            let value = crate::model::ByteString(value.into_bytes());
            self.data.get_or_insert_default().insert(key, value);
        }
    }

    fn prepare_for_create(&mut self, _now: SimTime) {}

    fn validate(&self, errors: &mut Errors) {
        let mut size = 0;
        for (key, value) in self.data.iter().flatten() {
            errors.all_invalid(format_args!("data[{key}]"), key, names::config_map_key(key));
            size += value.0.len();
        }
        if size > SIZE_MAX {
            errors.too_long("data", SIZE_MAX);
        }
        let must: &[&str] = match self.type_.as_deref().unwrap_or_default() {
            "kubernetes.io/tls" => &["tls.crt", "tls.key"],
            "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
            "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
            _ => &[],
        };
        for key in must.iter().filter(|key| !self.data.as_ref().is_some_and(|data| data.contains_key(**key))) {
            errors.required(format_args!("data[{key}]"), "");
        }
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        if self.type_ != old.type_ {
            errors.invalid("type", self.type_.clone().unwrap_or_default(), "field is immutable");
        }
        if old.immutable != Some(true) {
            return;
        }
        if self.immutable != Some(true) {
            errors.forbidden("immutable", IMMUTABLE);
        }
        if self.data != old.data {
            errors.forbidden("data", IMMUTABLE);
        }
    }
}
