//! Who refused: the rule that a refusal speaks of, and the object that it stands in, as they are now.
//!
//! The words of a refusal are those of Kubernetes, and name most rules; what they leave out (which LimitRange, which label of the
//! namespace, which configuration) is looked up.

use crate::cluster::Cluster;
use crate::model::admissionregistration::{
    MutatingWebhookConfiguration, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
    ValidatingWebhookConfiguration, WebhookClientConfig,
};
use crate::model::core::{LimitRange, Namespace, ResourceQuota};
use crate::model::discovery::EndpointSlice;
use crate::model::{Kind, Meta, ObjectKey, Resource};

/// A rule, and the object that it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The object.
    pub object: ObjectKey,
    /// What it says, and how things stand.
    pub rule: String,
}

impl Refusal {
    /// `resourcequotas/shop/compute: pods: used 3 of 3`.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("{}: {}", self.object, self.rule)
    }
}

/// The rules that a refusal speaks of, about something in a namespace.
#[must_use]
pub fn refusals(cluster: &Cluster, namespace: &str, message: &str) -> Vec<Refusal> {
    let mut found = Vec::new();
    found.extend(quota(cluster, namespace, message));
    found.extend(limit_ranges(cluster, namespace, message));
    found.extend(pod_security(cluster, namespace, message));
    found.extend(webhooks(cluster, message));
    found.extend(policy(cluster, message));
    found
}

/// What stands between two texts.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    Some(rest.find(after).map_or(rest, |end| &rest[..end]))
}

fn all<R: Resource>(cluster: &Cluster, namespace: &str) -> Vec<std::sync::Arc<R>> {
    let objects = cluster.objects(R::KIND).into_iter().filter(|object| *object.namespace() == *namespace);
    objects.filter_map(|object| R::of(&object).cloned()).collect()
}

fn quota(cluster: &Cluster, namespace: &str, message: &str) -> Option<Refusal> {
    let (name, resources) = match between(message, "exceeded quota: ", ",") {
        Some(name) => (name, between(message, "requested: ", ", used:")?),
        None => (between(message, "failed quota: ", ":")?, between(message, "must specify ", "\n")?),
    };
    let object = ObjectKey::new(Kind::ResourceQuota, namespace, name);
    let found = cluster.object(&object)?;
    let status = ResourceQuota::of(&found)?.status.clone().unwrap_or_default();
    let (hard, used) = (status.hard.unwrap_or_default(), status.used.unwrap_or_default());
    let named = |resource: &&String| {
        resources.split([',', ';', ' ']).any(|part| part.split('=').next() == Some(resource.as_str()))
    };
    let stands = hard.keys().filter(named).map(|resource| {
        let used = used.get(resource).map_or("0", |amount| amount.0.as_str());
        format!("{resource}: used {used} of {}", hard[resource].0)
    });
    let rule = stands.collect::<Vec<_>>().join(", ");
    Some(Refusal { object, rule })
}

/// The text of a LimitRange's refusal names the amount, not the LimitRange.
fn limit_ranges(cluster: &Cluster, namespace: &str, message: &str) -> Vec<Refusal> {
    let mut found = Vec::new();
    for range in all::<LimitRange>(cluster, namespace) {
        for item in range.spec.iter().flat_map(|spec| &spec.limits) {
            let bounds = [
                ("min", "minimum {} usage per", &item.min),
                ("max", "maximum {} usage per", &item.max),
                ("maxLimitRequestRatio", "{} max limit to request ratio per", &item.max_limit_request_ratio),
            ];
            for (field, text, amounts) in bounds {
                for (resource, amount) in amounts.iter().flatten() {
                    let said = format!("{} {} is {}", text.replace("{}", resource), item.type_, amount.0);
                    if message.contains(&said) {
                        let object = ObjectKey::new(Kind::LimitRange, namespace, range.metadata.name());
                        found.push(Refusal { object, rule: format!("{} {field} {resource}={}", item.type_, amount.0) });
                    }
                }
            }
        }
    }
    found
}

