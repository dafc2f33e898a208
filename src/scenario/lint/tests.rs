//! Scenarios of podlab are clean; mistakes are found at their place.

use crate::scenario::{catalog, lint_text};

#[test]
fn the_scenarios_of_podlab_are_clean() {
    let findings = catalog::FILES.iter().flat_map(|(file, text)| lint_text(file, text));
    let found: String = findings.map(|finding| format!("{finding}\n")).collect();
    assert!(found.is_empty(), "{found}");
}

/// The Pending scenario with one thing changed, and the first finding.
fn first_finding(from: &str, to: &str) -> String {
    let (_, text) = catalog::FILES.iter().find(|(file, _)| file.ends_with("pending-cpu.yaml")).unwrap();
    assert!(text.contains(from), "{from}");
    let findings = lint_text("a.yaml", &text.replacen(from, to, 1));
    findings.first().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn mistakes_are_found_at_their_place_with_what_to_do() {
    insta::assert_snapshot!(first_finding("minutes: 5", "minuets: 5"), @r#"
a.yaml:11:3: error: unknown field `minuets`
  did you mean `minutes`?
"#);
    insta::assert_snapshot!(first_finding("replicas: 3", "replicsa: 3"), @r#"
a.yaml:23:17: error: unknown field "spec.replicsa"
  did you mean `replicas`?
"#);
    insta::assert_snapshot!(first_finding("cpu: 1500m, memory: 256Mi}}", "cpu: 1500m}, limit: {}}"), @r#"
a.yaml:31:56: error: unknown field "spec.template.spec.containers[0].resources.limit"
  did you mean `limits`?
"#);
    insta::assert_snapshot!(first_finding("{app: reports}}\n        spec", "{app: 7}}\n        spec"), @r#"
a.yaml:26:34: error: spec.template.metadata.labels.app: invalid type: integer `7`, expected a string
  write it in quotes: "7"
"#);
    insta::assert_snapshot!(first_finding("nginx:1.27", "ngnix:1.27"), @r#"
a.yaml:42:20: warning: the image "ngnix:1.27" does not exist; its Pods will not start
  add it to `images:`, or take one of the catalogue in assets/images
"#);
    insta::assert_snapshot!(first_finding("track: scheduling", "track: shceduling"), @r#"
a.yaml:5:19: warning: there is no track "shceduling"
  did you mean scheduling?
"#);
    insta::assert_snapshot!(first_finding("kubectl set resources deployment web --requests=cpu=250m\n  - name", "kubectl set resuorces deployment web\n  - name"), @r#"a.yaml:115:7: error: kubectl set resuorces deployment web: error: unknown command "resuorces deployment web""#);
    insta::assert_snapshot!(first_finding("hold: 3s", "hold: soon"), @r#"a.yaml:104:13: error: "soon" is no duration; write it like 500ms, 30s or 1m30s"#);
    insta::assert_snapshot!(first_finding("name: node, count: 3, allocatable: {cpu: \"2\"", "name: node, count: 3, allocatable: {cpu: two"), @r#"a.yaml:17:7: error: nodes: allocatable cpu "two" of pool "node" is no quantity; write it like 500m, 4, 8Gi"#);
    insta::assert_snapshot!(first_finding("get('Deployment', 'default', 'web').replicas > 1", "deployment('default', 'web').replicas > 1"), @r#"
a.yaml:123:13: error: there is no function `deployment()` (character 1 of the expression)
  did you mean `deployments()`?
"#);
    insta::assert_snapshot!(first_finding("en: Compare two numbers, what", "en: kubectl set resources deployment web --requests=cpu=250m, what"), @r#"
a.yaml:106:7: error: this hint contains a whole command of a solution: set resources deployment web --requests=cpu=250m
  the third hint may give the whole answer, the first two must not
"#);
}
