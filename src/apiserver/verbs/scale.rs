//! Scale: the number of replicas of a workload, without knowing what kind it is.
//!
//! Source: `pkg/registry/apps/deployment/storage/storage.go`, `ScaleREST`.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::apiserver::request::{Body, Payload, Scale, Subresource, Verb};
use crate::apiserver::status::Status;
use crate::model::metav1::LabelSelector;
use crate::model::{CustomObject, Meta, Object, Selector};

use super::update::{self, Change};
use super::{Current, Reply, Step, Work, object_of};

/// Reads or sets the number of replicas.
///
/// # Errors
/// 404, or 405 for kinds that cannot be scaled.
pub(in crate::apiserver) fn attempt(work: &mut Work<'_>, current: &Current) -> Result<Step, Box<Status>> {
    let (Some(entry), Some(old)) = (current.as_deref(), object_of(current)) else { return Err(work.not_found()) };
    let wanted = match &work.inbound.request.body {
        Body::Scale(replicas) => *replicas,
        Body::Patch(_, patch) => match patch["spec"]["replicas"].as_i64().and_then(|number| i32::try_from(number).ok())
        {
            Some(replicas) => replicas,
            None => return Err(Box::new(Status::bad_request("the patch of a scale sets no spec.replicas"))),
        },
        _ => return Err(Box::new(Status::bad_request("the request has no scale in its body"))),
    };
    if wanted < 0 {
        let mut errors = crate::apiserver::field::Errors::default();
        errors.invalid("spec.replicas", wanted, "must be greater than or equal to 0");
        return Err(Box::new(errors.into_invalid("Scale.autoscaling", old.name())));
    }
    let mut object = old.clone();
    match &mut object {
        Object::Deployment(deployment) => {
            Arc::make_mut(deployment).spec.get_or_insert_default().replicas = Some(wanted);
        }
        Object::ReplicaSet(set) => Arc::make_mut(set).spec.get_or_insert_default().replicas = Some(wanted),
        Object::StatefulSet(set) => Arc::make_mut(set).spec.get_or_insert_default().replicas = Some(wanted),
        Object::ReplicationController(controller) => {
            Arc::make_mut(controller).spec.get_or_insert_default().replicas = Some(wanted);
        }
        Object::Custom(custom) => set_custom(Arc::make_mut(custom), wanted).ok_or_else(|| work.not_found())?,
        _ => return Err(work.not_found()),
    }
    if object != old
        && let Some(generation) = object.meta().generation
    {
        object.meta_mut().generation = Some(generation + 1);
    }
    let ownership = work.owns_change(entry, &old, None, &object);
    Ok(match update::store(work, entry, &old, object, Change { ownership, ..Change::of("scale") })? {
        step @ Step::Write(_) => step.replying(Reply::Scale),
        Step::Answer(Payload::Object(object)) => Payload::Scale(of(&object).ok_or_else(|| work.not_found())?).into(),
        other => other,
    })
}

/// Whether a request is about a scale that is to be changed.
pub(in crate::apiserver) fn is_write(verb: Verb, subresource: Subresource) -> bool {
    subresource == Subresource::Scale && verb != Verb::Get
}

/// The scale of a workload.
#[must_use]
pub(in crate::apiserver) fn of(object: &Object) -> Option<Scale> {
    let (spec_replicas, status_replicas, selector) = match object {
        Object::Deployment(deployment) => {
            let spec = deployment.spec.as_ref()?;
            let status = deployment.status.as_ref().and_then(|status| status.replicas);
            (spec.replicas.unwrap_or(1), status.unwrap_or(0), text(&spec.selector))
        }
        Object::ReplicaSet(set) => {
            let spec = set.spec.as_ref()?;
            let status = set.status.as_ref().map_or(0, |status| status.replicas);
            (spec.replicas.unwrap_or(1), status, text(&spec.selector))
        }
        Object::StatefulSet(set) => {
            let spec = set.spec.as_ref()?;
            let status = set.status.as_ref().map_or(0, |status| status.replicas);
            (spec.replicas.unwrap_or(1), status, text(&spec.selector))
        }
        Object::ReplicationController(controller) => {
            let spec = controller.spec.as_ref()?;
            let status = controller.status.as_ref().map_or(0, |status| status.replicas);
            let selector = Selector::from_labels(&spec.selector.clone().unwrap_or_default()).to_string();
            (spec.replicas.unwrap_or(1), status, selector.into())
        }
        Object::Custom(custom) => {
            let paths = custom.kind.definition().scale.as_ref()?;
            let number = |path: &str| custom.at(path).and_then(Value::as_i64).and_then(|it| i32::try_from(it).ok());
            let selector = paths.label_selector_path.as_deref().and_then(|path| custom.at(path)?.as_str());
            let (spec, status) = (number(&paths.spec_replicas_path), number(&paths.status_replicas_path));
            (spec.unwrap_or(0), status.unwrap_or(0), selector.unwrap_or_default().into())
        }
        _ => return None,
    };
    Some(Scale { key: object.key(), spec_replicas, status_replicas, selector, revision: object.meta().revision() })
}

/// Writes the number where the definition says that it stands.
fn set_custom(object: &mut CustomObject, wanted: i32) -> Option<()> {
    let path = &object.kind.definition().scale.as_ref()?.spec_replicas_path;
    let mut parts: Vec<&str> = path.split('.').filter(|part| !part.is_empty()).collect();
    let last = parts.pop()?;
    let mut fields = &mut object.fields;
    for part in parts {
        fields = fields.entry(part).or_insert_with(|| Value::Object(Map::new())).as_object_mut()?;
    }
    fields.insert(last.to_owned(), wanted.into());
    Some(())
}

fn text(selector: &LabelSelector) -> Arc<str> {
    Selector::from_typed(Some(selector)).map(|selector| selector.to_string()).unwrap_or_default().into()
}
