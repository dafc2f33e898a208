//! Transactions, watches from a revision, reads in the past, compaction, quota and leases.

use super::*;
use crate::engine::{Seed, SimDuration};
use crate::etcd::error::EtcdError;
use crate::etcd::member_id::MemberId;

impl Value for u64 {
    fn size(&self) -> u64 {
        100
    }
}

fn put(store: &mut Store<u64>, key: &str, value: u64) -> Revision {
    let op = Op::Put { key: key.into(), value, lease: None };
    store.txn(&Txn::always(vec![op]), &mut Vec::new()).unwrap().revision
}

fn delete(store: &mut Store<u64>, prefix: &str) -> TxnResponse<u64> {
    store.txn(&Txn::always(vec![Op::Delete(KeyRange::prefix(prefix))]), &mut Vec::new()).unwrap()
}

fn values(response: &RangeResponse<u64>) -> Vec<u64> {
    response.kvs.iter().map(|kv| kv.value).collect()
}

#[test]
fn a_create_succeeds_once_and_then_shows_what_is_there() {
    let mut store = Store::new();
    let first = store.txn(&Txn::create("/a", 1, None), &mut Vec::new()).unwrap();
    assert_eq!((first.succeeded, first.revision), (true, Revision(2)));
    let second = store.txn(&Txn::create("/a", 2, None), &mut Vec::new()).unwrap();
    assert_eq!((second.succeeded, second.revision), (false, Revision(2)));
    let [OpResponse::Range(found)] = &second.responses[..] else { panic!("{second:?}") };
    assert_eq!(values(found), [1]);
}

#[test]
fn an_update_needs_the_revision_it_was_based_on() {
    let mut store = Store::new();
    let based_on = put(&mut store, "/a", 1);
    assert!(store.txn(&Txn::update("/a", based_on, 2, None), &mut Vec::new()).unwrap().succeeded);
    assert!(!store.txn(&Txn::update("/a", based_on, 3, None), &mut Vec::new()).unwrap().succeeded);
    let kv = store.get("/a").unwrap();
    assert_eq!((kv.value, kv.version, kv.create_revision, kv.mod_revision), (2, 2, based_on, based_on.next()));
    assert!(!store.txn(&Txn::delete("/a", based_on), &mut Vec::new()).unwrap().succeeded);
    assert!(store.txn(&Txn::delete("/a", based_on.next()), &mut Vec::new()).unwrap().succeeded);
    put(&mut store, "/a", 4);
    assert_eq!(store.get("/a").unwrap().version, 1);
}

#[test]
fn one_transaction_makes_one_revision_however_much_it_writes() {
    let mut store = Store::new();
    let ops = (0..3).map(|n| Op::Put { key: format!("/{n}").into(), value: n, lease: None }).collect();
    let mut events = Vec::new();
    let response = store.txn(&Txn::always(ops), &mut events).unwrap();
    assert_eq!(response.revision, Revision(2));
    assert!(events.iter().all(|event| event.revision == Revision(2)) && events.len() == 3);
    let twice = vec![Op::Put { key: "/1".into(), value: 1, lease: None }, Op::Delete(KeyRange::prefix("/"))];
    assert_eq!(store.txn(&Txn::always(twice), &mut events), Err(EtcdError::DuplicateKey));
    assert_eq!(store.revision(), Revision(2));
}

#[test]
fn a_page_says_how_many_keys_there_are() {
    let mut store = Store::new();
    for n in 0..500 {
        put(&mut store, &format!("/pods/{n:03}"), n);
    }
    let page = store.range(&KeyRange::prefix("/pods/"), Some(10), None).unwrap();
    assert_eq!((page.kvs.len(), page.count, page.more()), (10, 500, true));
    let next = KeyRange::prefix_after("/pods/", &page.kvs[9].key);
    put(&mut store, "/pods/005", 9);
    delete(&mut store, "/pods/011");
    let page = store.range(&next, Some(3), Some(page.revision)).unwrap();
    assert_eq!((values(&page), page.count), (vec![10, 11, 12], 490));
}

#[test]
fn old_revisions_can_be_read_until_they_are_compacted() {
    let mut store = Store::new();
    let mut states = Vec::new();
    let mut random = Seed(3).stream("store");
    for step in 0..400 {
        let key = format!("/{}", random.below(20));
        if random.below(3) == 0 {
            delete(&mut store, &key);
        } else {
            put(&mut store, &key, step);
        }
        states.push((store.revision(), store.range(&KeyRange::prefix(""), None, None).unwrap().kvs));
    }
    let half = Revision(store.revision().0 / 2);
    store.compact(half).unwrap();
    for (revision, kvs) in states {
        match store.range(&KeyRange::prefix(""), None, Some(revision)) {
            Ok(found) => assert_eq!(found.kvs, kvs, "{revision}"),
            Err(error) => assert_eq!((error, revision < half), (EtcdError::Compacted, true)),
        }
    }
    let future = store.revision().next();
    assert_eq!(store.range(&KeyRange::prefix(""), None, Some(future)).unwrap_err(), EtcdError::FutureRevision);
    assert_eq!(store.compact(half), Err(EtcdError::Compacted));
    assert_eq!(store.compact(future), Err(EtcdError::FutureRevision));
}

