//! What each level says about Pods, in the words of a real cluster.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::policy::{Level, Policy};
use super::{details, faults};
use crate::model::core::PodSpec;
use crate::model::metav1::ObjectMeta;

fn told(labels: &[(&str, &str)], spec: Value) -> String {
    let labels = labels.iter().map(|(mode, value)| (format!("pod-security.kubernetes.io/{mode}"), (*value).to_owned()));
    let (policy, _) = Policy::of(&labels.collect());
    let spec: PodSpec = serde_json::from_value(spec).unwrap_or_default();
    details(&faults(policy.enforce, &ObjectMeta::default(), &spec))
}

#[test]
fn restricted_wants_four_things_of_a_plain_pod() {
    let spec = json!({"containers": [{"name": "a"}, {"name": "b"}]});
    insta::assert_snapshot!(told(&[("enforce", "restricted")], spec.clone()), @r#"allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true), seccompProfile (pod or containers "a", "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#);
    assert_eq!(told(&[("enforce", "baseline")], spec.clone()), "");
    assert_eq!(told(&[], spec), "");
}

#[test]
fn baseline_refuses_what_leads_out_of_the_container() {
    let spec = json!({
        "hostNetwork": true, "hostPID": true,
        "volumes": [{"name": "root", "hostPath": {"path": "/"}}],
        "containers": [{
            "name": "a", "ports": [{"containerPort": 80, "hostPort": 80}, {"containerPort": 9, "hostPort": 9}],
            "securityContext": {"privileged": true, "capabilities": {"add": ["NET_ADMIN", "CHOWN", "SYS_TIME"]}}}]});
    insta::assert_snapshot!(told(&[("enforce", "baseline")], spec.clone()), @r#"non-default capabilities (container "a" must not include "NET_ADMIN", "SYS_TIME" in securityContext.capabilities.add), host namespaces (hostNetwork=true, hostPID=true), hostPath volumes (volume "root"), hostPort (container "a" uses hostPorts 80, 9), privileged (container "a" must not set securityContext.privileged=true)"#);
    let restricted = told(&[("enforce", "restricted")], spec);
    assert!(restricted.contains("restricted volume types (volume \"root\" uses restricted volume type \"hostPath\")"));
    assert!(!restricted.contains("non-default capabilities"));
}

#[test]
fn labels_that_cannot_be_read_enforce_the_strictest_and_are_told() {
    let labels: BTreeMap<String, String> = [
        ("pod-security.kubernetes.io/enforce".to_owned(), "lax".to_owned()),
        ("pod-security.kubernetes.io/warn-version".to_owned(), "1.2".to_owned()),
    ]
    .into();
    let (policy, faults) = Policy::of(&labels);
    assert_eq!((policy.enforce.level, policy.warn.level), (Level::Restricted, Level::Privileged));
    let whys: Vec<_> = faults.iter().map(|fault| fault.why).collect();
    assert_eq!(whys, ["must be one of privileged, baseline, restricted", "must be \"latest\" or \"v1.x\""]);
}
