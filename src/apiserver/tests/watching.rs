//! Watches: from a revision, by selector, until they end.

use serde_json::json;

use super::{cluster, create, delete, patch, pod, refusal};
use crate::apiserver::standalone::Standalone;
use crate::apiserver::{DeleteOptions, PatchType, Reason, Verb, WatchEventKind};
use crate::engine::SimTime;
use crate::model::{Kind, Meta};

fn watch(from: Option<u64>, labels: Option<&str>) -> crate::apiserver::Request {
    let mut request = Standalone::request(Verb::Watch, Kind::Pod, "default", "");
    request.options.resource_version = from;
    request.options.label_selector = labels.map(Into::into);
    request.options.bookmarks = true;
    request
}

fn kinds(cluster: &mut Standalone) -> Vec<(WatchEventKind, String)> {
    let told = cluster.take_watched().into_iter().flat_map(|(_, events)| events);
    told.map(|event| (event.kind, event.object.name().to_owned())).collect()
}

#[test]
fn a_watch_tells_what_it_missed() {
    let mut cluster = cluster();
    let from = cluster.revision().0;
    create(&mut cluster, pod("a")).unwrap();
    create(&mut cluster, pod("b")).unwrap();
    delete(&mut cluster, Kind::Pod, "a", DeleteOptions::default()).unwrap();
    cluster.call(watch(Some(from), None)).unwrap();
    let told = cluster.take_watched().remove(0).1;
    let expected = [WatchEventKind::Added, WatchEventKind::Added, WatchEventKind::Deleted];
    assert_eq!(told.iter().map(|event| event.kind).collect::<Vec<_>>(), expected);
    assert_eq!(told[2].object.meta().revision(), told[2].revision);
    assert_eq!(cluster.trace().get(told[2].cause).map(|cause| cause.verb), Some("delete"));
    cluster.call(watch(Some(0), None)).unwrap();
    let ended = (WatchEventKind::Bookmark, String::new());
    assert_eq!(kinds(&mut cluster), [(WatchEventKind::Added, "b".to_owned()), ended]);
}

#[test]
fn objects_come_and_go_with_their_labels() {
    let mut cluster = cluster();
    create(&mut cluster, pod("a")).unwrap();
    cluster.call(watch(Some(0), Some("app=x"))).unwrap();
    // Nothing was there; that is told too.
    assert_eq!(kinds(&mut cluster), [(WatchEventKind::Bookmark, String::new())]);
    for labels in [json!({"app": "x"}), json!({"tier": "y"}), json!({"app": null})] {
        let change = json!({"metadata": {"labels": labels}});
        cluster.call(patch(Kind::Pod, "a", PatchType::Merge, change)).unwrap();
    }
    let told: Vec<_> = kinds(&mut cluster).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(told, [WatchEventKind::Added, WatchEventKind::Modified, WatchEventKind::Deleted]);
}

#[test]
fn bookmarks_come_every_minute_and_old_revisions_are_gone_after_compaction() {
    let mut cluster = cluster();
    let from = cluster.revision().0;
    cluster.call(watch(Some(from), None)).unwrap();
    create(&mut cluster, pod("a")).unwrap();
    cluster.take_watched();
    cluster.advance(SimTime::from_secs(61));
    assert_eq!(kinds(&mut cluster), [(WatchEventKind::Bookmark, String::new())]);
    cluster.advance(SimTime::from_secs(301));
    create(&mut cluster, pod("b")).unwrap();
    cluster.advance(SimTime::from_secs(601));
    let _before = cluster.take_closed();
    assert!(matches!(cluster.call(watch(Some(from - 1), None)).unwrap().payload, crate::apiserver::Payload::Watching));
    let expired = cluster.take_closed().pop().unwrap().1.unwrap();
    assert!(expired.is(Reason::Expired) && expired.code == 410);
    assert_eq!(expired.message, format!("too old resource version: {} ({})", from - 1, cluster.store().compacted()));
}

#[test]
fn a_watch_ends_after_half_an_hour_or_a_whole_one() {
    let mut cluster = cluster();
    cluster.call(watch(Some(0), None)).unwrap();
    cluster.advance(SimTime::from_secs(1799));
    assert!(cluster.take_closed().is_empty());
    cluster.advance(SimTime::from_secs(3661));
    assert_eq!(cluster.take_closed().len(), 1);
    assert_eq!(cluster.server().watch_count(), 0);
}

#[test]
fn selectors_that_cannot_be_read_are_refused() {
    let mut cluster = cluster();
    let mut list = Standalone::request(Verb::List, Kind::Pod, "default", "");
    list.options.label_selector = Some("a in (b".into());
    assert_eq!(refusal(cluster.call(list)), "unable to parse requirement: found '', expected: ',' or ')'");
    let mut list = Standalone::request(Verb::List, Kind::Pod, "default", "");
    list.options.field_selector = Some("spec.nothing=1".into());
    assert_eq!(refusal(cluster.call(list)), "field label not supported: spec.nothing");
}

#[test]
fn a_list_may_ask_for_a_revision_that_is_not_there_yet() {
    let mut cluster = cluster();
    let mut list = Standalone::request(Verb::List, Kind::Pod, "default", "");
    let ahead = cluster.revision().0 + 5;
    list.options.resource_version = Some(ahead);
    let refused = cluster.call(list).unwrap_err();
    assert_eq!((refused.code, cluster.now()), (504, SimTime::from_secs(3)));
    assert_eq!(refused.message, format!("Timeout: Too large resource version: {ahead}, current: {}", ahead - 5));
}
