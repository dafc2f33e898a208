//! The variables of a container: Services, `envFrom`, `env`, and `$(VAR)` in all of them.
//!
//! Models `makeEnvironmentVariables` in `pkg/kubelet/kubelet_pods.go` and `third_party/forked/golang/expansion`.

use std::sync::Arc;

use crate::machine::Lookup;
use crate::model::core::{ConfigMap, Container, EnvVar, EnvVarSource, Secret};
use crate::model::{Kind, Meta, downward};

use super::container_config::ConfigError;

use super::pod_worker::PodWorker;
use super::service_env;
use super::shared::Scope;

/// Names and values; the last one of a name holds.
type Variables = Vec<(String, String)>;

/// The variables of a container, as of now.
///
/// # Errors
/// When an object is missing or being read, or lacks the key.
pub fn of(worker: &PodWorker, spec: &Container, scope: &mut Scope<'_, '_>) -> Result<Variables, ConfigError> {
    let pod = Arc::clone(&worker.pod);
    if !scope.shared.services.has_synced() {
        let text = "services have not yet been read at least once, cannot construct envvars";
        return Err(ConfigError::Wrong(text.to_owned()));
    }
    let links = pod.spec.enable_service_links != Some(false);
    let services = service_env::of(scope.shared.services.store(), pod.metadata.namespace(), links);
    let mut result = Variables::new();
    for source in spec.env_from.as_deref().unwrap_or_default() {
        let prefix = source.prefix.as_deref().unwrap_or_default();
        if let Some(reference) = &source.config_map_ref {
            let is_optional = reference.optional == Some(true);
            let Some(map) = config_map(worker, &reference.name, is_optional, scope)? else { continue };
            let data = map.data.iter().flatten();
            data.for_each(|(key, value)| set(&mut result, format!("{prefix}{key}"), value.clone()));
        }
        if let Some(reference) = &source.secret_ref {
            let is_optional = reference.optional == Some(true);
            let Some(secret) = secret(worker, &reference.name, is_optional, scope)? else { continue };
            for (key, value) in secret.data.iter().flatten() {
                set(&mut result, format!("{prefix}{key}"), String::from_utf8_lossy(&value.0).into_owned());
            }
        }
    }
    for variable in spec.env.as_deref().unwrap_or_default() {
        let Some(value) = value(worker, spec, variable, &result, &services, scope)? else { continue };
        set(&mut result, variable.name.clone(), value);
    }
    // A Service never takes the place of a variable that was asked for.
    let mut all: Variables =
        services.into_iter().filter(|(name, _)| !result.iter().any(|(known, _)| known == name)).collect();
    all.append(&mut result);
    Ok(all)
}

fn set(variables: &mut Variables, name: String, value: String) {
    match variables.iter_mut().find(|(known, _)| *known == name) {
        Some(known) => known.1 = value,
        None => variables.push((name, value)),
    }
}

/// The value of one entry of `env`; `None` when its optional source is missing.
fn value(
    worker: &PodWorker,
    spec: &Container,
    variable: &EnvVar,
    earlier: &Variables,
    services: &Variables,
    scope: &mut Scope<'_, '_>,
) -> Result<Option<String>, ConfigError> {
    match &variable.value_from {
        None => {
            let text = variable.value.as_deref().unwrap_or_default();
            Ok(Some(expand_with(text, |name| find(earlier, name).or_else(|| find(services, name)))))
        }
        Some(source) => from_source(worker, spec, source, scope),
    }
}

