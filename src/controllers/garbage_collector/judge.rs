//! What becomes of an object whose owners were looked up.
//!
//! Models `pkg/controller/garbagecollector/garbagecollector.go`, `attemptToDeleteItem`.

use crate::client::Propagation;
use crate::model::Meta;
use crate::model::metav1::ObjectMeta;

use super::graph::{FOREGROUND, ORPHAN};

/// How an owner was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// There, and there to stay.
    Solid,
    /// Not there.
    Dangling,
    /// Being deleted, and waiting for its dependents.
    Waiting,
}

/// What to do with the dependent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sentence {
    /// Nothing.
    Keep,
    /// It stays, but forgets the owners with these UIDs.
    Forget(Vec<String>),
    /// It stands in a circle of dependents: it no longer holds up its owners, and goes with its own dependents first.
    UnblockAndDelete,
    /// It goes.
    Delete(Propagation),
}

/// Judges `dependent`, whose owners were found as `owners` in the order of its references; `has_dependents` of its own, of
/// which one `in_circle` waits for dependents too.
#[must_use]
pub fn judge(dependent: &ObjectMeta, owners: &[Owner], has_dependents: bool, in_circle: bool) -> Sentence {
    if owners.is_empty() {
        return Sentence::Keep;
    }
    let any = |kind: Owner| owners.contains(&kind);
    if any(Owner::Solid) {
        let found = dependent.owners().iter().zip(owners);
        let gone: Vec<_> =
            found.filter(|(_, owner)| **owner != Owner::Solid).map(|(owner, _)| owner.uid.clone()).collect();
        return if gone.is_empty() { Sentence::Keep } else { Sentence::Forget(gone) };
    }
    if any(Owner::Waiting) && has_dependents {
        return if in_circle { Sentence::UnblockAndDelete } else { Sentence::Delete(Propagation::Foreground) };
    }
    Sentence::Delete(if dependent.has_finalizer(ORPHAN) {
        Propagation::Orphan
    } else if dependent.has_finalizer(FOREGROUND) {
        Propagation::Foreground
    } else {
        Propagation::Background
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metav1::OwnerReference;

    fn dependent(owners: &[&str]) -> ObjectMeta {
        let owner = |uid: &&str| OwnerReference { uid: (*uid).to_owned(), ..OwnerReference::default() };
        ObjectMeta { owner_references: Some(owners.iter().map(owner).collect()), ..ObjectMeta::default() }
    }

    #[test]
    fn an_object_goes_when_its_last_owner_has_gone() {
        let meta = dependent(&["a", "b"]);
        let judged = |owners: &[Owner]| judge(&meta, owners, false, false);
        assert_eq!(judged(&[Owner::Solid, Owner::Solid]), Sentence::Keep);
        assert_eq!(judged(&[Owner::Dangling, Owner::Solid]), Sentence::Forget(vec!["a".into()]));
        assert_eq!(judged(&[Owner::Dangling, Owner::Dangling]), Sentence::Delete(Propagation::Background));
    }

    #[test]
    fn foreground_deletion_goes_down_the_tree() {
        let meta = dependent(&["a"]);
        assert_eq!(judge(&meta, &[Owner::Waiting], true, false), Sentence::Delete(Propagation::Foreground));
        assert_eq!(judge(&meta, &[Owner::Waiting], false, false), Sentence::Delete(Propagation::Background));
        assert_eq!(judge(&meta, &[Owner::Waiting], true, true), Sentence::UnblockAndDelete);
    }
}
