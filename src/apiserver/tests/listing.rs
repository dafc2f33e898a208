//! Lists and watches: revisions, pages, what is told first, and what is refused.

use super::*;
use crate::apiserver::request::VersionMatch;
use crate::apiserver::verbs::list::decoded;
use crate::apiserver::{List, Options};

fn config(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
}

fn list(cluster: &mut Standalone, options: Options) -> Result<List, Box<crate::apiserver::Status>> {
    let mut request = Standalone::request(Verb::List, Kind::ConfigMap, "default", "");
    request.options = options;
    cluster.call(request).map(|response| match response.payload {
        Payload::List(list) => list,
        other => panic!("{other:?}"),
    })
}

fn names(list: &List) -> Vec<&str> {
    list.items.iter().map(Object::name).collect()
}

fn three() -> Standalone {
    let mut cluster = cluster();
    for name in ["a", "b", "c"] {
        create(&mut cluster, config(name)).unwrap();
    }
    cluster
}

#[test]
fn pages_are_of_one_revision() {
    let mut cluster = three();
    let revision = cluster.revision().0;
    let first = list(&mut cluster, Options { limit: Some(2), ..Options::default() }).unwrap();
    assert_eq!((names(&first), first.remaining), (vec!["a", "b"], Some(1)));
    let token = first.continue_token.clone().unwrap();
    assert_eq!(decoded(&token), json!({"v": "meta.k8s.io/v1", "rv": revision, "start": "default/b\u{0}"}));
    create(&mut cluster, config("d")).unwrap();
    let second =
        list(&mut cluster, Options { limit: Some(2), continue_token: Some(token), ..Options::default() }).unwrap();
    assert_eq!((names(&second), second.revision, second.continue_token.is_none()), (vec!["c"], revision, true));
}

#[test]
fn a_page_of_a_list_that_is_gone_says_where_to_go_on() {
    let mut cluster = three();
    let first = list(&mut cluster, Options { limit: Some(1), ..Options::default() }).unwrap();
    // Every five minutes the history before the last tick goes.
    cluster.advance(SimTime::from_secs(301));
    create(&mut cluster, config("d")).unwrap();
    cluster.advance(SimTime::from_secs(601));
    create(&mut cluster, config("e")).unwrap();
    cluster.advance(SimTime::from_secs(901));
    let refused =
        list(&mut cluster, Options { continue_token: first.continue_token, ..Options::default() }).unwrap_err();
    assert_eq!((refused.code, refused.reason.as_str()), (410, "Expired"));
    assert!(
        refused.message.starts_with("The provided continue parameter is too old to display a consistent list result.")
    );
    let token = refused.to_value()["metadata"]["continue"].as_str().unwrap().to_owned();
    assert_eq!(decoded(&token)["rv"], -1);
    let rest = list(&mut cluster, Options { continue_token: Some(token.into()), ..Options::default() }).unwrap();
    assert_eq!(names(&rest), ["b", "c", "d", "e"]);
    let exactly =
        Options { resource_version: Some(1), resource_version_match: Some(VersionMatch::Exact), ..Options::default() };
    let refused = list(&mut cluster, exactly).unwrap_err();
    assert_eq!(refused.message, "The resourceVersion for the provided list is too old.");
    let mut watch = Standalone::request(Verb::Watch, Kind::ConfigMap, "default", "");
    watch.options.resource_version = Some(5);
    let compacted = cluster.store().compacted();
    cluster.call(watch).unwrap();
    let expired = cluster.take_closed().pop().unwrap().1.unwrap();
    assert_eq!(expired.message, format!("too old resource version: 5 ({compacted})"));
}

#[test]
fn an_exact_list_is_of_the_past() {
    let mut cluster = three();
    let revision = cluster.revision().0;
    delete(&mut cluster, Kind::ConfigMap, "a", DeleteOptions::default()).unwrap();
    let options = |matching| Options {
        resource_version: Some(revision),
        resource_version_match: Some(matching),
        ..Options::default()
    };
    let past = list(&mut cluster, options(VersionMatch::Exact)).unwrap();
    assert_eq!((names(&past), past.revision), (vec!["a", "b", "c"], revision));
    let present = list(&mut cluster, options(VersionMatch::NotOlderThan)).unwrap();
    assert_eq!(names(&present), ["b", "c"]);
}

#[test]
fn options_that_do_not_fit_together_are_refused_word_for_word() {
    let mut cluster = three();
    let mut told = |options| list(&mut cluster, options).unwrap_err().message;
    let exact = Some(VersionMatch::Exact);
    assert_eq!(
        told(Options { resource_version_match: exact, ..Options::default() }),
        "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless \
         resourceVersion is provided"
    );
    assert_eq!(
        told(Options { resource_version_match: exact, resource_version: Some(0), ..Options::default() }),
        "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is \
         forbidden for resourceVersion \"0\""
    );
    assert_eq!(
        told(Options { send_initial_events: Some(true), ..Options::default() }),
        "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"
    );
    assert_eq!(
        told(Options { continue_token: Some("%".into()), ..Options::default() }),
        "invalid continue token: continue key is not valid: illegal base64 data at input byte 0"
    );
    let ahead = list(&mut cluster, Options { resource_version: Some(9_999), ..Options::default() }).unwrap_err();
    assert!(ahead.message.starts_with("Timeout: Too large resource version: 9999, current: "), "{}", ahead.message);
    let details = ahead.details.unwrap();
    assert_eq!((details.retry_after_seconds, &*details.causes[0].reason), (Some(1), "ResourceVersionTooLarge"));
}

