//! The aggregation of ClusterRoles: a role with an aggregationRule holds the rules of every role that its selectors find.
//!
//! Models `pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go`. Upstream writes by server-side apply,
//! here it is an update: the rules are the same.

use crate::client::{Caches, Controller, Ctx, Delta, Enqueue, Plan, Recorder, Verb};
use crate::model::rbac::{AggregationRule, ClusterRole, PolicyRule};
use crate::model::{Kind, Meta, ObjectKey, Resource, Selector};

/// The controller.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClusterRoleAggregation;

impl Controller for ClusterRoleAggregation {
    fn name(&self) -> &'static str {
        "clusterrole-aggregation-controller"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::ClusterRole]
    }

    fn on_change(&mut self, delta: &Delta, caches: &Caches, enqueue: &mut Enqueue) {
        if delta.object().kind() != Kind::ClusterRole {
            return;
        }
        for role in roles(caches).filter(|role| role.aggregation_rule.is_some()) {
            enqueue.add(ObjectKey::new(Kind::ClusterRole, "", role.metadata.name()));
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(role) = caches.get::<ClusterRole>("", &key.name) else { return Plan::none() };
        let Some(aggregation) = &role.aggregation_rule else { return Plan::none() };
        let rules = gathered(role, aggregation, caches);
        if rules == role.rules.as_deref().unwrap_or_default() {
            return Plan::none();
        }
        let mut changed = ClusterRole::clone(role);
        changed.rules = Some(rules);
        Plan::call(ctx.request_with(Verb::Update, changed))
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(*self)
    }
}

fn roles(caches: &Caches) -> impl Iterator<Item = &ClusterRole> {
    let objects = caches.store(Kind::ClusterRole).into_iter().flat_map(|store| store.iter());
    objects.filter_map(|object| ClusterRole::of(object).map(|role| &**role))
}

/// The rules of the roles that the selectors find, by name, each rule once.
fn gathered(own: &ClusterRole, aggregation: &AggregationRule, caches: &Caches) -> Vec<PolicyRule> {
    let mut rules: Vec<PolicyRule> = Vec::new();
    for selector in aggregation.cluster_role_selectors.iter().flatten() {
        let Ok(selector) = Selector::from_typed(Some(selector)) else { continue };
        let found = roles(caches)
            .filter(|role| role.metadata.name() != own.metadata.name() && selector.matches(role.metadata.label_map()));
        for rule in found.flat_map(|role| role.rules.iter().flatten()) {
            if !rules.contains(rule) {
                rules.push(rule.clone());
            }
        }
    }
    rules
}
