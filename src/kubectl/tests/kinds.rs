//! Kinds that definitions declare, and kinds that are made in a few words.

use super::console::Console;

const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: gadgets, kind: Gadget, shortNames: [gd]}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {size: {type: integer, default: 2, maximum: 9}}}}
";

fn gadget(size: u8) -> String {
    format!("apiVersion: example.com/v1\nkind: Gadget\nmetadata: {{name: one}}\nspec: {{size: {size}}}\n")
}

#[test]
fn custom_resources_are_told_of_as_their_definition_says() {
    let mut console = Console::new();
    console.files.insert("crd.yaml".into(), DEFINITION.into());
    console.files.insert("one.yaml".into(), gadget(3).into());
    console.files.insert("two.yaml".into(), gadget(4).into());
    console.files.insert("ten.yaml".into(), gadget(10).into());
    assert!(console.run("apply -f one.yaml").contains("no matches for kind \"Gadget\" in version \"example.com/v1\""));
    assert_eq!(
        console.run("apply -f crd.yaml"),
        "customresourcedefinition.apiextensions.k8s.io/gadgets.example.com created\n"
    );
    assert_eq!(console.run("apply -f one.yaml"), "gadget.example.com/one created\n");
    assert_eq!(console.run("apply -f one.yaml"), "gadget.example.com/one unchanged\n");
    assert_eq!(console.run("apply -f two.yaml"), "gadget.example.com/one configured\n");
    assert_eq!(console.run("get gd"), "NAME   SIZE\none    4\n");
    assert_eq!(console.run("label gadget one a=b"), "gadget.example.com/one labeled\n");
    assert!(console.run("apply -f ten.yaml").contains("spec.size in body should be less than or equal to 9"));
    assert_eq!(
        console.run("delete gadgets.example.com one"),
        "gadget.example.com \"one\" deleted from default namespace\n"
    );
}

#[test]
fn roles_budgets_and_ingresses_are_made_in_a_few_words() {
    let mut console = Console::new();
    for (line, told) in [
        (
            "create role r --verb=get,list --resource=pods,deployments.apps/scale",
            "role.rbac.authorization.k8s.io/r created\n",
        ),
        ("create role r2 --resource=pods", "error: at least one verb must be specified\n[exit 1]\n"),
        ("create rolebinding b --role=r --user=jane", "rolebinding.rbac.authorization.k8s.io/b created\n"),
        ("create rolebinding b --user=jane", "error: exactly one of clusterrole or role must be specified\n[exit 1]\n"),
        ("create pdb p --selector=app=web --min-available=1", "poddisruptionbudget.policy/p created\n"),
        ("create ingress i --rule=a.b/x*=web:80", "ingress.networking.k8s.io/i created\n"),
        (
            "create cronjob c --image=busybox --schedule='61 * * * *'",
            "error: failed to create cronjob: CronJob.batch \"c\" is invalid: spec.schedule: Invalid value: \"61 * * * *\": end of \
             range (61) above maximum (59): 61\n[exit 1]\n",
        ),
        ("create deployment web --image=nginx", "deployment.apps/web created\n"),
        (
            "autoscale deployment web --min=6 --max=5",
            "error: --max=MAXPODS must be larger or equal to --min=MINPODS, max: 5, min: 6\n[exit 1]\n",
        ),
        ("autoscale deployment web --min=2 --max=5 --cpu=60%", "horizontalpodautoscaler.autoscaling/web autoscaled\n"),
    ] {
        assert_eq!(console.run(line), told, "{line}");
    }
    assert!(console.run("get role r -o jsonpath='{.rules[1].resources}'").contains("deployments/scale"));
}
