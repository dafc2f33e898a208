//! The legacy `kubectl rolling-update`, transcript by transcript.

use std::collections::BTreeMap;
use std::sync::Arc;

use podlab::cluster::{Cluster, Input};
use podlab::engine::{SimDuration, SimTime};
use podlab::network::LoadSpec;

use crate::ha::{cluster, kubectl, kubectl_reading};

const FIRST_LINES: &str = "\
Command \"rolling-update\" is deprecated, use \"rollout\" instead
podlab: history. kubectl 1.18 removed this command; here it works as in kubectl 1.17
";

const OLD: &str = "\
apiVersion: v1
kind: ReplicationController
metadata: {name: my-nginx}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: nginx}}
    spec:
      containers:
      - {name: nginx, image: 'nginx:1.26', readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 1}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: nginx}, ports: [{port: 80}]}
";

fn begun() -> Cluster {
    let mut cluster = cluster(1, 2, 1);
    cluster.run_until(SimTime::from_secs(25));
    kubectl_reading(&mut cluster, "apply -f -", Some(OLD));
    wait(&mut cluster, 20);
    cluster
}

fn wait(cluster: &mut Cluster, secs: u64) {
    cluster.run_until(cluster.now() + SimDuration::from_secs(secs));
}

/// Types a line and gives the command ten minutes.
fn typed(cluster: &mut Cluster, line: &str) -> String {
    let number = start(cluster, line, None);
    let end = cluster.now() + SimDuration::from_secs(600);
    while cluster.outcome_of(number).is_none() && cluster.now() < end {
        assert!(cluster.step());
    }
    let (code, text) = cluster.outcome_of(number).unwrap();
    let text = short(text);
    let text = text.strip_prefix(FIRST_LINES).unwrap_or(&text);
    if code == 0 { text.to_owned() } else { format!("{text}[exit {code}]\n") }
}

fn start(cluster: &mut Cluster, line: &str, stdin: Option<&str>) -> u64 {
    let number = cluster.steps() + 1;
    let (files, stdin) = (Arc::new(BTreeMap::new()), stdin.map(str::to_owned));
    cluster.submit(Input::Kubectl { invocation: number, line: line.to_owned(), files, stdin });
    number
}

/// Thirty-two hexadecimal digits become `HASH`.
fn short(text: &str) -> String {
    let is_digit = |letter: char| letter.is_ascii_digit() || ('a'..='f').contains(&letter);
    let mut said = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let digits = rest.find(|letter| !is_digit(letter)).unwrap_or(rest.len());
        if digits == 32 {
            said.push_str("HASH");
        } else if digits > 0 {
            said.push_str(&rest[..digits]);
        } else {
            said.push(letter);
        }
        rest = &rest[digits.max(if digits == 0 { letter.len_utf8() } else { digits })..];
    }
    said
}

