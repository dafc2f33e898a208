//! helm installs a chart, changes it, goes back and takes it away. `HELM` names another helm than the one on the path; where there is
//! none this test says so and passes.

use std::path::PathBuf;
use std::process::Command;

use super::{Ran, Served};

const CHART: &str = "apiVersion: v2\nname: shop\nversion: 0.1.0\n";
const VALUES: &str = "replicas: 2\ngreeting: hello\n";
const TEMPLATE: &str = r#"apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-conf}
data: {greeting: {{ .Values.greeting | quote }}}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {app: {{ .Release.Name }}}
  ports: [{port: 80}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      containers:
      - name: web
        image: nginx:1.25
        ports: [{containerPort: 80}]
        envFrom: [{configMapRef: {name: {{ .Release.Name }}-conf}}]
"#;
const HOOK: &str = r#"apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-migrate
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: before-hook-creation}
spec:
  backoffLimit: 1
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: busybox, command: [sh, -c, "echo migrating; sleep 1"]}]
"#;

fn helm() -> Option<PathBuf> {
    let named = std::env::var_os("HELM").map(PathBuf::from);
    let on_path = || {
        let folders = std::env::var_os("PATH")?;
        std::env::split_paths(&folders).map(|folder| folder.join("helm")).find(|path| path.is_file())
    };
    let found = named.or_else(on_path);
    if found.is_none() {
        eprintln!("skipped: there is no helm; install one or name it with HELM");
    }
    found
}

fn run(served: &Served, helm: &PathBuf, line: &str) -> Ran {
    let output = Command::new(helm)
        .args(line.split_whitespace())
        .envs(served.surroundings())
        .current_dir(served.folder.path())
        .output()
        .unwrap();
    let out = [output.stdout, output.stderr].concat();
    Ran { out: String::from_utf8_lossy(&out).into_owned(), code: output.status.code().unwrap_or(-1) }
}

#[test]
fn helm_installs_upgrades_rolls_back_and_uninstalls() {
    let (Some(helm), Some(kubectl)) = (helm(), super::kubectl()) else { return };
    let served = Served::start(kubectl);
    let templates = served.folder.path().join("shop/templates");
    std::fs::create_dir_all(&templates).unwrap();
    let files = [("../Chart.yaml", CHART), ("../values.yaml", VALUES), ("all.yaml", TEMPLATE), ("hook.yaml", HOOK)];
    for (name, text) in files {
        std::fs::write(templates.join(name), text).unwrap();
    }
    let says = |line: &str, wanted: &str| {
        let ran = run(&served, &helm, line);
        assert!(ran.out.contains(wanted) && ran.code == 0, "helm {line}\nwanted: {wanted}\n{}", ran.out);
    };
    let is = |line: &str, wanted: &str| assert_eq!(served.run(line).out, wanted, "kubectl {line}");
    says("install one ./shop --wait --timeout 90s", "STATUS: deployed");
    says("list", "shop-0.1.0");
    is("get job one-migrate -o jsonpath={.status.succeeded}", "1");
    is("get deploy one -o jsonpath={.status.readyReplicas}", "2");
    says("upgrade one ./shop --set replicas=3,greeting=bye --wait --timeout 90s", "has been upgraded");
    is("get deploy one -o jsonpath={.status.readyReplicas}", "3");
    is("get configmap one-conf -o jsonpath={.data.greeting}", "bye");
    says("rollback one 1 --wait --timeout 90s", "Rollback was a success");
    is("get deploy one -o jsonpath={.spec.replicas}", "2");
    is("get configmap one-conf -o jsonpath={.data.greeting}", "hello");
    says("history one", "Rollback to 1");
    says("uninstall one --wait --timeout 90s", "uninstalled");
    is("get deploy,svc one --ignore-not-found", "");
}
