//! StatefulSets. Source: `pkg/registry/apps/statefulset/strategy.go`, `pkg/apis/apps/v1/defaults.go`, `validation.go`.

use std::borrow::Cow;
use std::sync::Arc;

use crate::apiserver::field::Errors;
use crate::engine::SimTime;
use crate::model::apps::{StatefulSet, StatefulSetSpec, StatefulSetStatus};
use crate::model::core::{
    PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeClaimVolumeSource, PodSpec, PodTemplateSpec,
    Volume,
};
use crate::model::metav1::IntOrString;
use crate::model::{Meta, names};

use super::deployment::{amount, not_more_than_all, not_negative, share};
use super::pod_spec::one_of;
use super::{Strategy, persistent_volume_claim, pod_template};

const FIXED: &str = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
    'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

impl Strategy for StatefulSet {
    has_generation!();

    fn set_defaults(&mut self) {
        let spec = self.spec.get_or_insert_default();
        spec.pod_management_policy.get_or_insert_with(|| "OrderedReady".into());
        let strategy = spec.update_strategy.get_or_insert_default();
        if strategy.type_.get_or_insert_with(|| "RollingUpdate".into()) == "RollingUpdate" {
            strategy.rolling_update.get_or_insert_default().partition.get_or_insert(0);
        }
        let retention = spec.persistent_volume_claim_retention_policy.get_or_insert_default();
        retention.when_deleted.get_or_insert_with(|| "Retain".into());
        retention.when_scaled.get_or_insert_with(|| "Retain".into());
        spec.replicas.get_or_insert(1);
        spec.revision_history_limit.get_or_insert(10);
        pod_template::default(&mut spec.template);
        for claim in spec.volume_claim_templates.iter_mut().flatten() {
            claim.set_defaults();
            claim.status.get_or_insert_default().phase.get_or_insert_with(|| "Pending".into());
        }
    }

    fn prepare_for_create(&mut self, _now: SimTime) {
        self.status = Some(StatefulSetStatus::default());
    }

    fn prepare_for_update(&mut self, old: &Self) {
        self.status.clone_from(&old.status);
    }

    fn take_status(&mut self, from: &Self) {
        self.status.clone_from(&from.status);
    }

    fn validate(&self, errors: &mut Errors) {
        let Some(spec) = &self.spec else { return };
        let no_claim = PersistentVolumeClaimSpec::default();
        let policy = spec.pod_management_policy.as_deref().unwrap_or_default();
        if !["OrderedReady", "Parallel"].contains(&policy) {
            errors.invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'");
        }
        if let Some(strategy) = &spec.update_strategy {
            let kind = strategy.type_.as_deref().unwrap_or_default();
            if !["RollingUpdate", "OnDelete"].contains(&kind) {
                let detail = "must be 'RollingUpdate' or 'OnDelete'";
                errors.invalid("spec.updateStrategy", serde_json::json!(strategy), detail);
            } else if kind == "OnDelete" && strategy.rolling_update.is_some() {
                let detail = "only allowed for updateStrategy 'RollingUpdate'";
                errors.invalid("spec.updateStrategy.rollingUpdate", serde_json::json!(strategy.rolling_update), detail);
            }
            let partition = strategy.rolling_update.as_ref().and_then(|rolling| rolling.partition);
            not_negative(partition, "spec.updateStrategy.rollingUpdate.partition", errors);
            if let Some(unavailable) = max_unavailable(self) {
                let field = "spec.updateStrategy.rollingUpdate.maxUnavailable";
                share(unavailable, field, errors);
                if amount(unavailable) == Some(0) {
                    errors.invalid(field, serde_json::json!(unavailable), "cannot be 0");
                }
                not_more_than_all(unavailable, field, errors);
            }
        }
        if let Some(retention) = &spec.persistent_volume_claim_retention_policy {
            let field = "spec.persistentVolumeClaimRetentionPolicy";
            let policies = ["Delete", "Retain"];
            one_of(retention.when_deleted.as_deref(), &policies, format_args!("{field}.whenDeleted"), errors);
            one_of(retention.when_scaled.as_deref(), &policies, format_args!("{field}.whenScaled"), errors);
        }
        for (index, claim) in spec.volume_claim_templates.iter().flatten().enumerate() {
            let field = format!("spec.volumeClaimTemplates[{index}].spec");
            persistent_volume_claim::validate_spec(claim.spec.as_ref().unwrap_or(&no_claim), &field, errors);
        }
        not_negative(spec.replicas, "spec.replicas", errors);
        not_negative(spec.min_ready_seconds, "spec.minReadySeconds", errors);
        not_negative(spec.revision_history_limit, "spec.revisionHistoryLimit", errors);
        not_negative(spec.ordinals.as_ref().and_then(|ordinals| ordinals.start), "spec.ordinals.start", errors);
        if let Some(name) = spec.service_name.as_deref().filter(|name| !name.is_empty()) {
            errors.all_invalid("spec.serviceName", name, names::dns1123_label(name));
        }
        pod_template::validate("statefulset", &spec.selector, Some(&template_as_used(spec)), errors);
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        let (Some(new), Some(old)) = (&self.spec, &old.spec) else { return };
        if changeable_of(old, new) != *old {
            errors.forbidden("spec", FIXED);
        }
    }
}