fn from_source(
    worker: &PodWorker,
    spec: &Container,
    source: &EnvVarSource,
    scope: &mut Scope<'_, '_>,
) -> Result<Option<String>, ConfigError> {
    let namespace = worker.pod.metadata.namespace();
    if let Some(reference) = &source.config_map_key_ref {
        let is_optional = reference.optional == Some(true);
        let Some(map) = config_map(worker, &reference.name, is_optional, scope)? else { return Ok(None) };
        let found = map.data.as_ref().and_then(|data| data.get(&reference.key)).cloned();
        let missing = || format!("couldn't find key {} in ConfigMap {namespace}/{}", reference.key, reference.name);
        return found_or(found, is_optional, missing);
    }
    if let Some(reference) = &source.secret_key_ref {
        let is_optional = reference.optional == Some(true);
        let Some(secret) = secret(worker, &reference.name, is_optional, scope)? else { return Ok(None) };
        let bytes = secret.data.as_ref().and_then(|data| data.get(&reference.key));
        let found = bytes.map(|bytes| String::from_utf8_lossy(&bytes.0).into_owned());
        let missing = || format!("couldn't find key {} in Secret {namespace}/{}", reference.key, reference.name);
        return found_or(found, is_optional, missing);
    }
    if let Some(field) = &source.field_ref {
        let addresses = (worker.last_ip, scope.shared.config.address);
        return downward::field(&worker.pod, &field.field_path, addresses).map(Some).map_err(ConfigError::Wrong);
    }
    if let Some(resource) = &source.resource_field_ref {
        let allocatable = &scope.shared.config.allocatable;
        let container = resource.container_name.as_deref().and_then(|name| downward::container(&worker.pod, name));
        let container = container.unwrap_or(spec);
        let value = downward::resource(container, &resource.resource, resource.divisor.as_ref(), allocatable);
        return value.map(Some).map_err(ConfigError::Wrong);
    }
    Ok(None)
}

fn found_or(
    found: Option<String>,
    is_optional: bool,
    missing: impl FnOnce() -> String,
) -> Result<Option<String>, ConfigError> {
    if found.is_none() && !is_optional { Err(ConfigError::Wrong(missing())) } else { Ok(found) }
}

fn config_map(
    worker: &PodWorker,
    name: &str,
    is_optional: bool,
    scope: &mut Scope<'_, '_>,
) -> Result<Option<Arc<ConfigMap>>, ConfigError> {
    let namespace = worker.pod.metadata.namespace();
    match scope.shared.objects.lookup(worker.number, Kind::ConfigMap, namespace, name, scope.ctx) {
        Lookup::Found(object) => Ok(object.get::<ConfigMap>().map(Arc::clone)),
        Lookup::Unknown => Err(ConfigError::Unknown),
        Lookup::Missing if is_optional => Ok(None),
        Lookup::Missing => Err(ConfigError::Wrong(format!("configmap \"{name}\" not found"))),
    }
}

fn secret(
    worker: &PodWorker,
    name: &str,
    is_optional: bool,
    scope: &mut Scope<'_, '_>,
) -> Result<Option<Arc<Secret>>, ConfigError> {
    let namespace = worker.pod.metadata.namespace();
    match scope.shared.objects.lookup(worker.number, Kind::Secret, namespace, name, scope.ctx) {
        Lookup::Found(object) => Ok(object.get::<Secret>().map(Arc::clone)),
        Lookup::Unknown => Err(ConfigError::Unknown),
        Lookup::Missing if is_optional => Ok(None),
        Lookup::Missing => Err(ConfigError::Wrong(format!("secret \"{name}\" not found"))),
    }
}

fn find<'a>(variables: &'a Variables, name: &str) -> Option<&'a str> {
    variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// `text` with every `$(NAME)` replaced by its value.
#[must_use]
pub fn expand(text: &str, variables: &[(String, String)]) -> String {
    expand_with(text, |name| variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str()))
}

/// `$(NAME)` becomes its value, or stays as it is when there is none; `$$` becomes `$`.
fn expand_with<'a>(text: &str, lookup: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        result.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            result.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            match lookup(name) {
                Some(value) => result.push_str(value),
                None => result.push_str(&format!("$({name})")),
            }
            rest = after;
        } else {
            result.push('$');
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_expanded_unless_escaped_or_unknown() {
        let variables = [("A".to_owned(), "1".to_owned()), ("B".into(), "$(A)".into())];
        for (text, expanded) in [
            ("$(A)-$(B)", "1-$(A)"),
            ("$$(A)", "$(A)"),
            ("$(NONE) $A $", "$(NONE) $A $"),
            ("cost: 5$", "cost: 5$"),
            ("$(A", "$(A"),
        ] {
            assert_eq!(expand(text, &variables), expanded, "{text}");
        }
    }
}
