//! Scale: the number of replicas of a workload, without knowing what kind it is.
//!
//! Source: `pkg/registry/apps/deployment/storage/storage.go`, `ScaleREST`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::apiserver::admission;
use crate::apiserver::managed_fields::{self, Application, Ownership};
use crate::apiserver::request::{Body, PatchType, Payload, Scale, Subresource, Verb};
use crate::apiserver::status::Status;
use crate::apiserver::stored::Stored;
use crate::etcd::KeyValue;
use crate::model::metav1::LabelSelector;
use crate::model::{CustomObject, Meta, Object, Selector, patch};

use super::update::{self, Change};
use super::{Current, Reply, Step, Work, object_of};

/// Reads or sets the number of replicas.
///
/// # Errors
/// 404, or 405 for kinds that cannot be scaled.
pub(in crate::apiserver) fn attempt(work: &mut Work<'_>, current: &Current) -> Result<Step, Box<Status>> {
    let (Some(entry), Some(old)) = (current.as_deref(), object_of(current)) else { return Err(work.not_found()) };
    if let Body::Patch(type_, _) = &work.inbound.request.body {
        super::patch::check_options(*type_, &work.inbound.request.options)?;
    }
    let mut applied = None;
    let wanted = match &work.inbound.request.body {
        Body::Scale(replicas) => *replicas,
        Body::Patch(PatchType::Apply, configuration) => {
            let (replicas, ownership) = apply(work, entry, &old, configuration)?;
            applied = Some(ownership);
            replicas
        }
        Body::Patch(type_, patch) => {
            let scale = of(&old).ok_or_else(|| work.not_found())?;
            replicas_in(&patched(*type_, &scale, patch)?)?
        }
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
            Arc::make_mut(deployment).spec_mut().replicas = Some(wanted);
        }
        Object::ReplicaSet(set) => Arc::make_mut(set).spec_mut().replicas = Some(wanted),
        Object::StatefulSet(set) => Arc::make_mut(set).spec.get_or_insert_default().replicas = Some(wanted),
        Object::ReplicationController(controller) => {
            Arc::make_mut(controller).spec.get_or_insert_default().replicas = Some(wanted);
        }
        Object::Custom(custom) => set_custom(Arc::make_mut(custom), wanted).ok_or_else(|| work.not_found())?,
        _ => return Err(work.not_found()),
    }
    let shown = |object: &Object| of(object).map_or(Value::Null, |scale| scale.to_value());
    admission::validate_part(|| (shown(&object), shown(&old)), Some(&old), &mut work.review())?;
    if object != old
        && let Some(generation) = object.meta().generation
    {
        object.meta_mut().generation = Some(generation + 1);
    }
    let ownership = match applied {
        Some(ownership) => ownership,
        None => work.owns_change(entry, &old, None, &object),
    };
    Ok(match update::store(work, entry, &old, object, Change { ownership, ..Change::of("scale") })? {
        step @ Step::Write(_) => step.replying(Reply::Scale),
        Step::Answer(Payload::Object(object)) => Payload::Scale(of(&object).ok_or_else(|| work.not_found())?).into(),
        other => other,
    })
}

/// A scale with a patch laid over it. It has no lists, so a strategic merge is a merge.
fn patched(type_: PatchType, scale: &Scale, patch: &Value) -> Result<Value, Box<Status>> {
    match type_ {
        PatchType::Json => patch::apply_json(&scale.to_value(), patch).map_err(|_| super::patch::unprocessable()),
        _ => Ok(patch::apply_merge(&scale.to_value(), patch)),
    }
}

fn replicas_in(scale: &Value) -> Result<i32, Box<Status>> {
    match &scale["spec"]["replicas"] {
        Value::Null => Ok(0),
        number => number.as_i64().and_then(|number| i32::try_from(number).ok()).ok_or_else(|| {
            let message = format!("Scale in version \"v1\" cannot be handled as a Scale: spec.replicas: {number}");
            Box::new(Status::bad_request(message))
        }),
    }
}

/// Server-side apply of a scale: what it says of replicas is applied to the workload, where others may have a say in them.
///
/// Source: `managedfields/scalehandler.go`.
fn apply(
    work: &Work<'_>,
    entry: &KeyValue<Stored>,
    old: &Object,
    configuration: &Value,
) -> Result<(i32, Ownership), Box<Status>> {
    let text = |field: &str| configuration[field].as_str().unwrap_or_default();
    if (text("apiVersion"), text("kind")) != ("autoscaling/v1", "Scale") {
        let message = format!("invalid object type: {}, Kind={}", text("apiVersion"), text("kind"));
        return Err(Box::new(Status::bad_request(message)));
    }
    let (request, kind) = (&work.inbound.request, old.kind());
    let path = match old {
        Object::Custom(custom) => custom.kind.definition().scale.as_ref().map(|scale| scale.spec_replicas_path.clone()),
        _ => Some(".spec.replicas".to_owned()),
    };
    let path = path.ok_or_else(|| work.not_found())?;
    let says = &configuration["spec"]["replicas"];
    let mut parent = json!({"apiVersion": kind.api_version(), "kind": kind.name(), "metadata": {"name": old.name()}});
    if !says.is_null() {
        let steps = path.split('.').filter(|step| !step.is_empty());
        *steps.fold(&mut parent, |place, step| &mut place[step]) = replicas_in(configuration)?.into();
    }
    let wanted = Application {
        configuration: &parent,
        manager: request.options.field_manager.as_deref().unwrap_or_default(),
        force: request.options.force,
        kind,
        subresource: "scale",
        now: work.now,
    };
    let managers = entry.value.ownership().managers(old);
    let (value, managers) = managed_fields::apply(Some(old), managers, wanted).map_err(|mut refusal| {
        // The others are met in the scale, not in the workload.
        let (there, here) = (format!("using {}", kind.api_version()), "using autoscaling/v1");
        refusal.message = refusal.message.replace(&there, here).replace(&path, ".spec.replicas");
        for cause in refusal.details.iter_mut().flat_map(|details| &mut details.causes) {
            cause.message = cause.message.replace(&there, here);
            cause.field = cause.field.replace(&path, ".spec.replicas");
        }
        refusal
    })?;
    let replicas = path.split('.').filter(|step| !step.is_empty()).fold(&value, |place, step| &place[step]);
    let replicas = replicas.as_i64().and_then(|number| i32::try_from(number).ok()).unwrap_or(1);
    Ok((replicas, Ownership::known(&managers)))
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
    let meta = object.meta();
    Some(Scale {
        key: object.key(),
        spec_replicas,
        status_replicas,
        selector,
        revision: meta.revision(),
        uid: meta.uid().into(),
        created: meta.creation_timestamp.clone(),
    })
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
