//! Transcripts, most of them recorded from the real client.

use super::console::Console;

pub(super) const CONFIG_MAPS: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: pear, labels: {fruit: 'yes', color: green}}
data: {a: '1', b: '2'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: apple, labels: {fruit: 'yes', color: red}}
data: {a: '1'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: chair, labels: {fruit: 'no'}}
";

pub(super) const WEB: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: web, image: 'nginx:1.27'}]}
";

#[test]
fn get_in_all_its_shapes() {
    let mut console = Console::new();
    assert_eq!(
        console.pipe("apply -f -", CONFIG_MAPS),
        "configmap/pear created\nconfigmap/apple created\nconfigmap/chair created\n"
    );
    insta::assert_snapshot!(console.run("get cm -L fruit,color"), @r#"
    NAME    DATA   AGE   FRUIT   COLOR
    apple   1      0s    yes     red
    chair   0      0s    no      
    pear    2      0s    yes     green
    "#);
    insta::assert_snapshot!(console.run("get cm -l 'color in (red,green)' --no-headers --show-labels"), @r#"
    apple   1     0s    color=red,fruit=yes
    pear    2     0s    color=green,fruit=yes
    "#);
    assert_eq!(console.run("get cm -l '!color' -o name"), "configmap/chair\n");
    insta::assert_snapshot!(
        console.run("get cm --sort-by='{.metadata.labels.color}' -o custom-columns=N:.metadata.name,C:.metadata.labels.color"), @r#"
    N       C
    chair   <none>
    pear    green
    apple   red
    "#);
    assert_eq!(
        console.run(r#"get cm apple pear -o jsonpath='{range .items[*]}{.metadata.name}{"\t"}{.data.a}{"\n"}{end}'"#),
        "apple\t1\npear\t1\n"
    );
    insta::assert_snapshot!(console.run("get cm apple missing"), @r#"
    NAME    DATA   AGE
    apple   1      0s
    Error from server (NotFound): configmaps "missing" not found
    [exit 1]
    "#);
    insta::assert_snapshot!(console.run("get cm apple -o yaml"), @r#"
    apiVersion: v1
    data:
      a: "1"
    kind: ConfigMap
    metadata:
      annotations:
        kubectl.kubernetes.io/last-applied-configuration: |
          {"apiVersion":"v1","data":{"a":"1"},"kind":"ConfigMap","metadata":{"annotations":{},"labels":{"color":"red","fruit":"yes"},"name":"apple","namespace":"default"}}
      creationTimestamp: "2026-01-05T08:01:40Z"
      labels:
        color: red
        fruit: "yes"
      name: apple
      namespace: default
      resourceVersion: "147"
      uid: 2f6062f3-c8f2-4a8b-ac99-cf003971f325
    "#);
    insta::assert_snapshot!(console.run("get cm,ns apple default"), @r#"
    NAME              DATA   AGE
    configmap/apple   1      0s

    NAME                STATUS   AGE
    namespace/default   Active   0s
    Error from server (NotFound): configmaps "default" not found
    Error from server (NotFound): namespaces "apple" not found
    [exit 1]
    "#);
    insta::assert_snapshot!(console.run("get deploy,svc,cm -A"), @r#"
    NAMESPACE   NAME                 TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE
    default     service/kubernetes   ClusterIP   10.96.0.1    <none>        443/TCP   0s

    NAMESPACE   NAME              DATA   AGE
    default     configmap/apple   1      0s
    default     configmap/chair   0      0s
    default     configmap/pear    2      0s
    "#);
    assert_eq!(console.run("get cm -l nothing=here"), "No resources found in default namespace.\n");
    assert_eq!(console.run("get pods -A"), "No resources found\n");
}

#[test]
fn refusals_are_the_real_ones() {
    let mut console = Console::new();
    for (line, said) in [
        ("get pod nobody", "Error from server (NotFound): pods \"nobody\" not found\n[exit 1]\n"),
        (
            "get deploy,svc nobody",
            "Error from server (NotFound): deployments.apps \"nobody\" not found\nError from server (NotFound): services \"nobody\" \
             not found\n[exit 1]\n",
        ),
        ("get spaceships", "error: the server doesn't have a resource type \"spaceships\"\n[exit 1]\n"),
        ("get pods/a/b", "error: arguments in resource/name form may not have more than one slash\n[exit 1]\n"),
        (
            "get pods -l 'a in (b'",
            "Error from server (BadRequest): Unable to find \"/v1, Resource=pods\" that match label selector \"a in (b\", field \
             selector \"\": unable to parse requirement: found '', expected: ',' or ')'\n[exit 1]\n",
        ),
        ("foo", "error: unknown command \"foo\" for \"kubectl\"\n\nDid you mean this?\n\ttop\n[exit 1]\n"),
        ("rollout x", "error: unknown command \"x\"\nSee 'kubectl rollout -h' for help and examples\n[exit 1]\n"),
        ("delete -n default pod", "error: resource(s) were provided, but no name was specified\n[exit 1]\n"),
        ("apply -f /nosuch.yaml", "error: the path \"/nosuch.yaml\" does not exist\n[exit 1]\n"),
        (
            "logs nosuch",
            "error: error from server (NotFound): pods \"nosuch\" not found in namespace \"default\"\n[exit 1]\n",
        ),
        ("exec nosuch -- ls", "Error from server (NotFound): pods \"nosuch\" not found\n[exit 1]\n"),
        ("wait pod/ok", "error: unrecognized condition: []\n[exit 1]\n"),
        ("wait --for=nonsense pod/ok", "error: unrecognized condition: \"nonsense\"\n[exit 1]\n"),
        ("wait --for=delete pod/nosuch --timeout=2s", ""),
        ("explain nosuch", "the server doesn't have a resource type \"nosuch\"\n[exit 1]\n"),
        (
            "explain pod.spec.nosuch",
            "KIND:       Pod\nVERSION:    v1\n\nerror: field \"nosuch\" does not exist\n[exit 1]\n",
        ),
        ("top pods", "error: Metrics API not available\n[exit 1]\n"),
        (
            "create namespace default",
            "Error from server (AlreadyExists): namespaces \"default\" already exists\n[exit 1]\n",
        ),
        (
            "run x --image=nginx -n nowhere",
            "Error from server (NotFound): namespaces \"nowhere\" not found\n[exit 1]\n",
        ),
        ("get pods -n nowhere", "No resources found in nowhere namespace.\n"),
    ] {
        assert_eq!(console.run(line), said, "{line}");
    }
}

#[test]
fn apply_brings_three_sides_together() {
    let mut console = Console::new();
    let map = |rest: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf{rest}\n");
    let first = map(", labels: {tier: a}}\ndata: {one: '1', two: '2'}");
    assert_eq!(console.pipe("apply -f -", &first), "configmap/conf created\n");
    assert_eq!(console.pipe("apply -f -", &first), "configmap/conf unchanged\n");
    assert_eq!(console.pipe("apply -f -", &map("}\ndata: {one: '11'}")), "configmap/conf configured\n");
    assert_eq!(console.run("get cm conf -o jsonpath='{.data}{.metadata.labels}'"), r#"{"one":"11"}"#);
    insta::assert_snapshot!(console.run("get cm conf -o jsonpath='{.metadata.annotations}'"), @r#"
    {"kubectl.kubernetes.io/last-applied-configuration":"{\"apiVersion\":\"v1\",\"data\":{\"one\":\"11\"},\"kind\":\"ConfigMap\",\"metadata\":{\"annotations\":{},\"name\":\"conf\",\"namespace\":\"default\"}}\n"}
    "#);
    assert_eq!(console.pipe("replace -f -", &map("}\ndata: {three: '3'}")), "configmap/conf replaced\n");
    assert_eq!(console.run("get cm conf -o jsonpath='{.data}'"), r#"{"three":"3"}"#);
    console.files.insert("p.yaml".into(), WEB.into());
    assert_eq!(console.run("create -f p.yaml"), "pod/web created\n");
    let again =
        "Error from server (AlreadyExists): error when creating \"p.yaml\": pods \"web\" already exists\n[exit 1]\n";
    assert_eq!(console.run("create -f p.yaml"), again);
    insta::assert_snapshot!(console.run("apply -f p.yaml"), @r#"
    Warning: resource pods/web is missing the kubectl.kubernetes.io/last-applied-configuration annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.
    pod/web configured
    "#);
    assert_eq!(console.run("apply -f p.yaml"), "pod/web unchanged\n");
}

#[test]
fn manifests_are_refused_in_kubectls_words() {
    let mut console = Console::new();
    for (manifest, said) in [
        (
            "apiVersion: v1\nkind: Pood\nmetadata: {name: x}\n",
            "error: resource mapping not found for name: \"x\" namespace: \"\" from \"STDIN\": no matches for kind \"Pood\" in version \
             \"v1\"\nensure CRDs are installed first\n[exit 1]\n",
        ),
        (
            "kind: Pod\nmetadata: {name: x}\n",
            "error: error validating \"STDIN\": error validating data: apiVersion not set; if you choose to ignore these errors, turn \
             validation off with --validate=false\n[exit 1]\n",
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n  spec: {}\n",
            "error: error parsing STDIN: error converting YAML to JSON: yaml: line 3: did not find expected key\n[exit 1]\n",
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: typo}\nspec: {contaners: [], containers: [{name: app, image: 'nginx:1.27', \
             imagePulPolicy: Always}]}\n",
            "Error from server (BadRequest): error when creating \"STDIN\": Pod in version \"v1\" cannot be handled as a Pod: strict \
             decoding error: unknown field \"spec.containers[0].imagePulPolicy\", unknown field \"spec.contaners\"\n[exit 1]\n",
        ),
    ] {
        assert_eq!(console.pipe("apply -f -", manifest), said);
    }
}

#[test]
fn create_knows_the_commonest_kinds() {
    let mut console = Console::new();
    insta::assert_snapshot!(console.run("create deployment d1 --image=nginx --dry-run=client -o yaml"), @r#"
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      labels:
        app: d1
      name: d1
    spec:
      replicas: 1
      selector:
        matchLabels:
          app: d1
      strategy: {}
      template:
        metadata:
          labels:
            app: d1
        spec:
          containers:
          - image: nginx
            name: nginx
            resources: {}
    status: {}
    "#);
    insta::assert_snapshot!(console.run("run t2 --image=nginx --restart=Never --dry-run=client -o yaml -- sleep 1d"), @r#"
    apiVersion: v1
    kind: Pod
    metadata:
      labels:
        run: t2
      name: t2
    spec:
      containers:
      - args:
        - sleep
        - 1d
        image: nginx
        name: t2
        resources: {}
      dnsPolicy: ClusterFirst
      restartPolicy: Never
    status: {}
    "#);
    let secret = "create secret docker-registry r1 --docker-server=r.io --docker-username=u --docker-password=p --dry-run=client -o yaml";
    insta::assert_snapshot!(console.run(secret), @r#"
    apiVersion: v1
    data:
      .dockerconfigjson: eyJhdXRocyI6eyJyLmlvIjp7InVzZXJuYW1lIjoidSIsInBhc3N3b3JkIjoicCIsImF1dGgiOiJkVHB3In19fQ==
    kind: Secret
    metadata:
      name: r1
    type: kubernetes.io/dockerconfigjson
    "#);
    insta::assert_snapshot!(console.run("run x --image=nginx --expose --port=80 --dry-run=client -o name"), @r#"
    pod/x
    service/x
    "#);
    for (line, said) in [
        ("create configmap one --from-literal=a=b", "configmap/one created\n"),
        (
            "create configmap one --from-literal=a=b",
            "error: failed to create configmap: configmaps \"one\" already exists\n[exit 1]\n",
        ),
        ("create configmap two --from-literal=a=b --dry-run=server", "configmap/two created (server dry run)\n"),
        ("create secret generic cred --from-literal=user=admin", "secret/cred created\n"),
        ("create quota q --hard=pods=3", "resourcequota/q created\n"),
        ("create sa worker", "serviceaccount/worker created\n"),
        ("create priorityclass gold --value=1000", "priorityclass.scheduling.k8s.io/gold created\n"),
        ("create ns shop", "namespace/shop created\n"),
        ("create service nodeport one --tcp=80:8080 --node-port=30080", "service/one created\n"),
        (
            "create service nodeport two --tcp=80:8080 --node-port=30080",
            "error: failed to create NodePort service: Service \"two\" is invalid: spec.ports[0].nodePort: Invalid value: 30080: \
             provided port is already allocated\n[exit 1]\n",
        ),
        ("create deployment web --image=nginx:1.27 --replicas=2 --port=80", "deployment.apps/web created\n"),
        ("expose deployment web --port=8080 --target-port=80", "service/web exposed\n"),
        (
            "expose deploy web --port=80",
            "Error from server (AlreadyExists): services \"web\" already exists\n[exit 1]\n",
        ),
    ] {
        assert_eq!(console.run(line), said, "{line}");
    }
}
