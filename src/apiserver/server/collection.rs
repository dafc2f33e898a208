//! The deletion of many objects with one request: each is deleted as if it had been asked for alone, and the answer comes when
//! all of them are done.
//!
//! Source: `apiserver/pkg/registry/generic/registry/store.go`, `DeleteCollection`.

use crate::apiserver::effect::Ctx;
use crate::apiserver::request::{List, Payload, Verb};
use crate::apiserver::status::Status;
use crate::apiserver::verbs;

use super::ApiServer;
use super::pending::{NOBODY, Pending};

/// One such request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CollectionId(u64);

/// A request some of whose objects are not done yet.
#[derive(Clone, Debug)]
pub(super) struct Collection {
    id: CollectionId,
    pending: Pending,
    /// What was there.
    list: List,
}

impl ApiServer {
    /// Begins to delete what the request selects.
    pub(super) fn delete_collection(&mut self, pending: Pending, ctx: &mut Ctx<'_>) -> Result<(), Box<Status>> {
        let list = verbs::list::read(&pending.inbound.request, ctx.store)?;
        self.next_collection += 1;
        let id = CollectionId(self.next_collection);
        for item in &list.items {
            let mut one = pending.clone();
            // Nobody hears the single answers.
            one.inbound.caller = NOBODY;
            one.inbound.request.verb = Verb::Delete;
            one.inbound.request.name = item.name().into();
            one.inbound.request.namespace = item.namespace().into();
            one.part_of = Some(id);
            self.begin(one, ctx);
        }
        self.collections.push(Collection { id, pending, list });
        self.end_collections(ctx);
        Ok(())
    }

    /// Answers the requests none of whose objects waits for anything.
    pub(super) fn end_collections(&mut self, ctx: &mut Ctx<'_>) {
        if self.collections.is_empty() {
            return;
        }
        let waits = |id: CollectionId| self.pending.values().any(|one| one.part_of == Some(id));
        let (open, done): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.collections).into_iter().partition(|one| waits(one.id));
        self.collections = open;
        for collection in done {
            Self::respond(collection.pending, Ok(Payload::List(collection.list)), ctx);
        }
    }
}
