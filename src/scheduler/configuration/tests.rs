//! Configurations as one would write them, and what comes of them.

use serde_json::{Value, json};

use super::*;
use crate::engine::Seed;
use crate::scheduler::Algorithm;
use crate::scheduler::fixture::{node, pod, snapshot};

fn read(value: Value) -> Configuration {
    serde_json::from_value(value).unwrap()
}

fn placed(configuration: &Configuration, scheduler: &str) -> String {
    let nodes = [node("empty", "4", "16Gi"), node("half", "4", "16Gi")];
    let two = snapshot(&nodes, &[pod("a").requests("2", "8Gi").on("half")]);
    let mut algorithm = Algorithm::new(configuration.profiles().unwrap());
    let wanted = pod("b").requests("500m", "1Gi").spec("schedulerName", json!(scheduler)).info();
    algorithm.schedule_pod(&wanted, &two, &mut Seed(1).stream("s")).ok().unwrap().node.to_string()
}

#[test]
fn two_schedulers_in_one_process_disagree() {
    let packing = json!({"schedulerName": "packing", "pluginConfig": [{"name": "NodeResourcesFit",
        "args": {"scoringStrategy": {"type": "MostAllocated"}}}]});
    let both = read(json!({"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration",
        "profiles": [{"schedulerName": "default-scheduler"}, packing]}));
    assert_eq!([placed(&both, "default-scheduler"), placed(&both, "packing")], ["empty", "half"]);
}

#[test]
fn plugins_are_switched_on_and_off() {
    let profile = json!({"plugins": {
        "multiPoint": {"disabled": [{"name": "ImageLocality"}]},
        "score": {"enabled": [{"name": "RealUse", "weight": 5}], "disabled": [{"name": "NodeResourcesFit"}]}}});
    let profiles = read(json!({"profiles": [profile]})).profiles().unwrap();
    let all: Vec<_> = profiles.first().plugins().map(|(_, plugin)| plugin.name()).collect();
    assert!(!all.contains(&"ImageLocality") && all.contains(&"RealUse") && all.contains(&"NodeResourcesFit"));
    let scorers: Vec<_> = profiles.first().scorers().map(|(_, plugin, weight)| (plugin.name(), weight)).collect();
    assert!(scorers.contains(&("RealUse", 5)) && scorers.iter().all(|(name, _)| *name != "NodeResourcesFit"));
}

#[test]
fn what_is_wrong_is_said() {
    let error = |value: Value| read(value).profiles().unwrap_err().to_string();
    assert_eq!(
        error(json!({"profiles": [{"plugins": {"score": {"enabled": [{"name": "Magic"}]}}}]})),
        "plugin \"Magic\" does not exist"
    );
    assert_eq!(error(json!({"profiles": [{}, {}]})), "duplicate profile with scheduler name \"default-scheduler\"");
    assert_eq!(
        error(json!({"percentageOfNodesToScore": 101})),
        "percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]"
    );
}

#[test]
fn affinity_is_added_for_all_pods_of_a_profile() {
    let term = json!({"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["half"]}]});
    let added =
        json!({"addedAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}});
    let one = read(json!({"profiles": [{"pluginConfig": [{"name": "NodeAffinity", "args": added}]}]}));
    assert_eq!(placed(&one, "default-scheduler"), "half");
}
