//! What a learner does in the first hour, with the real kubectl.

use super::{Served, kubectl};

#[test]
fn the_first_hour_with_the_real_kubectl() {
    let Some(kubectl) = kubectl() else { return };
    let served = Served::start(kubectl);
    let says = |line: &str, wanted: &str| {
        let ran = served.run(line);
        assert!(ran.out.contains(wanted), "kubectl {line}\nwanted: {wanted}\n{}", ran.out);
        assert_eq!(ran.code, 0, "kubectl {line}\n{}", ran.out);
    };
    let refuses = |line: &str, wanted: &str| {
        let ran = served.run(line);
        assert!(ran.out.contains(wanted) && ran.code != 0, "kubectl {line}\nwanted: {wanted}\n{}", ran.out);
    };
    says("version", "-podlab");
    says("get nodes", "node-3");
    says("api-resources", "deployments");
    says("api-versions", "apps/v1");
    says("cluster-info", "Kubernetes control plane");
    says("get --raw /readyz?verbose", "readyz check passed");
    says("create deployment web --image=nginx --replicas=3", "deployment.apps/web created");
    says("rollout status deployment/web --timeout=60s", "successfully rolled out");
    says("expose deployment web --port=80", "service/web exposed");
    says("get all", "deployment.apps/web");
    says("get pods -o wide", "10.244.");
    says("get pods -o name", "pod/web-");
    says("get deploy web -o yaml", "availableReplicas: 3");
    says("get deploy web -o jsonpath={.status.readyReplicas}", "3");
    says("get pods --show-labels", "app=web");
    says("get pods -l app=web -o custom-columns=N:.metadata.name", "web-");
    says("describe deployment web", "Available      True    MinimumReplicasAvailable");
    says("describe pod -l app=web", "Controlled By:  ReplicaSet/web-");
    says("describe node node-1", "Allocated resources:");
    says("get events", "ScalingReplicaSet");
    says("scale deployment web --replicas=2", "deployment.apps/web scaled");
    says("set image deployment/web nginx=nginx:1.27", "image updated");
    says("rollout status deployment/web --timeout=60s", "successfully rolled out");
    says("rollout history deployment/web", "REVISION");
    says("rollout undo deployment/web", "rolled back");
    says("label deployment web tier=front", "labeled");
    says("annotate deployment web note=hello", "annotated");
    says("patch deployment web -p '{\"spec\":{\"replicas\":3}}'", "patched");
    says(
        "patch deployment web --type=json -p '[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":2}]'",
        "patched",
    );
    says("rollout restart deployment/web", "restarted");
    says("create namespace shop", "namespace/shop created");
    says("create configmap conf --from-literal=a=1 -n shop", "configmap/conf created");
    says("create secret generic token --from-literal=a=1 -n shop", "secret/token created");
    says("create serviceaccount robot -n shop", "serviceaccount/robot created");
    says("create quota small --hard=pods=1 -n shop", "resourcequota/small created");
    served.until("get quota small -n shop", "0/1");
    says("run one --image=nginx -n shop", "pod/one created");
    refuses("run two --image=nginx -n shop", "exceeded quota: small");
    says("wait pod/one -n shop --for=condition=Ready --timeout=60s", "condition met");
    says("logs one -n shop", "");
    says("cordon node-1", "cordoned");
    says("drain node-1 --ignore-daemonsets --delete-emptydir-data --force", "drained");
    says("uncordon node-1", "uncordoned");
    says("taint node node-1 a=b:NoSchedule", "tainted");
    says("delete deployment web", "deleted");
    says("delete namespace shop --timeout=60s", "deleted");
    refuses("get pod nobody", "Error from server (NotFound): pods \"nobody\" not found");
    refuses("create deployment web --image=nginx --replicas=-1", "must");
}

#[test]
fn what_the_outside_did_stands_in_the_journal_with_its_cause() {
    let Some(kubectl) = kubectl() else { return };
    let served = Served::start(kubectl);
    let born = served.with(|session| session.present());
    assert_eq!(served.run("create configmap one --from-literal=a=1").code, 0);
    let told = served.with(|session| {
        let trace = session.cluster().trace();
        trace.iter().any(|(_, cause)| &*cause.actor == "kubectl (outside)" && cause.object.contains("one"))
    });
    assert!(told, "the trace does not say who made the ConfigMap");
    served.with(move |session| session.rewind(born));
    let ran = served.run("get configmap one");
    assert!(ran.out.contains("not found"), "a rewind takes back what the outside did: {}", ran.out);
}