/// How many Pods an update may take away at a time.
pub(super) fn max_unavailable(set: &StatefulSet) -> Option<&IntOrString> {
    set.spec.as_ref()?.update_strategy.as_ref()?.rolling_update.as_ref()?.max_unavailable.as_ref()
}

/// The field of a feature gate. Source: `dropStatefulSetDisabledFields`, `SetDefaults_StatefulSet`.
pub(super) fn gate_max_unavailable(set: &mut Arc<StatefulSet>, is_on: bool, is_used: bool) {
    if max_unavailable(set).is_some() == is_on || is_used {
        return;
    }
    let strategy = Arc::make_mut(set).spec.as_mut().and_then(|spec| spec.update_strategy.as_mut());
    if let Some(rolling) = strategy.and_then(|strategy| strategy.rolling_update.as_mut()) {
        rolling.max_unavailable = is_on.then_some(IntOrString::Int(1));
    }
}

/// The template with what the controller puts into it: the claims are volumes, its Pods' names their host names.
fn template_as_used(spec: &StatefulSetSpec) -> Cow<'_, PodTemplateSpec> {
    let mut template = Cow::Borrowed(&spec.template);
    let Some(pod) = &spec.template.spec else { return template };
    let claims = spec.volume_claim_templates.as_deref().unwrap_or_default();
    if claims.is_empty() && pod.subdomain.is_none() && pod.hostname.is_none() {
        return template;
    }
    let mut volumes: Vec<Volume> = claims.iter().map(volume_of).collect();
    let own = pod.volumes.iter().flatten().filter(|own| claims.iter().all(|claim| claim.metadata.name() != own.name));
    volumes.extend(own.cloned());
    let pod = PodSpec { subdomain: None, hostname: None, volumes: Some(volumes), ..pod.clone() };
    template.to_mut().spec = Some(pod);
    template
}

fn volume_of(claim: &PersistentVolumeClaim) -> Volume {
    let claim_name = claim.metadata.name().to_owned();
    let source = PersistentVolumeClaimVolumeSource { claim_name: claim_name.clone(), read_only: None };
    Volume { name: claim_name, persistent_volume_claim: Some(source), ..Volume::default() }
}

/// The new spec with what may change taken from the old one.
fn changeable_of(old: &StatefulSetSpec, new: &StatefulSetSpec) -> StatefulSetSpec {
    StatefulSetSpec {
        replicas: old.replicas,
        ordinals: old.ordinals.clone(),
        template: old.template.clone(),
        update_strategy: old.update_strategy.clone(),
        revision_history_limit: old.revision_history_limit,
        persistent_volume_claim_retention_policy: old.persistent_volume_claim_retention_policy.clone(),
        min_ready_seconds: old.min_ready_seconds,
        ..new.clone()
    }
}