#[test]
fn a_watch_can_start_in_the_past() {
    let mut store = Store::new();
    put(&mut store, "/pods/a", 1);
    let from = put(&mut store, "/pods/a", 2);
    put(&mut store, "/nodes/n", 3);
    delete(&mut store, "/pods/");
    let range = KeyRange::prefix("/pods/");
    let seen: Vec<_> = store.events(&range, from).unwrap().cloned().collect();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].previous.as_ref().map(|kv| kv.value), Some(1));
    assert_eq!((&seen[1].current, seen[1].previous.as_ref().map(|kv| kv.value)), (&None, Some(2)));
    store.compact(from.next()).unwrap();
    assert_eq!(store.events(&range, from).err(), Some(EtcdError::Compacted));
    assert_eq!(store.events(&range, from.next()).unwrap().count(), 1);
}

#[test]
fn deleting_does_not_shrink_the_file_but_compacting_and_defragmenting_do() {
    let mut store = Store::new();
    for n in 0..1000 {
        put(&mut store, &format!("/{}", n % 10), n);
    }
    let full = store.backend().size();
    delete(&mut store, "/");
    assert!(store.backend().size() >= full && store.backend().in_use() >= full);
    store.compact(store.revision()).unwrap();
    assert!(store.backend().size() >= full && store.backend().in_use() == Store::<u64>::new().backend().size());
    assert!(store.defragment() > 0);
    assert_eq!(store.backend().size(), Store::<u64>::new().backend().size());
}

#[test]
fn with_the_alarm_on_only_reads_and_deletes_are_accepted() {
    let mut store = Store::new();
    let revision = put(&mut store, "/a", 1);
    store.raise(Alarm { member: MemberId(8_630_161_756_594_109_333), kind: AlarmKind::NoSpace });
    let write = store.txn(&Txn::create("/b", 1, None), &mut Vec::new());
    assert_eq!(write.unwrap_err().to_string(), "etcdserver: mvcc: database space exceeded");
    assert!(store.range(&KeyRange::key("/a"), None, None).is_ok());
    assert!(store.txn(&Txn::delete("/a", revision), &mut Vec::new()).unwrap().succeeded);
    let alarms: Vec<_> = store.alarms().map(|alarm| alarm.to_string()).collect();
    assert_eq!(alarms, ["memberID:8630161756594109333 alarm:NOSPACE"]);
    store.disarm();
    assert!(store.txn(&Txn::create("/b", 1, None), &mut Vec::new()).is_ok());
}

#[test]
fn a_revoked_lease_takes_its_keys_with_it() {
    let mut store = Store::new();
    let (lease, other) = (LeaseId(7), LeaseId(8));
    store.grant(lease, SimDuration::from_secs(60)).unwrap();
    store.grant(other, SimDuration::from_secs(60)).unwrap();
    assert_eq!(store.grant(lease, SimDuration::from_secs(1)), Err(EtcdError::LeaseExists));
    for key in ["/a", "/b", "/c"] {
        store.txn(&Txn::create(key, 1, Some(lease)), &mut Vec::new()).unwrap();
    }
    let moved = Op::Put { key: "/b".into(), value: 2, lease: Some(other) };
    store.txn(&Txn::always(vec![moved]), &mut Vec::new()).unwrap();
    let mut events = Vec::new();
    store.revoke(lease, &mut events).unwrap();
    let gone: Vec<_> = events.iter().map(|event| &*event.key).collect();
    assert_eq!(gone, ["/a", "/c"]);
    assert_eq!(store.revoke(lease, &mut events), Err(EtcdError::LeaseNotFound));
    let late = store.txn(&Txn::create("/d", 1, Some(lease)), &mut Vec::new());
    assert_eq!(late.unwrap_err(), EtcdError::LeaseNotFound);
}

#[test]
fn a_restored_snapshot_goes_back_in_time_and_may_jump_ahead() {
    let mut store = Store::new();
    put(&mut store, "/a", 1);
    let snapshot = store.clone();
    put(&mut store, "/b", 2);
    assert_ne!(snapshot.digest(), store.digest());
    let back = Store::restored(&snapshot, None);
    assert_eq!((back.get("/b"), back.revision()), (None, Revision(2)));
    let ahead = Store::restored(&snapshot, Some(1_000_000_000));
    assert_eq!(ahead.revision(), Revision(1_000_000_002));
    assert_eq!(ahead.events(&KeyRange::prefix(""), Revision(3)).err(), Some(EtcdError::Compacted));
    assert_eq!(ahead.get("/a").unwrap().mod_revision, Revision(2));
}
