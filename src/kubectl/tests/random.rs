//! Whatever is typed, kubectl answers.

use proptest::prelude::*;

use super::console::Console;
use crate::kubectl::complete;
use crate::model::Kind;

const WORDS: &[&str] = &[
    "kubectl",
    "k",
    "get",
    "pods",
    "po",
    "web",
    "pod/web",
    "deploy/web",
    "-o",
    "yaml",
    "json",
    "wide",
    "name",
    "-w",
    "-A",
    "-n",
    "kube-system",
    "-l",
    "app=web",
    "--field-selector",
    "status.phase=Running",
    "describe",
    "node",
    "apply",
    "-f",
    "-",
    "web.yaml",
    "delete",
    "--all",
    "--force",
    "--now",
    "create",
    "deployment",
    "--image=nginx",
    "configmap",
    "--from-literal=a=b",
    "scale",
    "--replicas=3",
    "--replicas",
    "rollout",
    "status",
    "undo",
    "history",
    "set",
    "image",
    "web=nginx:2",
    "label",
    "a=b",
    "a-",
    "taint",
    "k=v:NoSchedule",
    "cordon",
    "drain",
    "node-1",
    "logs",
    "exec",
    "--",
    "ls",
    "explain",
    "pod.spec.containers",
    "wait",
    "--for=condition=Ready",
    "--for=delete",
    "--timeout=1s",
    "patch",
    "-p",
    "{}",
    "--type=json",
    "[]",
    "expose",
    "--port=80",
    "run",
    "edit",
    "events",
    "top",
    "auth",
    "can-i",
    "config",
    "view",
    "version",
    "--help",
    "-h",
    "jsonpath={.items[*].metadata.name}",
    "custom-columns=N:.metadata.name",
    "--sort-by=.metadata.name",
    "secret",
    "generic",
    "svc",
    "quota",
    "--hard=pods=1",
    "-",
    "--",
    "",
    "'",
    "\"x y\"",
    "|",
    "é",
    "--dry-run=client",
    "--dry-run=server",
    "replace",
    "annotate",
    "uncordon",
    "api-resources",
];

const MANIFEST: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {containers: [{name: web, image: nginx}]}\n";

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn no_line_makes_kubectl_panic(words in prop::collection::vec(prop::sample::select(WORDS), 0..9)) {
        let mut console = Console::new();
        console.files.insert("web.yaml".into(), MANIFEST.into());
        console.run("apply -f web.yaml");
        console.run_with(&words.join(" "), Some(MANIFEST));
    }

    #[test]
    fn no_text_makes_kubectl_panic(line in ".{0,40}") {
        Console::new().run_with(&line, None);
    }

    #[test]
    fn completion_extends_what_was_typed(line in "[a-z -/=]{0,30}", cursor in 0_usize..40) {
        let typed = line.get(..cursor.min(line.len())).unwrap_or_default();
        let current = if typed.ends_with(char::is_whitespace) { "" } else { typed.split_whitespace().last().unwrap_or_default() };
        let lister = |_: Kind, _: &str| vec!["web-1".to_owned()];
        for candidate in complete(&line, cursor, "default", &lister) {
            prop_assert!(candidate.starts_with(current));
        }
    }
}
