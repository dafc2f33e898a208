//! Expressions are checked before there is any cluster, with the place and a suggestion.

use super::Expression;

fn refused(source: &str) -> String {
    let error = Expression::compile(source).map(|_| ()).unwrap_err();
    let hint = error.hint.map_or(String::new(), |hint| format!(" | {hint}"));
    format!("{}:{}: {}{hint}", error.line, error.column, error.message)
}

#[test]
fn what_the_design_promises_compiles() {
    for source in [
        "pods('default','app=web').all(p, p.ready)",
        "get('Deployment', 'default', 'web').spec.replicas == 3",
        "exits('default', 'app=web').exists(e, e.deleted && e.code == 0 && e.seconds <= 5)",
        "load('shop').lostSince(30) == 0 && etcd().quorum && leader('kube-scheduler') != ''",
        "pods('default').exists(p, p.spec.volumes.exists(v, has(v.persistentVolumeClaim)))",
        "nodes().filter(n, n.ready).size() == 3 && since_arrival() > 10",
        "quota('team', 'q').used['requests.cpu'] <= milli('1500m')",
    ] {
        assert!(Expression::compile(source).is_ok(), "{source}: {}", refused(source));
    }
}

#[test]
fn mistakes_are_told_with_a_suggestion() {
    insta::assert_snapshot!(refused("podz('default').size() > 0"), @"1:1: there is no function `podz()` | did you mean `pods()`?");
    insta::assert_snapshot!(refused("pods('default').all(p, q.ready)"), @"1:24: there is no variable `q` | did you mean `p`?");
    insta::assert_snapshot!(refused("pods('default').all(p, p.raedy)"), @"1:25: a Pod has no field `raedy` | did you mean `ready`?");
    insta::assert_snapshot!(refused("get('Deployment', 'default', 'web').spec.replicsa == 3"), @"1:41: a Deployment has no field `spec.replicsa` | did you mean `replicas`?");
    insta::assert_snapshot!(refused("get('Deploymnet', 'default', 'web').spec.replicas == 3"), @"1:1: get(): there is no kind 'Deploymnet'; did you mean 'Deployment'?");
    insta::assert_snapshot!(refused("load('shop').los == 0"), @"1:13: there is no field `los` here | did you mean `lost`?");
    insta::assert_snapshot!(refused("load('shop').lostSince() == 0"), @"1:14: lostSince() takes 1 argument, here are 0 | for example load('shop').lostSince(30)");
    insta::assert_snapshot!(refused("leader('scheduler') == ''"), @"1:1: leader(): there is no component 'scheduler'; did you mean etcd, kube-apiserver, kube-scheduler, kube-controller-manager, kubelet?");
    insta::assert_snapshot!(refused("pods('default', 'app=').all(p,\n  p.ready &&)"), @"2:13: mismatched input ')'");
    insta::assert_snapshot!(refused("pods.size() > 0"), @"1:1: there is no variable `pods` | pods is a function: pods('namespace', 'label=value')");
}
