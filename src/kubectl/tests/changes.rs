//! Changes, deletions, edits, drained nodes, watches: typed and answered.

use super::console::Console;
use super::transcripts::{CONFIG_MAPS, WEB};

#[test]
fn the_selector_of_a_service_is_replaced_as_a_whole() {
    let mut console = Console::new();
    console.run("create service clusterip shop --tcp=80:8080");
    for (line, said) in [
        ("set selector service shop app=shop,color=blue", "service/shop selector updated\n"),
        ("get service shop -o jsonpath={.spec.selector}", "{\"app\":\"shop\",\"color\":\"blue\"}"),
        ("set selector svc/shop role=web", "service/shop selector updated\n"),
        ("get service shop -o jsonpath={.spec.selector}", "{\"role\":\"web\"}"),
        ("set selector svc/shop role=web", ""),
        (
            "set selector svc/shop color!=blue",
            "error: operator \"NotIn\" cannot be converted into the old label selector format\n[exit 1]\n",
        ),
    ] {
        assert_eq!(console.run(line), said, "kubectl {line}");
    }
    console.run("create deployment web --image=nginx:1.26");
    let refused = console.run("set selector deploy/web app=web");
    assert_eq!(refused, "error: setting a selector is only supported for Services\n[exit 1]\n");
}

#[test]
fn changes_are_told_as_they_are_made() {
    let mut console = Console::new();
    console.run("create deployment web --image=nginx:1.26");
    for (line, said) in [
        ("scale deploy/web --replicas=5", "deployment.apps/web scaled\n"),
        ("scale deploy/web --replicas=6 --current-replicas=9", "error: Expected replicas to be 9, was 5\n[exit 1]\n"),
        ("set image deploy/web nginx=nginx:1.28", "deployment.apps/web image updated\n"),
        ("set image deploy/web nginx=nginx:1.28", ""),
        ("set image deploy/web zzz=nginx", "error: unable to find container named \"zzz\"\n[exit 1]\n"),
        ("set env deploy/web A=B", "deployment.apps/web env updated\n"),
        ("set env deploy/web --list", "# deployments/web, container nginx\nA=B\n"),
        ("set env deploy/web A-", "deployment.apps/web env updated\n"),
        (
            "set resources deploy/web --limits=cpu=200m,memory=128Mi",
            "deployment.apps/web resource requirements updated\n",
        ),
        ("label deploy web a=b", "deployment.apps/web labeled\n"),
        ("label deploy web a=c", "error: 'a' already has a value (b), and --overwrite is false\n[exit 1]\n"),
        ("label deploy web a=c --overwrite", "deployment.apps/web labeled\n"),
        ("label deploy web a-", "deployment.apps/web unlabeled\n"),
        ("label deploy web zz-", "label \"zz\" not found.\ndeployment.apps/web not labeled\n"),
        ("annotate deploy web a=b", "deployment.apps/web annotated\n"),
        ("annotate deploy web a-", "deployment.apps/web annotated\n"),
        ("rollout pause deploy/web", "deployment.apps/web paused\n"),
        ("rollout pause deploy/web", "error: deployments.apps \"web\" is already paused\n[exit 1]\n"),
        (
            "rollout restart deploy/web",
            "error: deployments.apps \"web\" can't restart paused deployment (run rollout resume first)\n[exit 1]\n",
        ),
        ("rollout resume deploy/web", "deployment.apps/web resumed\n"),
        ("rollout resume deploy/web", "error: deployments.apps \"web\" is not paused\n[exit 1]\n"),
        ("rollout restart deploy/web", "deployment.apps/web restarted\n"),
        ("rollout undo deploy/web", "error: no rollout history found for deployment \"web\"\n[exit 1]\n"),
        (
            "rollout status deploy/nosuch",
            "Error from server (NotFound): deployments.apps \"nosuch\" not found\n[exit 1]\n",
        ),
        (
            "rollout status deploy/web --timeout=2s",
            "Waiting for deployment spec update to be observed...\nerror: timed out waiting for the condition\n[exit 1]\n",
        ),
        ("patch deploy web -p '{\"spec\":{\"replicas\":2}}'", "deployment.apps/web patched\n"),
        ("patch deploy web -p '{\"spec\":{\"replicas\":2}}'", "deployment.apps/web patched (no change)\n"),
        (
            "patch deploy web --type=strange -p '{}'",
            "error: --type must be one of [json merge strategic], not \"strange\"\n[exit 1]\n",
        ),
        (
            "patch deploy web --type=json -p '[{\"op\":\"remove\",\"path\":\"/metadata/labels/none\"}]'",
            "The request is invalid: the server rejected our request due to an error in our request\n[exit 1]\n",
        ),
    ] {
        assert_eq!(console.run(line), said, "{line}");
    }
}

