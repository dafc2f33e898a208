//! Get.

use crate::apiserver::request::{Payload, Request, Subresource};
use crate::apiserver::status::Status;
use crate::apiserver::storage_key;
use crate::apiserver::stored::Stored;
use crate::etcd::Store;

use super::scale;

/// Reads one object as the store holds it.
///
/// # Errors
/// 404.
pub(in crate::apiserver) fn read(request: &Request, store: &Store<Stored>) -> Result<Payload, Box<Status>> {
    let missing = || Box::new(Status::not_found(request.kind, &request.name));
    let key = storage_key::of(request.kind, &request.namespace, &request.name);
    let shown = request.options.managed_fields;
    let object = store.get(&key).and_then(|entry| Stored::shown(entry, shown)).ok_or_else(missing)?;
    if request.subresource == Subresource::Scale {
        return scale::of(&object).map(Payload::Scale).ok_or_else(missing);
    }
    Ok(Payload::Object(object))
}
