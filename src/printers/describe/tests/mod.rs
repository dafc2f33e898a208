//! Descriptions against recordings of the real client.

use super::{Related, describe, needs};
use crate::engine::SimTime;
use crate::model::time::sim_time;
use crate::model::{Object, decode, yaml};
use crate::printers::{cells, columns};

fn objects(manifests: &str) -> Vec<Object> {
    let documents = yaml::read("test", manifests).unwrap();
    let object = |document: yaml::Document| {
        let mut unknown = Vec::new();
        let object = decode(document.value, &mut unknown).unwrap();
        assert_eq!(unknown, [""; 0]);
        object
    };
    documents.into_iter().map(object).collect()
}

/// The instant of the recordings.
fn now() -> SimTime {
    sim_time("2026-11-23T05:27:46Z".parse().unwrap())
}

fn described(manifests: &str) -> String {
    let objects = objects(manifests);
    describe(&objects[0], &Related { now: now(), objects: &objects, with_events: true })
}

fn row(manifest: &str) -> String {
    let object = &objects(manifest)[0];
    let cells = cells(object, now());
    assert_eq!(cells.len(), columns(object.kind()).len());
    cells.join(" | ")
}

/// A manifest of this folder is described as the recording beside it says.
macro_rules! recorded {
    ($name:ident) => {
        #[test]
        fn $name() {
            let manifests = include_str!(concat!(stringify!($name), ".yaml"));
            assert_eq!(described(manifests), include_str!(concat!(stringify!($name), ".txt")));
        }
    };
}

recorded!(web_pod);
recorded!(deployment);
recorded!(node);
recorded!(claim);
recorded!(job);
recorded!(cron_job);
recorded!(autoscaler);
recorded!(ingress);
recorded!(limits);
recorded!(network_policy);
recorded!(budget);
recorded!(endpoints);
recorded!(role);
recorded!(role_binding);

#[test]
fn rows_are_those_of_get() {
    let first = |manifests: &str| manifests.split("---\n").next().unwrap().to_owned();
    assert_eq!(
        row(include_str!("web_pod.yaml")),
        "web-7d4b9c6f8-abcde | 1/1 | Running | 0 | 60m | 10.244.1.5 | node-2 | <none> | <none>"
    );
    assert_eq!(
        row(&first(include_str!("node.yaml"))),
        "node-2 | Ready | <none> | 10d | v1.36.2 | 192.168.56.12 | <none> | Ubuntu 24.04.1 LTS | 6.8.0-45-generic (amd64) | \
         containerd://2.1.4"
    );
    assert_eq!(row(&first(include_str!("deployment.yaml"))), "web | 0/3 | 3 | 3 | 60m | web | nginx:1.27 | app=web");
    assert_eq!(
        row(&first(include_str!("claim.yaml"))),
        "pend | Pending |  |  |  | standard | <unset> | <unknown> | Filesystem"
    );
    let service = "{apiVersion: v1, kind: Service, metadata: {name: lb}, spec: {type: LoadBalancer, clusterIP: 10.96.12.34, \
                   clusterIPs: [10.96.12.34], ports: [{port: 80, nodePort: 31234, protocol: TCP}], selector: {app: web}}}";
    let service = format!("---\n# not JSON\n{service}");
    assert_eq!(row(&service), "lb | LoadBalancer | 10.96.12.34 | <pending> | 80:31234/TCP | <unknown> | app=web");
    let quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: compute}\nstatus:\n  hard: {limits.cpu: '2', pods: '3'}\n  \
                 used: {limits.cpu: '1', pods: '0'}\n";
    assert_eq!(row(quota), "compute | pods: 0/3 | limits.cpu: 1/2 | <unknown>");
}

#[test]
fn a_description_names_what_it_needs() {
    let deployment = &objects(include_str!("deployment.yaml"))[0];
    let needs = needs(deployment);
    assert_eq!(needs[0].labels, "app=web");
    assert_eq!(needs[1].fields, "involvedObject.kind=Deployment,involvedObject.name=web");
}