fn pod_security(cluster: &Cluster, namespace: &str, message: &str) -> Option<Refusal> {
    let level = between(message, "violates PodSecurity \"", "\"")?.split(':').next()?;
    let object = ObjectKey::new(Kind::Namespace, "", namespace);
    let found = cluster.object(&object)?;
    let labels = Namespace::of(&found)?.metadata.label_map().clone();
    let mut labels = labels.into_iter().filter(|(key, _)| key.starts_with("pod-security.kubernetes.io/enforce"));
    let rule = labels.by_ref().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ");
    let rule = if rule.is_empty() { format!("PodSecurity {level}") } else { rule };
    Some(Refusal { object, rule })
}

fn webhooks(cluster: &Cluster, message: &str) -> Vec<Refusal> {
    let name = between(message, "admission webhook \"", "\"").or(between(message, "calling webhook \"", "\""));
    let Some(name) = name else { return Vec::new() };
    let mut found = Vec::new();
    let mut add = |kind: Kind, configuration: &str, client: &WebhookClientConfig, policy: Option<&str>| {
        let rule = format!("webhook {name}, failurePolicy {}, {}", policy.unwrap_or("Fail"), place(cluster, client));
        found.push(Refusal { object: ObjectKey::new(kind, "", configuration), rule });
    };
    for one in all::<ValidatingWebhookConfiguration>(cluster, "") {
        for hook in one.webhooks.iter().flatten().filter(|hook| hook.name == name) {
            let kind = Kind::ValidatingWebhookConfiguration;
            add(kind, one.metadata.name(), &hook.client_config, hook.failure_policy.as_deref());
        }
    }
    for one in all::<MutatingWebhookConfiguration>(cluster, "") {
        for hook in one.webhooks.iter().flatten().filter(|hook| hook.name == name) {
            let kind = Kind::MutatingWebhookConfiguration;
            add(kind, one.metadata.name(), &hook.client_config, hook.failure_policy.as_deref());
        }
    }
    found
}

/// Where a webhook is, and how many of it are ready.
fn place(cluster: &Cluster, client: &WebhookClientConfig) -> String {
    let Some(service) = &client.service else { return client.url.clone().unwrap_or_default() };
    let slices = all::<EndpointSlice>(cluster, &service.namespace);
    let own = slices.iter().filter(|slice| {
        slice.metadata.label_map().get("kubernetes.io/service-name").is_some_and(|name| *name == service.name)
    });
    let endpoints = own.flat_map(|slice| slice.endpoints.iter().flatten());
    let ready = endpoints.filter(|one| one.conditions.as_ref().is_none_or(|it| it.ready != Some(false))).count();
    format!("served by services/{}/{}, {ready} ready endpoints", service.namespace, service.name)
}

fn policy(cluster: &Cluster, message: &str) -> Vec<Refusal> {
    let Some(name) = between(message, "ValidatingAdmissionPolicy '", "'") else { return Vec::new() };
    let mut found = Vec::new();
    let object = ObjectKey::new(Kind::ValidatingAdmissionPolicy, "", name);
    if let Some(policy) = cluster.object(&object) {
        let spec = ValidatingAdmissionPolicy::of(&policy).and_then(|policy| policy.spec.clone()).unwrap_or_default();
        let expressions = spec.validations.iter().flatten().map(|one| one.expression.trim().to_owned());
        found.push(Refusal { object, rule: expressions.collect::<Vec<_>>().join(" and ") });
    }
    let binding = between(message, "with binding '", "'").unwrap_or_default();
    let object = ObjectKey::new(Kind::ValidatingAdmissionPolicyBinding, "", binding);
    if let Some(binding) = cluster.object(&object) {
        let actions = ValidatingAdmissionPolicyBinding::of(&binding).map(|one| one.spec.validation_actions.join(", "));
        found.push(Refusal { object, rule: format!("validationActions {}", actions.unwrap_or_default()) });
    }
    found
}
