//! List: selectors, pages, old revisions.
//!
//! Source: `apiserver/pkg/endpoints/handlers/get.go`, `apiserver/pkg/storage/etcd3/store.go`, `apiserver/pkg/storage/continue.go`.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::apiserver::request::{List, Request};
use crate::apiserver::selection::Selection;
use crate::apiserver::status::{Reason, Status};
use crate::apiserver::storage_key;
use crate::apiserver::stored::Stored;
use crate::etcd::{KeyRange, Revision, Store};
use crate::model::Kind;

const TOO_OLD: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new \
    list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. \
    Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted \
    between the time the first chunk was returned and now may show up in the list.";

/// Where a page ended: the revision that all pages are of, and the last key after the kind's prefix.
struct Continue {
    revision: Revision,
    last: String,
}

/// Reads the objects that a request selects.
///
/// # Errors
/// 400 for selectors and tokens that cannot be read, 410 for pages of a list that is no longer there.
pub(in crate::apiserver) fn read(request: &Request, store: &Store<Stored>) -> Result<List, Box<Status>> {
    let selection = Selection::of(request)?;
    let limit = request.options.limit.filter(|limit| *limit > 0);
    let from = request.options.continue_token.as_deref().filter(|token| !token.is_empty()).map(parse).transpose()?;
    match from {
        None => Ok(page(request, &selection, store, &range_of(request), limit)),
        Some(from) => {
            let range = KeyRange::prefix_after(
                prefix_of(request),
                &format!("{}{}", storage_key::prefix(request.kind), from.last),
            );
            later_page(request, &selection, store, &range, limit, from)
        }
    }
}

fn range_of(request: &Request) -> KeyRange {
    storage_key::range(request.kind, &request.namespace)
}

fn prefix_of(request: &Request) -> String {
    let prefix = storage_key::prefix(request.kind);
    match &*request.namespace {
        "" => prefix.to_owned(),
        namespace => format!("{prefix}{namespace}/"),
    }
}

/// The first page, or the whole list, as the store is now.
fn page(
    request: &Request,
    selection: &Selection,
    store: &Store<Stored>,
    range: &KeyRange,
    limit: Option<usize>,
) -> List {
    let mut list = List { revision: store.revision().0, ..List::default() };
    let mut entries = store.iter(range);
    let mut last = "";
    for entry in entries.by_ref() {
        if limit == Some(list.items.len()) {
            list.continue_token = Some(token(store.revision(), request.kind, last));
            list.remaining = selection.is_everything().then(|| 1 + entries.count());
            break;
        }
        if Stored::peek(entry).is_some_and(|object| selection.matches(object)) {
            last = &entry.key;
            list.items.extend(Stored::shown(entry, request.options.managed_fields));
        }
    }
    list
}

/// A further page, as the store was when the first one was read.
fn later_page(
    request: &Request,
    selection: &Selection,
    store: &Store<Stored>,
    range: &KeyRange,
    limit: Option<usize>,
    from: Continue,
) -> Result<List, Box<Status>> {
    let found = store.range(range, None, Some(from.revision)).map_err(|_| {
        let fresh =
            token(store.revision(), request.kind, &format!("{}{}", storage_key::prefix(request.kind), from.last));
        Box::new(Status::new(410, Reason::Expired, format!("{TOO_OLD} (continue: {fresh})")))
    })?;
    let selected = |entry: &&Arc<crate::etcd::KeyValue<Stored>>| {
        Stored::peek(entry).is_some_and(|object| selection.matches(object))
    };
    let entries: Vec<_> = found.kvs.iter().filter(selected).collect();
    let taken = entries.len().min(limit.unwrap_or(usize::MAX));
    let items =
        entries.iter().take(taken).filter_map(|entry| Stored::shown(entry, request.options.managed_fields)).collect();
    let mut list = List { items, revision: from.revision.0, ..List::default() };
    if let Some(last) = entries.get(taken.saturating_sub(1)).filter(|_| taken < entries.len()) {
        list.continue_token = Some(token(from.revision, request.kind, &last.key));
        list.remaining = selection.is_everything().then(|| entries.len() - taken);
    }
    Ok(list)
}

fn token(revision: Revision, kind: Kind, last: &str) -> Arc<str> {
    let start = last.strip_prefix(storage_key::prefix(kind)).unwrap_or(last);
    let text = json!({"v": "meta.k8s.io/v1", "rv": revision.0, "start": format!("{start}\0")}).to_string();
    URL_SAFE_NO_PAD.encode(text).into()
}

fn parse(token: &str) -> Result<Continue, Box<Status>> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let value: Value = serde_json::from_slice(&bytes).ok()?;
        let last = value["start"].as_str()?.trim_end_matches('\0').to_owned();
        Some(Continue { revision: Revision(value["rv"].as_u64()?), last })
    };
    read().ok_or_else(|| Box::new(Status::bad_request("continue key is not valid: token could not be decoded")))
}