#[test]
fn another_image_under_the_old_name() {
    let mut cluster = begun();
    let said = typed(&mut cluster, "rolling-update my-nginx --image=nginx:1.27 --update-period=10s");
    assert_eq!(
        said,
        "\
Created my-nginx-HASH
Scaling up my-nginx-HASH from 0 to 2, scaling down my-nginx from 2 to 0 (keep 2 pods available, don't exceed 3 pods)
Scaling my-nginx-HASH up to 1
Scaling my-nginx down to 1
Scaling my-nginx-HASH up to 2
Scaling my-nginx down to 0
Update succeeded. Deleting old controller: my-nginx
Renaming my-nginx-HASH to my-nginx
replicationcontroller/my-nginx rolling updated
"
    );
    wait(&mut cluster, 20);
    let left = kubectl(&mut cluster, "get rc -o wide");
    let plain = left.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(plain.contains("my-nginx 2 2 2") && plain.contains("nginx:1.27"), "{left}");
    assert_eq!(kubectl(&mut cluster, "get pods -o name").lines().count(), 2, "its Pods were adopted");
    let notes = kubectl(&mut cluster, "get rc my-nginx -o jsonpath={.metadata.annotations}");
    assert!(!notes.contains("update-source-id") && !notes.contains("desired-replicas"), "{notes}");
}

#[test]
fn no_request_is_lost_when_every_step_waits_for_readiness() {
    let mut cluster = begun();
    let load = cluster.add_load(LoadSpec {
        name: "visitors".into(),
        host: "web.default".into(),
        port: 80,
        path: "/".into(),
        rate: 20,
        timeout: SimDuration::from_secs(2),
        namespace: "default".into(),
        node: "node-1".into(),
    });
    cluster.submit(Input::StartLoad { load });
    wait(&mut cluster, 5);
    let since = cluster.now();
    let patch = "patch rc my-nginx -p {\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"nginx\",\
                 \"lifecycle\":{\"preStop\":{\"sleep\":{\"seconds\":5}}}}]}}}}";
    assert_eq!(kubectl(&mut cluster, &patch.replace('"', "\\\"")), "replicationcontroller/my-nginx patched\n");
    let hasty = typed(&mut cluster, "rolling-update my-nginx --image=nginx:1.27 --update-period=1s");
    assert!(hasty.ends_with("replicationcontroller/my-nginx rolling updated\n"), "{hasty}");
    let lost_at_first = cluster.loads()[load].since(since).lost();
    // The first Pods had no preStop hook; those that go now wait until every proxy has forgotten them.
    let since = cluster.now();
    let said = typed(&mut cluster, "rolling-update my-nginx --image=nginx:1.26 --update-period=10s");
    assert!(said.ends_with("replicationcontroller/my-nginx rolling updated\n"), "{said}");
    wait(&mut cluster, 40);
    let run = cluster.loads()[load].since(since);
    assert!(run.total() > 1000 && run.lost() == 0, "{run:?}");
    assert!(lost_at_first < 20, "at worst what the proxies had not forgotten yet: {lost_at_first}");
}

#[test]
fn an_update_that_was_broken_off_is_resumed_or_rolled_back() {
    let mut cluster = begun();
    let update = "rolling-update my-nginx --image=nginx:1.27 --update-period=10s";
    let number = start(&mut cluster, update, None);
    wait(&mut cluster, 15);
    cluster.submit(Input::Interrupt { invocation: number });
    wait(&mut cluster, 10);
    assert_eq!(cluster.outcome_of(number).unwrap().0, 130);
    let other = typed(&mut cluster, "rolling-update my-nginx --image=nginx:1.28");
    assert_eq!(
        other,
        "error: Found existing in-progress update to image (nginx:1.27).\n\
         Either continue in-progress update with --image=nginx:1.27 or rollback with --rollback\n[exit 1]\n"
    );
    let mut fork = cluster.clone();
    assert_eq!(
        typed(&mut cluster, update),
        "\
Found existing update in progress (my-nginx-HASH), resuming.
Continuing update with existing controller my-nginx-HASH.
Scaling up my-nginx-HASH from 1 to 2, scaling down my-nginx from 1 to 0 (keep 2 pods available, don't exceed 3 pods)
Scaling my-nginx-HASH up to 2
Scaling my-nginx down to 0
Update succeeded. Deleting old controller: my-nginx
Renaming my-nginx-HASH to my-nginx
replicationcontroller/my-nginx rolling updated
"
    );
    assert_eq!(
        typed(&mut fork, "rolling-update my-nginx --rollback --update-period=10s"),
        "\
Setting \"my-nginx\" replicas to 2
Continuing update with existing controller my-nginx.
Scaling up my-nginx from 1 to 2, scaling down my-nginx-HASH from 1 to 0 (keep 2 pods available, don't exceed 3 pods)
Scaling my-nginx up to 2
Scaling my-nginx-HASH down to 0
Update succeeded. Deleting my-nginx-HASH
replicationcontroller/my-nginx rolling updated
"
    );
    wait(&mut fork, 20);
    assert!(kubectl(&mut fork, "get pods -o jsonpath={..image}").split(' ').all(|image| !image.contains("1.27")));
}

#[test]
fn an_image_that_does_not_exist_stops_the_update_before_anything_is_lost() {
    let mut cluster = begun();
    let said =
        typed(&mut cluster, "rolling-update my-nginx web-v2 --image=nginx:nope --update-period=5s --timeout=20s");
    assert_eq!(
        said,
        "\
Created web-v2
Scaling up web-v2 from 0 to 2, scaling down my-nginx from 2 to 0 (keep 2 pods available, don't exceed 3 pods)
Scaling web-v2 up to 1
error: timed out waiting for any update progress to be made
[exit 1]
"
    );
    let left = kubectl(&mut cluster, "get rc");
    let plain = left.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(plain.contains("my-nginx 2 2 2") && plain.contains("web-v2 1 1 0"), "{left}");
}

#[test]
fn a_controller_from_a_file_must_differ_in_a_label() {
    let mut cluster = begun();
    let mut refused = |line: &str, stdin: Option<&str>| {
        let number = start(&mut cluster, line, stdin);
        while cluster.outcome_of(number).is_none() {
            assert!(cluster.step());
        }
        cluster.outcome_of(number).unwrap().1.replace(FIRST_LINES, "")
    };
    let new = OLD.split("---").next().unwrap().replace("my-nginx", "v2");
    let same = refused("rolling-update my-nginx -f -", Some(&new));
    assert_eq!(same, "error: - must specify a matching key with non-equal value in Selector for my-nginx\n");
    let dry = new.replace("app: nginx", "app: other").replace("replicas: 2", "");
    assert_eq!(refused("rolling-update my-nginx -f - --dry-run", Some(&dry)), "Rolling from:\nmy-nginx\nTo:\nv2\n");
    let see = "See 'kubectl rolling-update -h' for help and examples";
    assert_eq!(
        refused("rolling-update my-nginx", None),
        format!("error: Must specify --filename or --image for new controller\n{see}\n")
    );
    assert_eq!(
        refused("rolling-update nope --rollback", None),
        "Error from server (NotFound): replicationcontrollers \"nope\" not found\n"
    );
    assert_eq!(
        refused("rolling-update my-nginx --image=nginx:1.26", None),
        "error: --image-pull-policy (Always|Never|IfNotPresent) must be provided when --image is the same as existing \
         container image\n"
    );
    assert_eq!(refused("rolling-update my-nginx --rollback", None), "error: Could not find  to rollback.\n");
}
