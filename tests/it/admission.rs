//! Admission in a whole cluster: webhooks that are Pods, policies in CEL, and what refusals say to whoever meets them.

use podlab::cluster::Cluster;
use podlab::engine::{SimDuration, SimTime};

use crate::ha::{cluster, kubectl, kubectl_reading};

fn wait(cluster: &mut Cluster, seconds: u64) {
    cluster.run_until(cluster.now() + SimDuration::from_secs(seconds));
}

fn ready() -> Cluster {
    let mut cluster = cluster(1, 2, 1);
    cluster.run_until(SimTime::from_secs(25));
    cluster
}

fn apply(cluster: &mut Cluster, manifests: &str) -> String {
    kubectl_reading(cluster, "apply -f -", Some(manifests))
}

/// A guard with these rules in the namespace `guard`, half a minute after it was set up.
fn guarded(rules: &str, webhooks: &str) -> Cluster {
    let mut cluster = ready();
    kubectl(&mut cluster, "create namespace guard");
    let rules: String = rules.lines().map(|line| format!("    {line}\n")).collect();
    let said = apply(
        &mut cluster,
        &format!(
            "apiVersion: v1
kind: ConfigMap
metadata: {{name: rules, namespace: guard}}
data:
  rules.yaml: |
{rules}---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: guard, namespace: guard}}
spec:
  selector: {{matchLabels: {{app: guard}}}}
  template:
    metadata: {{labels: {{app: guard}}}}
    spec:
      volumes: [{{name: rules, configMap: {{name: rules}}}}]
      containers:
      - name: guard
        image: podlab/admission-webhook:1
        volumeMounts: [{{name: rules, mountPath: /etc/webhook}}]
        readinessProbe: {{httpGet: {{path: /healthz, port: 8443}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: guard, namespace: guard}}
spec: {{selector: {{app: guard}}, ports: [{{port: 443, targetPort: 8443}}]}}
"
        ),
    );
    assert!(!said.contains("rror"), "{said}");
    wait(&mut cluster, 30);
    let said = apply(&mut cluster, webhooks);
    assert!(said.contains("created"), "{said}");
    cluster
}

fn configuration(sort: &str, resources: &str, more: &str) -> String {
    format!(
        "apiVersion: admissionregistration.k8s.io/v1
kind: {sort}WebhookConfiguration
metadata: {{name: guard}}
webhooks:
- name: guard.podlab.dev
  admissionReviewVersions: [v1]
  sideEffects: None
  clientConfig: {{service: {{name: guard, namespace: guard, path: /review}}}}
  rules: [{{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: [{resources}]}}]
  {more}
"
    )
}

#[test]
fn a_validating_webhook_refuses_in_its_own_words() {
    let rules = "- when: request.operation == 'CREATE' && object.spec.containers.exists(c, c.image.endsWith(':latest'))\n  deny: 'no :latest here'\n- warnings: [the guard has looked at it]";
    let mut cluster = guarded(rules, &configuration("Validating", "pods", ""));
    assert_eq!(
        kubectl(&mut cluster, "run web --image=nginx:latest"),
        "Error from server (Forbidden): admission webhook \"guard.podlab.dev\" denied the request: no :latest here\n"
    );
    let said = kubectl(&mut cluster, "run web --image=nginx:1.27");
    assert_eq!(said, "Warning: the guard has looked at it\npod/web created\n");
    // Through a controller it is the event that tells.
    kubectl(&mut cluster, "create deployment shop --image=nginx:latest");
    wait(&mut cluster, 5);
    let events = kubectl(&mut cluster, "get events --field-selector reason=FailedCreate");
    assert!(
        events.contains("Error creating: admission webhook \"guard.podlab.dev\" denied the request: no :latest here"),
        "{events}"
    );
    let log = kubectl(&mut cluster, "logs -n guard deploy/guard --tail=1");
    assert!(log.contains("\"POST /review\" 200"), "{log}");
}

#[test]
fn a_mutating_webhook_changes_what_is_created() {
    let rules = "- patch: [{op: add, path: /metadata/labels/team, value: shop}]";
    let mut cluster = guarded(rules, &configuration("Mutating", "pods", "failurePolicy: Fail"));
    assert_eq!(kubectl(&mut cluster, "run web --image=nginx:1.27"), "pod/web created\n");
    assert_eq!(kubectl(&mut cluster, "get pod web -o jsonpath={.metadata.labels.team}"), "shop");
    // A patch for what is not there is the author's mistake, and everybody's trouble.
    let said = apply(
        &mut cluster,
        "apiVersion: v1\nkind: Pod\nmetadata: {name: bare}\nspec: {containers: [{name: a, image: nginx}]}\n",
    );
    assert!(said.contains("(InternalError)") && said.contains("doc is missing path"), "{said}");
}

