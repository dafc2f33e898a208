//! Claims, disks and what lies on them, in a whole cluster.

use std::collections::BTreeMap;
use std::sync::Arc;

use podlab::cluster::{Cluster, ClusterSpec, Input, NodePool};
use podlab::engine::trace::Recording;
use podlab::engine::{Seed, SimDuration};
use podlab::machine::Catalogue;

struct Lab {
    cluster: Cluster,
    next: u64,
}

impl Lab {
    fn new() -> Self {
        let spec = ClusterSpec {
            control_planes: 1,
            control_plane_nodes: false,
            nodes: vec![NodePool { count: 2, ..NodePool::default() }],
            ..ClusterSpec::default()
        };
        let catalogue = Arc::new(Catalogue::built_in().unwrap());
        let cluster = Cluster::boot(spec, catalogue, Seed(1), Recording::On).unwrap();
        let mut lab = Self { cluster, next: 1 };
        lab.wait(25);
        lab
    }

    fn wait(&mut self, seconds: u64) {
        let until = self.cluster.now() + SimDuration::from_secs(seconds);
        self.cluster.run_until(until);
    }

    fn kubectl(&mut self, line: &str) -> String {
        self.with_stdin(line, None)
    }

    fn apply(&mut self, manifest: &str) -> String {
        self.with_stdin("apply -f -", Some(manifest.into()))
    }

    fn with_stdin(&mut self, line: &str, stdin: Option<String>) -> String {
        let number = self.next;
        self.next += 1;
        let input =
            Input::Kubectl { invocation: number, line: line.to_owned(), files: Arc::new(BTreeMap::new()), stdin };
        self.cluster.submit(input);
        let end = self.cluster.now() + SimDuration::from_secs(60);
        while self.cluster.outcome_of(number).is_none() && self.cluster.now() < end {
            assert!(self.cluster.step());
        }
        self.cluster.outcome_of(number).unwrap().1.to_owned()
    }
}

const CLAIM: &str = r#"
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: disk}
provisioner: podlab.dev/disk
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {storageClassName: disk, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
"#;

fn pod(name: &str, node: &str, script: &str) -> String {
    format!(
        r#"
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  nodeSelector: {{kubernetes.io/hostname: {node}}}
  terminationGracePeriodSeconds: 1
  volumes: [{{name: d, persistentVolumeClaim: {{claimName: data}}}}]
  containers:
  - {{name: app, image: "busybox:1.36", command: [sh, -c, "{script}; sleep 600"], volumeMounts: [{{name: d, mountPath: /d}}]}}
"#
    )
}

#[test]
fn a_disk_is_made_attached_filled_and_moved_with_what_lies_on_it() {
    let mut lab = Lab::new();
    lab.apply(CLAIM);
    lab.wait(5);
    let nodes = lab.kubectl("get nodes -o name");
    let names: Vec<String> = nodes.lines().map(|line| line.trim_start_matches("node/").to_owned()).collect();
    let mut transcript = lab.kubectl("get pvc");
    lab.apply(&pod(
        "one",
        &names[0],
        "echo hello > /d/file; dd if=/dev/zero of=/d/big bs=1000000 count=2; ls /d; rm /d/big",
    ));
    lab.wait(20);
    transcript += &lab.kubectl("get pod,pvc");
    transcript += &lab.kubectl("logs one");
    lab.apply(&pod("two", &names[1], "cat /d/file"));
    lab.wait(10);
    transcript += &lab.kubectl("get pod two");
    lab.kubectl("delete pod one --wait=false");
    lab.wait(60);
    transcript += &lab.kubectl("get pods");
    transcript += &lab.kubectl("logs two");
    for name in ["data", "one", "two"] {
        let events = format!(
            "get events --field-selector involvedObject.name={name} -o custom-columns=WHAT:.reason,TEXT:.message"
        );
        transcript += &lab.kubectl(&events);
    }
    let volume = transcript.split_whitespace().find(|word| word.starts_with("pvc-")).unwrap().to_owned();
    insta::assert_snapshot!(transcript.replace(&volume, "pvc-<uid>"), @r#"
    NAME   STATUS    VOLUME   CAPACITY   ACCESS MODES   STORAGECLASS   VOLUMEATTRIBUTESCLASS   AGE
    data   Pending                                      disk           <unset>                 5s
    NAME      READY   STATUS    RESTARTS   AGE
    pod/one   1/1     Running   0          20s

    NAME                         STATUS   VOLUME                                     CAPACITY   ACCESS MODES   STORAGECLASS   VOLUMEATTRIBUTESCLASS   AGE
    persistentvolumeclaim/data   Bound    pvc-<uid>   1Mi        RWO            disk           <unset>                 25s
    dd: error writing '/d/big': No space left on device
    1+0 records in
    1+0 records out
    big
    file
    NAME   READY   STATUS              RESTARTS   AGE
    two    0/1     ContainerCreating   0          10s
    NAME   READY   STATUS    RESTARTS   AGE
    two    1/1     Running   0          70s
    hello
    WHAT                    TEXT
    WaitForFirstConsumer    waiting for first consumer to be created before binding
    ExternalProvisioning    Waiting for a volume to be created either by the external provisioner 'podlab.dev/disk' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.
    Provisioning            External provisioner is provisioning volume for claim "default/data"
    ProvisioningSucceeded   Successfully provisioned volume pvc-<uid>
    WHAT                     TEXT
    Scheduled                Successfully assigned default/one to node-1
    SuccessfulAttachVolume   AttachVolume.Attach succeeded for volume "pvc-<uid>" 
    Pulling                  Pulling image "busybox:1.36"
    Pulled                   Successfully pulled image "busybox:1.36" in 403ms (403ms including waiting). Image size: 2156519 bytes.
    Created                  Container created
    Started                  Container started
    Killing                  Stopping container app
    WHAT                     TEXT
    Scheduled                Successfully assigned default/two to node-2
    FailedAttachVolume       Multi-Attach error for volume "pvc-<uid>" Volume is already used by pod(s) one
    SuccessfulAttachVolume   AttachVolume.Attach succeeded for volume "pvc-<uid>" 
    Pulling                  Pulling image "busybox:1.36"
    Pulled                   Successfully pulled image "busybox:1.36" in 403ms (403ms including waiting). Image size: 2156519 bytes.
    Created                  Container created
    Started                  Container started
    "#);
}
