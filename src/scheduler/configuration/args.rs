//! What plugins are told.
//!
//! Models `staging/src/k8s.io/kube-scheduler/config/v1/types_pluginargs.go`.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::model::core::{NodeAffinity as Affinity, TopologySpreadConstraint};
use crate::scheduler::framework::Plugin;
use crate::scheduler::plugins::default_preemption::DefaultPreemption;
use crate::scheduler::plugins::inter_pod_affinity::InterPodAffinity;
use crate::scheduler::plugins::node_affinity::NodeAffinity;
use crate::scheduler::plugins::node_resources_fit::NodeResourcesFit;
use crate::scheduler::plugins::pod_topology_spread::{Defaults, PodTopologySpread};
use crate::scheduler::plugins::scoring_strategy::{ScoringStrategy, Strategy};

use super::ConfigurationError;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct FitArgs {
    ignored_resources: Vec<String>,
    scoring_strategy: Option<StrategyArgs>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StrategyArgs {
    r#type: String,
    resources: Vec<ResourceSpec>,
    requested_to_capacity_ratio: Ratio,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ResourceSpec {
    name: String,
    weight: i64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Ratio {
    shape: Vec<Point>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Point {
    utilization: i64,
    score: i64,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AffinityArgs {
    added_affinity: Option<Affinity>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SpreadArgs {
    default_constraints: Vec<TopologySpreadConstraint>,
    defaulting_type: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PodAffinityArgs {
    hard_pod_affinity_weight: Option<i32>,
    ignore_preferred_terms_of_existing_pods: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PreemptionArgs {
    min_candidate_nodes_percentage: Option<usize>,
    min_candidate_nodes_absolute: Option<usize>,
}

/// The plugin as its arguments say; `None` for one that takes none.
pub(super) fn with_args(name: &str, args: &Value) -> Result<Option<Arc<dyn Plugin>>, ConfigurationError> {
    let plugin: Arc<dyn Plugin> = match name {
        "NodeResourcesFit" => Arc::new(fit(read(name, args)?, name)?),
        "NodeAffinity" => Arc::new(NodeAffinity { added: read::<AffinityArgs>(name, args)?.added_affinity }),
        "PodTopologySpread" => Arc::new(spread(&read(name, args)?)),
        "InterPodAffinity" => {
            let args: PodAffinityArgs = read(name, args)?;
            let default = InterPodAffinity::default();
            Arc::new(InterPodAffinity {
                hard_affinity_weight: args.hard_pod_affinity_weight.unwrap_or(default.hard_affinity_weight),
                ignores_others_wishes: args.ignore_preferred_terms_of_existing_pods,
            })
        }
        "DefaultPreemption" => {
            let args: PreemptionArgs = read(name, args)?;
            let default = DefaultPreemption::default();
            Arc::new(DefaultPreemption {
                min_candidates_percent: args.min_candidate_nodes_percentage.unwrap_or(default.min_candidates_percent),
                min_candidates: args.min_candidate_nodes_absolute.unwrap_or(default.min_candidates),
            })
        }
        _ => return Ok(None),
    };
    Ok(Some(plugin))
}

fn read<T: DeserializeOwned>(plugin: &str, args: &Value) -> Result<T, ConfigurationError> {
    serde_json::from_value(args.clone()).map_err(|error| wrong(plugin, error.to_string()))
}

fn wrong(plugin: &str, reason: String) -> ConfigurationError {
    ConfigurationError::Args { plugin: plugin.to_owned(), reason }
}

fn fit(args: FitArgs, name: &str) -> Result<NodeResourcesFit, ConfigurationError> {
    let mut strategy = ScoringStrategy::default();
    if let Some(told) = args.scoring_strategy {
        let points = told.requested_to_capacity_ratio.shape.iter().map(|point| (point.utilization, point.score));
        strategy.kind = match &*told.r#type {
            "" | "LeastAllocated" => Strategy::LeastAllocated,
            "MostAllocated" => Strategy::MostAllocated,
            "RequestedToCapacityRatio" => Strategy::RequestedToCapacityRatio(points.collect()),
            other => return Err(wrong(name, format!("scoringStrategy.type: Unsupported value: {other:?}"))),
        };
        if !told.resources.is_empty() {
            strategy.resources = told.resources.into_iter().map(|one| (one.name, one.weight.max(1))).collect();
        }
    }
    Ok(NodeResourcesFit { strategy, ignored: args.ignored_resources })
}

fn spread(args: &SpreadArgs) -> PodTopologySpread {
    if args.defaulting_type != "List" {
        return PodTopologySpread::default();
    }
    let listed = args
        .default_constraints
        .iter()
        .map(|one| (one.topology_key.clone(), i64::from(one.max_skew), one.when_unsatisfiable == "DoNotSchedule"));
    PodTopologySpread { defaults: Defaults::List(listed.collect()) }
}
