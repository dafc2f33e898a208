//! Owners and dependents.

use podlab::client::{DeleteOptions, Propagation};
use podlab::model::{Kind, Meta};

use super::lab::{Lab, deployment};

fn deleted(propagation: Propagation) -> Lab {
    let mut lab = Lab::new(1);
    lab.apply(deployment("web", 2, "nginx"));
    lab.run(5);
    let options = DeleteOptions { propagation: Some(propagation), ..DeleteOptions::default() };
    lab.delete(Kind::Deployment, "default", "web", options).unwrap();
    lab.run(5);
    lab
}

#[test]
fn dependents_go_after_their_owner() {
    let mut lab = deleted(Propagation::Background);
    assert!(lab.get(Kind::Deployment, "default", "web").is_null());
    assert_eq!(lab.list(Kind::ReplicaSet, "default").len(), 0);
    assert_eq!(lab.list(Kind::Pod, "default").len(), 0);
}

#[test]
fn dependents_go_before_their_owner() {
    let mut lab = deleted(Propagation::Foreground);
    assert!(lab.get(Kind::Deployment, "default", "web").is_null());
    assert_eq!(lab.list(Kind::ReplicaSet, "default").len(), 0);
    assert_eq!(lab.list(Kind::Pod, "default").len(), 0);
}

#[test]
fn orphans_stay_and_are_adopted_by_the_next_owner() {
    let mut lab = deleted(Propagation::Orphan);
    assert!(lab.get(Kind::Deployment, "default", "web").is_null());
    let rs = lab.list(Kind::ReplicaSet, "default");
    assert_eq!(rs.len(), 1);
    assert!(rs[0].meta().owners().is_empty());
    assert_eq!(lab.list(Kind::Pod, "default").len(), 2);
    lab.apply(deployment("web", 2, "nginx"));
    lab.run(5);
    let adopted = lab.list(Kind::ReplicaSet, "default");
    assert_eq!(adopted.len(), 1);
    assert_eq!(adopted[0].meta().owners()[0].kind, "Deployment");
    assert_eq!(lab.list(Kind::Pod, "default").len(), 2);
}