#[test]
fn delete_waits_until_it_is_over() {
    let mut console = Console::new();
    console
        .pipe("apply -f -", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: held, finalizers: [example.com/a]}\n");
    assert_eq!(console.run("delete cm held --wait=false"), "configmap \"held\" deleted from default namespace\n");
    assert_eq!(
        console.run("delete cm held --timeout=2s"),
        "configmap \"held\" deleted from default namespace\nerror: timed out waiting for the condition on configmaps/held\n[exit 1]\n"
    );
    assert_eq!(
        console.run("patch cm held --type=merge -p '{\"metadata\":{\"finalizers\":null}}'"),
        "configmap/held patched\n"
    );
    assert_eq!(console.run("get cm held"), "Error from server (NotFound): configmaps \"held\" not found\n[exit 1]\n");
    console.pipe("apply -f -", WEB);
    assert_eq!(
        console.run("delete pod web --force"),
        "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may \
         continue to run on the cluster indefinitely.\npod \"web\" force deleted from default namespace\n"
    );
    assert_eq!(console.run("delete pods --all"), "No resources found\n");
    console.pipe("apply -f -", CONFIG_MAPS);
    assert_eq!(
        console.run("delete cm -l fruit=yes"),
        "configmap \"apple\" deleted from default namespace\nconfigmap \"pear\" deleted from default namespace\n"
    );
}

#[test]
fn edit_sends_what_a_person_changed() {
    let mut console = Console::new();
    console.run("create configmap conf --from-literal=color=blue");
    console.editor.push_back(|text| text.replace("blue", "red"));
    assert_eq!(console.run("edit cm conf"), "configmap/conf edited\n");
    assert_eq!(console.run("get cm conf -o jsonpath='{.data.color}'"), "red");
    console.editor.push_back(str::to_owned);
    assert_eq!(console.run("edit cm conf"), "Edit cancelled, no changes made.\n");
    console.editor.push_back(|text| text.replace("data:", "data: ["));
    console.editor.push_back(|text| {
        assert!(text.contains("# The edited file had a syntax error"), "{text}");
        text.to_owned()
    });
    assert_eq!(console.run("edit cm conf"), "error: Edit cancelled, no valid changes were saved.\n[exit 1]\n");
}

