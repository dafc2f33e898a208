//! `--as`, `auth can-i`, `auth whoami`, `create token`, as in `golden/control-plane/rbac-*.yaml`.

use super::console::Console;

fn console() -> Console {
    let mut console = Console::new();
    console.run("create role reader --verb=get,list,watch --resource=pods,pods/log");
    console.run("create rolebinding bob-reads --role=reader --user=bob");
    console
}

#[test]
fn a_role_lets_bob_read_pods_and_nothing_else() {
    let mut console = console();
    assert_eq!(console.run("--as bob auth can-i list pods"), "yes\n");
    assert_eq!(console.run("--as bob auth can-i list pods -n kube-system"), "no\n[exit 1]\n");
    assert_eq!(console.run("--as bob auth can-i '*' '*'"), "no\n[exit 1]\n");
    assert_eq!(console.run("auth can-i '*' '*'"), "yes\n");
    insta::assert_snapshot!(console.run("--as bob get svc"), @r#"
    Error from server (Forbidden): services is forbidden: User "bob" cannot list resource "services" in API group "" in the namespace "default"
    [exit 1]
    "#);
    insta::assert_snapshot!(console.run("--as bob auth can-i --list"), @r#"
    Resources                                       Non-Resource URLs   Resource Names   Verbs
    selfsubjectreviews.authentication.k8s.io        []                  []               [create]
    selfsubjectaccessreviews.authorization.k8s.io   []                  []               [create]
    selfsubjectrulesreviews.authorization.k8s.io    []                  []               [create]
    pods/log                                        []                  []               [get list watch]
    pods                                            []                  []               [get list watch]
                                                    [/api/*]            []               [get]
                                                    [/api]              []               [get]
                                                    [/apis/*]           []               [get]
                                                    [/apis]             []               [get]
                                                    [/healthz]          []               [get]
                                                    [/healthz]          []               [get]
                                                    [/livez]            []               [get]
                                                    [/livez]            []               [get]
                                                    [/openapi/*]        []               [get]
                                                    [/openapi]          []               [get]
                                                    [/readyz]           []               [get]
                                                    [/readyz]           []               [get]
                                                    [/version/]         []               [get]
                                                    [/version/]         []               [get]
                                                    [/version]          []               [get]
                                                    [/version]          []               [get]
    "#);
}

#[test]
fn kubectl_says_who_it_is() {
    let mut console = console();
    insta::assert_snapshot!(console.run("auth whoami"), @r"
    ATTRIBUTE   VALUE
    Username    kubernetes-admin
    Groups      [system:masters system:authenticated]
    ");
    insta::assert_snapshot!(console.run("auth whoami --as system:serviceaccount:default:robot"), @r"
    ATTRIBUTE   VALUE
    Username    system:serviceaccount:default:robot
    Groups      [system:serviceaccounts system:serviceaccounts:default system:authenticated]
    ");
    assert!(console.run("create token default").starts_with("eyJ"));
    insta::assert_snapshot!(console.run("create token nobody"), @r#"
    error: failed to create token: serviceaccounts "nobody" not found
    [exit 1]
    "#);
}
