//! A webhook of either sort, as a configuration describes it.

use std::sync::Arc;

use crate::engine::SimDuration;
use crate::model::Meta;
use crate::model::admissionregistration::{
    MatchCondition, MutatingWebhook, MutatingWebhookConfiguration, RuleWithOperations, ValidatingWebhook,
    ValidatingWebhookConfiguration, WebhookClientConfig,
};
use crate::model::metav1::LabelSelector;

use super::HookName;

/// The default of `timeoutSeconds`.
const TIMEOUT_SECONDS: u64 = 10;

/// A webhook.
#[derive(Clone, Debug)]
pub(super) struct Hook {
    pub(super) name: HookName,
    pub(super) client: WebhookClientConfig,
    pub(super) rules: Vec<RuleWithOperations>,
    pub(super) match_policy: Option<String>,
    pub(super) namespace_selector: Option<LabelSelector>,
    pub(super) object_selector: Option<LabelSelector>,
    pub(super) conditions: Vec<MatchCondition>,
    /// `failurePolicy: Ignore`.
    pub(super) ignores_failures: bool,
    pub(super) timeout: SimDuration,
    /// `reinvocationPolicy: IfNeeded`.
    pub(super) asks_again: bool,
}

macro_rules! hooks {
    ($function:ident, $configuration:ty, $type:ty, |$webhook:ident| $asks_again:expr) => {
        /// The webhooks of a configuration, in its order.
        pub(super) fn $function(configuration: &$configuration) -> Vec<Hook> {
            let name: Arc<str> = configuration.metadata.name().into();
            let hook = |$webhook: &$type| {
                let asks_again = $asks_again;
                Hook {
                    name: (Arc::clone(&name), $webhook.name.as_str().into()),
                    client: $webhook.client_config.clone(),
                    rules: $webhook.rules.clone().unwrap_or_default(),
                    match_policy: $webhook.match_policy.clone(),
                    namespace_selector: $webhook.namespace_selector.clone(),
                    object_selector: $webhook.object_selector.clone(),
                    conditions: $webhook.match_conditions.clone().unwrap_or_default(),
                    ignores_failures: $webhook.failure_policy.as_deref() == Some("Ignore"),
                    timeout: SimDuration::from_secs(
                        $webhook.timeout_seconds.and_then(|it| u64::try_from(it).ok()).unwrap_or(TIMEOUT_SECONDS),
                    ),
                    asks_again,
                }
            };
            configuration.webhooks.iter().flatten().map(hook).collect()
        }
    };
}

hooks!(of_mutating, MutatingWebhookConfiguration, MutatingWebhook, |webhook| webhook.reinvocation_policy.as_deref()
    == Some("IfNeeded"));
hooks!(of_validating, ValidatingWebhookConfiguration, ValidatingWebhook, |_webhook| false);