#[test]
fn nodes_are_closed_tainted_and_drained() {
    let mut console = Console::new();
    console.pipe("create -f -", "apiVersion: v1\nkind: Node\nmetadata: {name: node-2}\n");
    let nowhere = "apiVersion: v1\nkind: Pod\nmetadata: {name: bare}\nspec: {nodeName: node-2, containers: [{name: a, image: a}]}\n";
    console.pipe("create -f -", nowhere);
    for (line, said) in [
        ("cordon node-2", "node/node-2 cordoned\n"),
        ("cordon node-2", "node/node-2 already cordoned\n"),
        ("uncordon node-2", "node/node-2 uncordoned\n"),
        ("uncordon node-2", "node/node-2 already uncordoned\n"),
        ("taint node node-2 k=v:NoSchedule", "node/node-2 tainted\n"),
        (
            "taint node node-2 k=v:NoSchedule",
            "error: node node-2 already has k taint(s) with same effect(s) and --overwrite is false\n[exit 1]\n",
        ),
        ("taint nodes node-2 k=other:NoSchedule --overwrite", "node/node-2 modified\n"),
        ("taint nodes node-2 gone-", "error: taint \"gone\" not found\n[exit 1]\n"),
        ("taint node node-2 k-", "node/node-2 untainted\n"),
        (
            "taint node node-2 k=v:Bad",
            "error: invalid taint effect: Bad, unsupported taint effect\nSee 'kubectl taint -h' for help and examples\n[exit 1]\n",
        ),
        ("drain node-9", "Error from server (NotFound): nodes \"node-9\" not found\n[exit 1]\n"),
        (
            "drain node-2",
            "node/node-2 cordoned\nerror: unable to drain node \"node-2\" due to error: cannot delete Pods that declare no controller \
             (use --force to override): default/bare, continuing command...\nThere are pending nodes to be drained:\n node-2\ncannot \
             delete Pods that declare no controller (use --force to override): default/bare\n[exit 1]\n",
        ),
        (
            "drain node-2 --force --timeout=3s",
            "node/node-2 already cordoned\nWarning: deleting Pods that declare no controller: default/bare\nevicting pod \
             default/bare\nThere are pending pods in node \"node-2\" when an error occurred: error when waiting for pod \"bare\" in \
             namespace \"default\" to terminate: context deadline exceeded\npod/bare\nerror: unable to drain node \"node-2\" due to \
             error: error when waiting for pod \"bare\" in namespace \"default\" to terminate: context deadline exceeded, continuing \
             command...\nThere are pending nodes to be drained:\n node-2\nerror when waiting for pod \"bare\" in namespace \"default\" \
             to terminate: context deadline exceeded\n[exit 1]\n",
        ),
        (
            "delete pod bare --force --grace-period=0 --wait=false -o name",
            "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\npod/bare\n",
        ),
        ("drain node-2", "node/node-2 already cordoned\nnode/node-2 drained\n"),
    ] {
        assert_eq!(console.run(line), said, "{line}");
    }
}

#[test]
fn a_watch_goes_on_and_an_interrupt_ends_it() {
    let mut console = Console::new();
    console.pipe("apply -f -", WEB);
    assert_eq!(console.run("get pods -w -o name"), "pod/web\n[runs]\n");
    assert_eq!(
        console.run("wait --for=condition=Ready pod/web --timeout=1s"),
        "error: timed out waiting for the condition on pods/web\n[exit 1]\n"
    );
    assert_eq!(console.run("wait --for=jsonpath='{.status.phase}'=Pending pod/web"), "pod/web condition met\n");
    assert_eq!(console.run("wait --for=delete cm/none --timeout=1s"), "");
}

