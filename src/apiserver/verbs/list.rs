//! List: selectors, pages, old revisions.
//!
//! Source: `apiserver/pkg/endpoints/handlers/get.go`, `apiserver/pkg/storage/etcd3/store.go`, `apiserver/pkg/storage/continue.go`,
//! `apimachinery/pkg/apis/meta/internalversion/validation/validation.go`.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::apiserver::field::Errors;
use crate::apiserver::request::{List, Options, Request, Verb, VersionMatch};
use crate::apiserver::selection::Selection;
use crate::apiserver::status::{Details, Reason, Status};
use crate::apiserver::storage_key;
use crate::apiserver::stored::Stored;
use crate::etcd::{KeyRange, KeyValue, Revision, Store};
use crate::model::Kind;

const TOO_OLD: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new \
    list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. \
    Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted \
    between the time the first chunk was returned and now may show up in the list.";
const EXPIRED: &str = "The resourceVersion for the provided list is too old.";

/// Where a page ended: the revision that all pages are of (`None`: the latest), and the last key after the kind's prefix.
struct Continue {
    revision: Option<Revision>,
    last: String,
}

/// Whether the options of a list or a watch fit together.
///
/// # Errors
/// 422 about `ListOptions`.
pub(in crate::apiserver) fn check_options(verb: Verb, options: &Options) -> Result<(), Box<Status>> {
    let mut errors = Errors::default();
    let field = "resourceVersionMatch";
    let continues = options.continue_token.as_ref().is_some_and(|token| !token.is_empty());
    let matching = options.resource_version_match;
    if verb == Verb::Watch {
        if options.send_initial_events.is_some() && matching != Some(VersionMatch::NotOlderThan) {
            errors.forbidden(field, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        }
        if options.send_initial_events.is_none() && matching.is_some() {
            errors.forbidden(field, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
        }
        if matching == Some(VersionMatch::Exact) {
            errors.unsupported(field, "Exact", &["NotOlderThan"]);
        }
    } else {
        if matching.is_some() && options.resource_version.is_none() {
            errors.forbidden(field, "resourceVersionMatch is forbidden unless resourceVersion is provided");
        }
        if matching == Some(VersionMatch::Exact) && options.resource_version == Some(0) {
            errors.forbidden(field, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
        }
        if options.send_initial_events.is_some() {
            errors.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
        }
    }
    if matching.is_some() && continues {
        errors.forbidden(field, "resourceVersionMatch is forbidden when continue is provided");
    }
    if errors.is_empty() { Ok(()) } else { Err(Box::new(errors.into_invalid("ListOptions.meta.k8s.io", ""))) }
}

/// Reads the objects that a request selects.
///
/// # Errors
/// 400 for selectors and tokens that cannot be read, 410 for lists as they were before history begins.
pub(in crate::apiserver) fn read(request: &Request, store: &Store<Stored>) -> Result<List, Box<Status>> {
    let selection = Selection::of(request)?;
    let options = &request.options;
    let limit = options.limit.filter(|limit| *limit > 0);
    let from = options.continue_token.as_deref().filter(|token| !token.is_empty()).map(parse).transpose()?;
    let pages = Pages { request, selection, store, limit };
    match from {
        Some(_) if options.resource_version.is_some_and(|revision| revision != 0) => {
            Err(Box::new(Status::bad_request("specifying resource version is not allowed when using continue")))
        }
        Some(from) => pages.later(from),
        None => match exact(options) {
            Some(revision) => {
                let expired = || Box::new(Status::new(410, Reason::Expired, EXPIRED));
                pages.at(revision, &range_of(request)).ok_or_else(expired)
            }
            None => Ok(pages.first(&range_of(request))),
        },
    }
}

/// The revision at which a list is to be read, if it is to be this very one.
fn exact(options: &Options) -> Option<Revision> {
    let revision = options.resource_version.filter(|revision| *revision > 0)?;
    // Without a word about the match, a limit makes it exact, as it did before there was one.
    let is_exact = options.resource_version_match == Some(VersionMatch::Exact)
        || (options.resource_version_match.is_none() && options.limit.is_some_and(|limit| limit > 0));
    is_exact.then_some(Revision(revision))
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

/// The pages of one list.
struct Pages<'a> {
    request: &'a Request,
    selection: Selection,
    store: &'a Store<Stored>,
    limit: Option<usize>,
}

impl Pages<'_> {
    /// The first page, or the whole list, as the store is now.
    fn first(&self, range: &KeyRange) -> List {
        let mut list = List { revision: self.store.revision().0, ..List::default() };
        let mut entries = self.store.iter(range);
        let mut last = "";
        for entry in entries.by_ref() {
            if self.limit == Some(list.items.len()) {
                list.continue_token = Some(token(self.store.revision(), self.request.kind, last));
                list.remaining = self.selection.is_everything().then(|| 1 + entries.count());
                break;
            }
            if self.selects(entry) {
                last = &entry.key;
                list.items.extend(Stored::shown(entry, self.request.options.managed_fields));
            }
        }
        list
    }

    /// A page as the store was at a revision; `None` when history does not reach back that far.
    fn at(&self, revision: Revision, range: &KeyRange) -> Option<List> {
        let found = self.store.range(range, None, Some(revision)).ok()?;
        let entries: Vec<_> = found.kvs.iter().filter(|entry| self.selects(entry)).collect();
        let taken = entries.len().min(self.limit.unwrap_or(usize::MAX));
        let shown = |entry: &&Arc<KeyValue<Stored>>| Stored::shown(entry, self.request.options.managed_fields);
        let items = entries[..taken].iter().filter_map(shown).collect();
        let mut list = List { items, revision: revision.0, ..List::default() };
        if let Some(last) = entries.get(taken.saturating_sub(1)).filter(|_| taken < entries.len()) {
            list.continue_token = Some(token(revision, self.request.kind, &last.key));
            list.remaining = self.selection.is_everything().then(|| entries.len() - taken);
        }
        Some(list)
    }

    /// A further page, as the store was when the first one was read.
    fn later(&self, from: Continue) -> Result<List, Box<Status>> {
        let last = format!("{}{}", storage_key::prefix(self.request.kind), from.last);
        let range = KeyRange::prefix_after(prefix_of(self.request), &last);
        let Some(revision) = from.revision else { return Ok(self.first(&range)) };
        self.at(revision, &range).ok_or_else(|| {
            let mut status = Status::new(410, Reason::Expired, TOO_OLD);
            let continue_token = Some(encoded(-1, &from.last));
            status.details = Some(Box::new(Details { continue_token, ..Details::default() }));
            Box::new(status)
        })
    }

    fn selects(&self, entry: &KeyValue<Stored>) -> bool {
        Stored::peek(entry).is_some_and(|object| self.selection.matches(object))
    }
}

fn token(revision: Revision, kind: Kind, last: &str) -> Arc<str> {
    let start = last.strip_prefix(storage_key::prefix(kind)).unwrap_or(last);
    encoded(i64::try_from(revision.0).unwrap_or(i64::MAX), start)
}

fn encoded(revision: i64, start: &str) -> Arc<str> {
    // The fields stand in the order in which Go writes them.
    let start = Value::from(format!("{start}\0"));
    URL_SAFE_NO_PAD.encode(format!("{{\"v\":\"meta.k8s.io/v1\",\"rv\":{revision},\"start\":{start}}}")).into()
}

fn parse(token: &str) -> Result<Continue, Box<Status>> {
    let refused = |why: &str| {
        let message = format!("invalid continue token: continue key is not valid{why}");
        Box::new(Status::bad_request(message))
    };
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|error| refused(&format!(": {}", illegal(&error))))?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| refused(&format!(": {error}")))?;
    let version = value["v"].as_str().unwrap_or_default();
    if version != "meta.k8s.io/v1" {
        return Err(refused(&format!(": server does not recognize this encoded version {version}")));
    }
    let revision = value["rv"].as_i64().unwrap_or(0);
    let start = value["start"].as_str().unwrap_or_default();
    if revision == 0 {
        return Err(refused(": incorrect encoded start resourceVersion (version meta.k8s.io/v1)"));
    }
    if start.is_empty() {
        return Err(refused(": encoded start key empty (version meta.k8s.io/v1)"));
    }
    // No token leads out of its kind.
    if start.split('/').any(|part| matches!(part, "." | "..")) || start.contains("//") {
        return Err(refused(&format!(": {start}")));
    }
    Ok(Continue { revision: u64::try_from(revision).ok().map(Revision), last: start.trim_end_matches('\0').to_owned() })
}

/// In Go's words. Source: `encoding/base64`, `CorruptInputError`.
fn illegal(error: &base64::DecodeError) -> String {
    let at = match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => *at,
        base64::DecodeError::InvalidLength(at) => *at,
        base64::DecodeError::InvalidPadding => 0,
    };
    format!("illegal base64 data at input byte {at}")
}

/// The token of a page, for tests.
#[cfg(test)]
pub(in crate::apiserver) fn decoded(token: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}
