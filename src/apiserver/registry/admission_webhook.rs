//! Configurations of admission webhooks. Source: `pkg/apis/admissionregistration/{v1/defaults.go,validation}`.

use crate::apiserver::field::Errors;
use crate::model::admissionregistration::{
    MutatingWebhookConfiguration, RuleWithOperations, ValidatingWebhookConfiguration, WebhookClientConfig,
};

use super::Strategy;
use super::pod_spec::one_of;

/// Source: `SetDefaults_ValidatingWebhook`, in seconds.
const TIMEOUT: i32 = 10;
/// Where a webhook's Service listens.
const PORT: i32 = 443;

/// What both kinds of webhook have.
macro_rules! webhooks {
    ($type:ty, |$webhook:ident| $more:block) => {
        impl Strategy for $type {
            const HAS_GENERATION: bool = true;

            fn set_defaults(&mut self) {
                for $webhook in self.webhooks.iter_mut().flatten() {
                    $webhook.failure_policy.get_or_insert_with(|| "Fail".into());
                    $webhook.match_policy.get_or_insert_with(|| "Equivalent".into());
                    $webhook.namespace_selector.get_or_insert_default();
                    $webhook.object_selector.get_or_insert_default();
                    $webhook.timeout_seconds.get_or_insert(TIMEOUT);
                    default_parts(&mut $webhook.client_config, $webhook.rules.as_deref_mut());
                    $more
                }
            }

            fn validate(&self, errors: &mut Errors) {
                for (index, webhook) in self.webhooks.iter().flatten().enumerate() {
                    let field = format!("webhooks[{index}]");
                    let faults = crate::model::names::dns1123_subdomain(&webhook.name);
                    if webhook.name.split('.').count() < 3 {
                        let detail = "should be a domain with at least three segments separated by dots";
                        errors.invalid(format_args!("{field}.name"), webhook.name.as_str(), detail);
                    }
                    errors.all_invalid(format_args!("{field}.name"), &webhook.name, faults);
                    if webhook.admission_review_versions.is_empty() {
                        let detail = "must specify one of v1, v1beta1";
                        errors.required(format_args!("{field}.admissionReviewVersions"), detail);
                    }
                    let effects = ["None", "NoneOnDryRun"];
                    one_of(Some(&webhook.side_effects), &effects, format_args!("{field}.sideEffects"), errors);
                    let policies = ["Fail", "Ignore"];
                    let policy = webhook.failure_policy.as_deref();
                    one_of(policy, &policies, format_args!("{field}.failurePolicy"), errors);
                    let policies = ["Equivalent", "Exact"];
                    one_of(webhook.match_policy.as_deref(), &policies, format_args!("{field}.matchPolicy"), errors);
                    for (index, one) in webhook.match_conditions.iter().flatten().enumerate() {
                        let at = format_args!("{field}.matchConditions[{index}].expression");
                        super::admission_policy::check(&one.expression, at, errors);
                    }
                    validate_parts(&webhook.client_config, webhook.rules.as_deref(), &field, errors);
                    if let Some(seconds) = webhook.timeout_seconds.filter(|seconds| !(1..=30).contains(seconds)) {
                        let detail = "the timeout value must be between 1 and 30 seconds";
                        errors.invalid(format_args!("{field}.timeoutSeconds"), seconds, detail);
                    }
                }
            }

            fn spec_differs(&self, old: &Self) -> bool {
                self.webhooks != old.webhooks
            }
        }
    };
}

webhooks!(ValidatingWebhookConfiguration, |webhook| {});
webhooks!(MutatingWebhookConfiguration, |webhook| {
    webhook.reinvocation_policy.get_or_insert_with(|| "Never".into());
});

fn default_parts(client: &mut WebhookClientConfig, rules: Option<&mut [RuleWithOperations]>) {
    if let Some(service) = &mut client.service {
        service.port.get_or_insert(PORT);
    }
    for rule in rules.into_iter().flatten() {
        rule.scope.get_or_insert_with(|| "*".into());
    }
}

fn validate_parts(
    client: &WebhookClientConfig,
    rules: Option<&[RuleWithOperations]>,
    field: &str,
    errors: &mut Errors,
) {
    if client.url.is_some() == client.service.is_some() {
        errors.required(format_args!("{field}.clientConfig"), "exactly one of url or service is required");
    }
    for (index, rule) in rules.unwrap_or_default().iter().enumerate() {
        let parts = [
            ("operations", &rule.operations),
            ("apiGroups", &rule.api_groups),
            ("apiVersions", &rule.api_versions),
            ("resources", &rule.resources),
        ];
        for (name, _) in parts.into_iter().filter(|(_, list)| list.as_ref().is_none_or(Vec::is_empty)) {
            errors.required(format_args!("{field}.rules[{index}].{name}"), "");
        }
    }
}