#[test]
fn the_guard_locked_inside() {
    let mut cluster = guarded("[]", &configuration("Validating", "pods", ""));
    assert_eq!(kubectl(&mut cluster, "run before --image=nginx:1.27"), "pod/before created\n");
    // The only Pod of the guard goes; the next one would have to be let in by it.
    kubectl(&mut cluster, "scale -n guard deploy/guard --replicas=0");
    wait(&mut cluster, 20);
    kubectl(&mut cluster, "scale -n guard deploy/guard --replicas=1");
    wait(&mut cluster, 20);
    let why = "Internal error occurred: failed calling webhook \"guard.podlab.dev\": failed to call webhook: Post \
               \"https://guard.guard.svc:443/review?timeout=10s\": no endpoints available for service \"guard\"";
    assert_eq!(
        kubectl(&mut cluster, "run after --image=nginx:1.27"),
        format!("Error from server (InternalError): {why}\n")
    );
    let events = kubectl(&mut cluster, "get events -n guard --field-selector reason=FailedCreate");
    assert!(events.contains(&format!("Error creating: {why}")), "{events}");
    // The configuration itself is nobody's to guard.
    kubectl(&mut cluster, "delete validatingwebhookconfiguration guard");
    assert_eq!(kubectl(&mut cluster, "run after --image=nginx:1.27"), "pod/after created\n");
}

#[test]
fn a_webhook_that_hangs_takes_its_time_and_fails_as_it_was_told() {
    let mut cluster = guarded("- hang: true", &configuration("Validating", "configmaps", "timeoutSeconds: 3"));
    let began = cluster.now();
    let said = kubectl(&mut cluster, "create configmap one");
    assert_eq!(
        said,
        "error: failed to create configmap: Internal error occurred: failed calling webhook \"guard.podlab.dev\": failed to call webhook: \
         Post \"https://guard.guard.svc:443/review?timeout=3s\": context deadline exceeded\n"
    );
    assert!(cluster.now().since(began) >= SimDuration::from_secs(3));
    kubectl(
        &mut cluster,
        "patch validatingwebhookconfiguration guard --type=json -p '[{\"op\":\"replace\",\"path\":\"/webhooks/0/failurePolicy\",\"value\":\"Ignore\"}]'",
    );
    let began = cluster.now();
    assert_eq!(kubectl(&mut cluster, "create configmap one"), "configmap/one created\n");
    assert!(cluster.now().since(began) >= SimDuration::from_secs(3));
}

#[test]
fn selectors_and_conditions_say_who_is_asked() {
    let more = "namespaceSelector: {matchLabels: {guarded: 'yes'}}
  matchConditions: [{name: no-robots, expression: \"!request.userInfo.username.startsWith('system:')\"}]";
    let mut cluster = guarded("- deny: never", &configuration("Validating", "configmaps", more));
    assert_eq!(kubectl(&mut cluster, "create configmap free"), "configmap/free created\n");
    kubectl(&mut cluster, "label namespace default guarded=yes");
    let said = kubectl(&mut cluster, "create configmap caught");
    assert!(said.contains("admission webhook \"guard.podlab.dev\" denied the request: never"), "{said}");
    // What controllers write there is none of its business.
    wait(&mut cluster, 1);
    kubectl(&mut cluster, "delete configmap kube-root-ca.crt --as=system:robot --as-group=system:masters");
    wait(&mut cluster, 10);
    assert!(kubectl(&mut cluster, "get configmap kube-root-ca.crt").contains("kube-root-ca.crt"));
}

#[test]
fn a_policy_in_cel_denies_warns_and_takes_parameters() {
    let mut cluster = ready();
    let said = apply(
        &mut cluster,
        "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: few}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}]
  paramKind: {apiVersion: v1, kind: ConfigMap}
  variables: [{name: most, expression: 'int(params.data.most)'}]
  validations:
  - expression: object.spec.replicas <= variables.most
    messageExpression: \"'at most ' + string(variables.most) + ' replicas in ' + namespaceObject.metadata.name\"
  - expression: object.metadata.name != 'bad'
    reason: Forbidden
---
apiVersion: v1
kind: ConfigMap
metadata: {name: limits}
data: {most: '3'}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: few-here}
spec:
  policyName: few
  validationActions: [Deny]
  paramRef: {name: limits, namespace: default, parameterNotFoundAction: Deny}
",
    );
    assert_eq!(said.lines().filter(|line| line.ends_with(" created")).count(), 3, "{said}");
    assert_eq!(
        kubectl(&mut cluster, "create deployment many --image=nginx --replicas=4"),
        "error: failed to create deployment: deployments.apps \"many\" is forbidden: ValidatingAdmissionPolicy 'few' with binding \
         'few-here' denied request: at most 3 replicas in default\n"
    );
    assert!(kubectl(&mut cluster, "create deployment bad --image=nginx").ends_with(
        "ValidatingAdmissionPolicy 'few' with binding 'few-here' denied request: failed expression: object.metadata.name != 'bad'\n"
    ));
    assert_eq!(kubectl(&mut cluster, "create deployment ok --image=nginx"), "deployment.apps/ok created\n");
    // A scale is not a Deployment: nobody looks at it.
    assert_eq!(kubectl(&mut cluster, "scale deployment ok --replicas=5"), "deployment.apps/ok scaled\n");
    kubectl(&mut cluster, "delete configmap limits");
    assert!(kubectl(&mut cluster, "create deployment lost --image=nginx").ends_with(
        "denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction\n"
    ));
    kubectl(
        &mut cluster,
        "patch validatingadmissionpolicybinding few-here --type=merge -p '{\"spec\":{\"validationActions\":[\"Warn\",\"Audit\"]}}'",
    );
    kubectl(&mut cluster, "create configmap limits --from-literal=most=3");
    assert_eq!(
        kubectl(&mut cluster, "create deployment warned --image=nginx --replicas=4"),
        "Warning: Validation failed for ValidatingAdmissionPolicy 'few' with binding 'few-here': at most 3 replicas in default\n\
         deployment.apps/warned created\n"
    );
}