#[test]
fn kubectl_explains_itself_and_the_cluster() {
    let mut console = Console::new();
    insta::assert_snapshot!(console.run("explain deploy.spec.strategy"), @r#"
    GROUP:      apps
    KIND:       Deployment
    VERSION:    v1

    FIELD: strategy <DeploymentStrategy>


    DESCRIPTION:
        The deployment strategy to use to replace existing pods with new ones.
        DeploymentStrategy describes how to replace existing pods with new ones.
        
    FIELDS:
      rollingUpdate	<RollingUpdateDeployment>
        Rolling update config params. Present only if DeploymentStrategyType =
        RollingUpdate.

      type	<string>
      enum: Recreate, RollingUpdate
        Type of deployment. Can be "Recreate" or "RollingUpdate". Default is
        RollingUpdate.
        
        Possible enum values:
         - `"Recreate"`
         - `"RollingUpdate"`
    "#);
    insta::assert_snapshot!(console.run("explain svc").lines().take(17).collect::<Vec<_>>().join("\n"), @r#"
    KIND:       Service
    VERSION:    v1

    DESCRIPTION:
        Service is a named abstraction of software service (for example, mysql)
        consisting of local port (for example 3306) that the proxy listens on, and
        the selector that determines which pods will answer requests sent through
        the proxy.
        
    FIELDS:
      apiVersion	<string>
        APIVersion defines the versioned schema of this representation of an object.
        Servers should convert recognized schemas to the latest internal value, and
        may reject unrecognized values. More info:
        https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources

      kind	<string>
    "#);
    insta::assert_snapshot!(console.run("api-resources --api-group=apps"), @r#"
    NAME                  SHORTNAMES   APIVERSION   NAMESPACED   KIND
    controllerrevisions                apps/v1      true         ControllerRevision
    daemonsets            ds           apps/v1      true         DaemonSet
    deployments           deploy       apps/v1      true         Deployment
    replicasets           rs           apps/v1      true         ReplicaSet
    statefulsets          sts          apps/v1      true         StatefulSet
    "#);
    assert_eq!(console.run("config set-context --current --namespace=shop"), "Context \"podlab\" modified.\n");
    assert_eq!(console.run("get pods"), "No resources found in shop namespace.\n");
    assert_eq!(console.run("auth can-i get pods"), "yes\n");
    insta::assert_snapshot!(console.run("version"), @r#"
    Client Version: v1.36.2
    Kustomize Version: v5.8.1
    Server Version: v1.36.2
    "#);
    insta::assert_snapshot!(console.run("config get-contexts"), @r#"
    CURRENT   NAME     CLUSTER   AUTHINFO           NAMESPACE
    *         podlab   podlab    kubernetes-admin   shop
    "#);
    insta::assert_snapshot!(console.run("describe cm nothing"), @r#"
    Error from server (NotFound): configmaps "nothing" not found
    [exit 1]
    "#);
}

#[test]
fn server_side_apply_keeps_managers_apart() {
    let mut console = Console::new();
    let manifest = |replicas: u32| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: shared}}\nspec:\n  replicas: {replicas}\n  \
             selector: {{matchLabels: {{app: shared}}}}\n  template:\n    metadata: {{labels: {{app: shared}}}}\n    \
             spec: {{containers: [{{name: app, image: \"nginx:1.26\"}}]}}\n"
        )
    };
    console.files.insert("one.yaml".into(), manifest(1).into());
    console.files.insert("two.yaml".into(), manifest(2).into());
    let said = console.run("apply --server-side --field-manager=team-a -f one.yaml");
    assert_eq!(said, "deployment.apps/shared serverside-applied\n");
    let said = console.run("apply --server-side --field-manager=team-b -f two.yaml");
    assert!(
        said.starts_with(
            "error: Apply failed with 1 conflict: conflict with \"team-a\": .spec.replicas\nPlease review"
        ),
        "{said}"
    );
    let said = console.run("apply --server-side --field-manager=team-b --force-conflicts -f two.yaml");
    assert_eq!(said, "deployment.apps/shared serverside-applied\n");
    let path = "{range .metadata.managedFields[*]}{.manager} {.operation}{\"\\n\"}{end}";
    let said = console.run(&format!("get deploy shared --show-managed-fields -o jsonpath='{path}'"));
    assert_eq!(said, "team-a Apply\nteam-b Apply\n");
    assert_eq!(console.run(&format!("get deploy shared -o jsonpath='{path}'")), "");
}

#[test]
fn ownership_moves_from_the_client_to_the_server() {
    let mut console = Console::new();
    console.files.insert(
        "one.yaml".into(),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {a: \"1\", b: \"2\"}\n".into(),
    );
    console.files.insert(
        "two.yaml".into(),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {a: \"3\"}\n".into(),
    );
    assert_eq!(console.run("apply -f one.yaml"), "configmap/conf created\n");
    assert_eq!(console.run("apply --server-side -f two.yaml"), "configmap/conf serverside-applied\n");
    assert_eq!(console.run("get cm conf -o jsonpath='{.data}'"), "{\"a\":\"3\"}");
}

#[test]
fn diff_shows_what_apply_would_change() {
    let mut console = Console::new();
    console.files.insert(
        "one.yaml".into(),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {a: \"1\"}\n".into(),
    );
    console.files.insert(
        "two.yaml".into(),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {a: \"2\"}\n".into(),
    );
    console.run("apply --server-side -f one.yaml");
    assert_eq!(console.run("diff --server-side -f one.yaml"), "");
    for line in ["diff --server-side -f two.yaml", "diff -f two.yaml"] {
        let said = console.run(line);
        let name = "v1.ConfigMap.default.conf";
        let head = format!("diff -u -N /tmp/LIVE-1000000001/{name} /tmp/MERGED-1000000002/{name}\n--- /tmp/LIVE-");
        assert!(said.starts_with(&head), "{said}");
        assert!(said.contains("\n data:\n-  a: \"1\"\n+  a: \"2\"\n kind: ConfigMap\n"), "{said}");
        assert!(said.ends_with("[exit 1]\n"), "{said}");
    }
}