#[test]
fn a_watch_may_begin_with_what_there_is_and_says_where_that_ends() {
    let mut cluster = three();
    let mut watch = Standalone::request(Verb::Watch, Kind::ConfigMap, "default", "");
    watch.options.send_initial_events = Some(true);
    assert_eq!(
        refusal(cluster.call(watch.clone())),
        "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting \
         resourceVersionMatch to NotOlderThan"
    );
    watch.options.resource_version_match = Some(VersionMatch::NotOlderThan);
    watch.options.bookmarks = true;
    watch.options.timeout_seconds = Some(5);
    cluster.call(watch).unwrap();
    let (_, events) = cluster.take_watched().remove(0);
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    let added = WatchEventKind::Added;
    assert_eq!(kinds, [added, added, added, WatchEventKind::Bookmark]);
    let last = events[3].object.to_value();
    assert_eq!(last["metadata"]["annotations"], json!({"k8s.io/initial-events-end": "true"}));
    assert_eq!(events[3].revision, cluster.revision().0);
    cluster.advance(SimTime::from_secs(6));
    assert_eq!(cluster.take_closed().len(), 1);
}

#[test]
fn a_put_creates_only_what_may_be_created_so() {
    let mut cluster = cluster();
    let put = |kind, manifest: Value| {
        let name = manifest["metadata"]["name"].as_str().unwrap().to_owned();
        Standalone::request(Verb::Update, kind, "default", &name).body(Body::Manifest(manifest))
    };
    assert_eq!(refusal(cluster.call(put(Kind::ConfigMap, config("x")))), "configmaps \"x\" not found");
    let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "x"}, "spec": {}});
    assert!(cluster.call(put(Kind::Lease, lease)).is_ok());
}

#[test]
fn an_eviction_is_charged_to_the_budget() {
    let mut cluster = cluster();
    for name in ["one", "two"] {
        let mut manifest = pod(name);
        manifest["metadata"]["labels"] = json!({"app": "web"});
        create(&mut cluster, manifest).unwrap();
        bind(&mut cluster, name, "n1").unwrap();
        let ready = json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}});
        let request = patch(Kind::Pod, name, PatchType::Strategic, ready).part(Subresource::Status);
        cluster.call(request).unwrap();
    }
    let budget = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}});
    create(&mut cluster, budget).unwrap();
    let mut evict = |name: &str| {
        let request = Standalone::request(Verb::Create, Kind::Pod, "default", name).part(Subresource::Eviction);
        cluster.call(request.body(Body::Delete(DeleteOptions::default())))
    };
    let refused = evict("one").unwrap_err();
    assert_eq!(
        (refused.code, &*refused.message),
        (429, "Cannot evict pod as it would violate the pod's disruption budget.")
    );
    let details = refused.details.unwrap();
    assert_eq!(details.causes[0].message, "The disruption budget web is still being processed by the server.");
    assert_eq!(details.retry_after_seconds, Some(10));
    let status = json!({"status": {"observedGeneration": 1, "disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1,
        "expectedPods": 2}});
    let request = patch(Kind::PodDisruptionBudget, "web", PatchType::Merge, status).part(Subresource::Status);
    cluster.call(request).unwrap();
    let mut evict = |name: &str| {
        let request = Standalone::request(Verb::Create, Kind::Pod, "default", name).part(Subresource::Eviction);
        cluster.call(request.body(Body::Delete(DeleteOptions::default())))
    };
    evict("one").unwrap();
    let refused = evict("two").unwrap_err();
    assert_eq!(
        refused.details.unwrap().causes[0].message,
        "The disruption budget web needs 1 healthy pods and has 2 currently"
    );
    let budget = cluster.get(Kind::PodDisruptionBudget, "default", "web").unwrap().to_value();
    assert!(budget["status"]["disruptedPods"]["one"].is_string());
}

#[test]
fn a_dry_run_creates_nothing_and_sees_what_is_there() {
    let mut cluster = three();
    let dry = |name: &str| {
        let mut request =
            Standalone::request(Verb::Create, Kind::ConfigMap, "default", "").body(Body::Manifest(config(name)));
        request.options.dry_run = true;
        request
    };
    assert!(cluster.call(dry("new")).is_ok());
    assert!(cluster.get(Kind::ConfigMap, "default", "new").is_none());
    assert_eq!(refusal(cluster.call(dry("a"))), "configmaps \"a\" already exists");
    let mut gone =
        Standalone::request(Verb::Delete, Kind::ConfigMap, "default", "a").body(Body::Delete(DeleteOptions::default()));
    gone.options.dry_run = true;
    assert!(cluster.call(gone).is_ok());
    assert!(cluster.get(Kind::ConfigMap, "default", "a").is_some());
}
