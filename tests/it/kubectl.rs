//! kubectl against a whole cluster: what a person at the prompt sees.

use std::collections::BTreeMap;
use std::sync::Arc;

use podlab::cluster::{Cluster, ClusterSpec, Input, NodePool};
use podlab::engine::trace::Recording;
use podlab::engine::{Seed, SimDuration, SimTime};
use podlab::machine::Catalogue;

/// No command runs longer.
const PATIENCE: SimDuration = SimDuration::from_secs(120);

struct Prompt {
    cluster: Cluster,
    number: u64,
    files: BTreeMap<String, String>,
}

impl Prompt {
    fn new(nodes: u32) -> Self {
        let nodes = vec![NodePool { count: nodes, ..NodePool::default() }];
        let spec = ClusterSpec { control_planes: 1, control_plane_nodes: false, nodes, ..ClusterSpec::default() };
        let catalogue = Arc::new(Catalogue::built_in().unwrap());
        let mut cluster = Cluster::boot(spec, catalogue, Seed(1), Recording::On).unwrap();
        cluster.run_until(SimTime::from_secs(30));
        Self { cluster, number: 0, files: BTreeMap::new() }
    }

    fn pipe(&mut self, line: &str, stdin: Option<&str>) -> String {
        self.number += 1;
        let (invocation, stdin) = (self.number, stdin.map(str::to_owned));
        let files = Arc::new(self.files.clone());
        self.cluster.submit(Input::Kubectl { invocation, line: line.to_owned(), files, stdin });
        let end = self.cluster.now() + PATIENCE;
        while self.cluster.outcome_of(invocation).is_none() && self.cluster.now() < end {
            assert!(self.cluster.step());
        }
        self.files.extend(self.cluster.take_written());
        match self.cluster.outcome_of(invocation) {
            Some((0, text)) => text.to_owned(),
            Some((code, text)) => format!("{text}[exit {code}]\n"),
            None => format!("{}[runs]\n", self.cluster.invocation(invocation).unwrap().output()),
        }
    }

    fn run(&mut self, line: &str) -> String {
        self.pipe(line, None)
    }

    fn wait(&mut self, seconds: u64) {
        self.cluster.run_until(self.cluster.now() + SimDuration::from_secs(seconds));
    }
}

const TALK: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: talk}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: a, image: 'busybox:1.36', command: [sh, -c, 'for i in 1 2 3; do echo line $i; done; echo oops >&2; sleep 600']}
  - {name: b, image: 'busybox:1.36', command: [sleep, '600']}
";

#[test]
fn logs_and_exec_reach_the_container() {
    let mut prompt = Prompt::new(1);
    assert_eq!(prompt.pipe("apply -f -", Some(TALK)), "pod/talk created\n");
    assert_eq!(prompt.run("wait --for=condition=Ready pod/talk --timeout=30s"), "pod/talk condition met\n");
    let chosen = "Defaulted container \"a\" out of: a, b\n";
    for (line, said) in [
        ("logs talk", format!("{chosen}line 1\nline 2\nline 3\noops\n")),
        ("logs talk -c b", String::new()),
        ("logs talk --tail=2", format!("{chosen}line 3\noops\n")),
        ("logs talk --all-containers --prefix --tail=1", "[pod/talk/a] oops\n".into()),
        (
            "logs talk --previous",
            format!(
                "{chosen}Error from server (BadRequest): previous terminated container \"a\" in pod \"talk\" not found\n[exit 1]\n"
            ),
        ),
        ("logs talk -c none", "error: container none is not valid for pod talk out of: a, b\n[exit 1]\n".into()),
        ("exec talk -- sh -c 'exit 5'", format!("{chosen}command terminated with exit code 5\n[exit 5]\n")),
        ("exec talk -c b -- hostname", "talk\n".into()),
        ("delete pod talk --now", "pod \"talk\" deleted from default namespace\n".into()),
        ("get pods", "No resources found in default namespace.\n".into()),
    ] {
        assert_eq!(prompt.run(line), said, "{line}");
    }
}

#[test]
fn a_rollout_is_followed_undone_and_drained() {
    let mut prompt = Prompt::new(2);
    let last = |text: String| text.lines().last().unwrap().to_owned();
    assert_eq!(prompt.run("create deployment web --image=nginx:1.26 --replicas=4"), "deployment.apps/web created\n");
    let done = "deployment \"web\" successfully rolled out";
    assert_eq!(last(prompt.run("rollout status deployment/web")), done);
    assert_eq!(prompt.run("set image deployment/web nginx=nginx:1.27"), "deployment.apps/web image updated\n");
    assert_eq!(last(prompt.run("rollout status deployment/web")), done);
    assert_eq!(
        prompt.run("rollout history deployment/web"),
        "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n"
    );
    assert_eq!(prompt.run("rollout undo deployment/web"), "deployment.apps/web rolled back\n");
    assert_eq!(last(prompt.run("rollout status deployment/web")), done);
    assert_eq!(prompt.run("get deploy web -o jsonpath='{.spec.template.spec.containers[0].image}'"), "nginx:1.26");
    prompt.wait(30);
    let drained = prompt.run("drain node-1");
    assert!(drained.starts_with("node/node-1 cordoned\nevicting pod default/web-"), "{drained}");
    assert!(drained.ends_with(" evicted\nnode/node-1 drained\n"), "{drained}");
    prompt.wait(30);
    assert_eq!(
        prompt.run("get pods --field-selector spec.nodeName=node-1"),
        "No resources found in default namespace.\n"
    );
    assert!(prompt.run("describe node node-2").contains("Non-terminated Pods:          (4 in total)"));
}

#[test]
fn a_watch_prints_every_step_of_a_pod() {
    let mut prompt = Prompt::new(1);
    prompt.number += 1;
    let (invocation, line) = (prompt.number, "get pods -w".to_owned());
    let files = Arc::new(BTreeMap::new());
    prompt.cluster.submit(Input::Kubectl { invocation, line, files, stdin: None });
    prompt.wait(1);
    prompt.run("run web --image=nginx:1.27");
    prompt.wait(10);
    let shown = prompt.cluster.invocation(invocation).unwrap().output().to_owned();
    let states: Vec<&str> = shown.lines().skip(1).filter_map(|line| line.split_whitespace().nth(2)).collect();
    assert!(states.starts_with(&["Pending", "Pending", "ContainerCreating"]), "{shown}");
    assert_eq!(states.last(), Some(&"Running"), "{shown}");
    prompt.cluster.submit(Input::Interrupt { invocation });
    prompt.wait(1);
    assert_eq!(prompt.cluster.outcome_of(invocation).unwrap().0, 130);
}

const ECHO: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: echo}
spec:
  restartPolicy: Never
  containers:
  - {name: a, image: busybox, stdin: true, stdinOnce: true, command: [sh, -c, 'read line; echo \"<$line>\"; exit 3']}
";

#[test]
fn files_go_into_containers_and_out_of_them() {
    let mut prompt = Prompt::new(1);
    prompt.run("run web --image=nginx");
    prompt.run("wait --for=condition=Ready pod/web --timeout=60s");
    for (name, text) in [("site/index.html", "a page\n"), ("site/deep/note", "x\n"), ("one.txt", "1\n")] {
        prompt.files.insert(name.into(), text.into());
    }
    let removing = "tar: Removing leading `/' from member names\n";
    for (line, said) in [
        ("cp site web:/tmp/", ""),
        ("exec web -- cat /tmp/site/deep/note", "x\n"),
        ("cp ./one.txt web:/usr/share/nginx/html/index.html", ""),
        ("exec web -- curl -s localhost", "1\n"),
        ("cp web:/tmp/site back", removing),
        ("cp default/web:/etc/nginx/nginx.conf .", removing),
        ("cp none web:/tmp/", "error: none doesn't exist in local filesystem\n[exit 1]\n"),
        ("cp one.txt two.txt", "error: one of src or dest must be a remote file specification\n[exit 1]\n"),
        (
            "cp one.txt :/tmp",
            "error: filespec must match the canonical format: [[namespace/]pod:]file/path\n[exit 1]\n",
        ),
    ] {
        assert_eq!(prompt.run(line), said, "{line}");
    }
    assert_eq!(
        (prompt.files["back/deep/note"].as_str(), prompt.files["back/index.html"].as_str()),
        ("x\n", "a page\n")
    );
    assert!(prompt.files["nginx.conf"].contains("worker_processes"));
    let missing = prompt.run("cp web:/none here");
    assert!(missing.contains("Cannot stat") && missing.ends_with("exit code 2\n[exit 2]\n"), "{missing}");
}

#[test]
fn containers_are_attached_to_and_looked_into() {
    let mut prompt = Prompt::new(1);
    prompt.run("run web --image=nginx");
    prompt.run("wait --for=condition=Ready pod/web --timeout=60s");
    let looked = prompt.run("debug web --image=busybox --target=web -i -c looker -- sh -c 'sleep 2; ps'");
    assert!(looked.starts_with("Targeting container \"web\"."), "{looked}");
    assert!(looked.contains("nginx -g daemon off;"), "{looked}");
    prompt.wait(2);
    assert!(prompt.run("describe pod web").contains("looker:"));
    let node = prompt.run("debug node/node-1 --image=busybox -i -- cat /host/etc/hostname");
    assert!(node.starts_with("Creating debugging pod node-debugger-node-1-"), "{node}");
    assert!(node.ends_with("node-1\n"), "{node}");
    assert_eq!(prompt.run("debug web --copy-to=copy --set-image=*=nginx:1.27"), "");
    assert_eq!(prompt.run("get pod copy -o jsonpath={.spec.containers[0].image}"), "nginx:1.27");

    assert_eq!(prompt.pipe("apply -f -", Some(ECHO)), "pod/echo created\n");
    prompt.run("wait --for=condition=Ready pod/echo --timeout=60s");
    let said = prompt.pipe("attach -i -q echo", Some("hello\n"));
    assert_eq!(said, "<hello>\n");
    let done = "error: cannot attach a container in a completed pod; current phase is Failed\n[exit 1]\n";
    prompt.wait(2);
    assert_eq!(prompt.run("attach echo"), done);
    let forward = prompt.run("port-forward pod/web 8080:80");
    assert!(forward.contains("kubectl exec web -- curl -s localhost:80"), "{forward}");
}
