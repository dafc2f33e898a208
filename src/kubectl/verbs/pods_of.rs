//! The Pod behind `pod/web`, `deploy/web` or `svc/web`, for logs and exec.
//!
//! Source: `kubectl/pkg/polymorphichelpers/{attachablepodforobject,helpers}.go`, `kubectl/pkg/util/podutils`.

use std::sync::Arc;

use crate::kubectl::failure::Failure;
use crate::kubectl::resources;
use crate::kubectl::session::Session;
use crate::model::selector::Selector;
use crate::model::{Kind, Meta, Object, ObjectKey, Pod};

/// The object that a word means; a plain word is a Pod.
///
/// # Errors
/// For words of another form.
pub fn key(session: &Session<'_>, word: &str) -> Result<ObjectKey, Failure> {
    let (kind, name) = match word.split_once('/') {
        None => (Kind::Pod, word),
        Some((_, name)) if name.contains('/') => {
            return Err(Failure::text_of("arguments in resource/name form may not have more than one slash"));
        }
        Some((type_, name)) => (resources::kind(type_)?, name),
    };
    let namespace = if kind.is_namespaced() { session.namespace() } else { "".into() };
    Ok(ObjectKey::new(kind, namespace, name))
}

/// The Pods that `object` selects, or itself. `doing` is what cannot be done with anything else.
///
/// # Errors
/// When it selects none.
pub fn of(session: &mut Session<'_>, object: &Object, doing: &str) -> Result<Vec<Arc<Pod>>, Failure> {
    let selector = match object {
        Object::Pod(pod) => return Ok(vec![Arc::clone(pod)]),
        Object::Deployment(it) => Selector::from_typed(it.spec.as_ref().map(|spec| &spec.selector)).ok(),
        Object::ReplicaSet(it) => Selector::from_typed(it.spec.as_ref().map(|spec| &spec.selector)).ok(),
        Object::Service(it) => {
            let labels = it.spec.as_ref().and_then(|spec| spec.selector.as_ref());
            labels.filter(|labels| !labels.is_empty()).map(Selector::from_labels)
        }
        _ => None,
    };
    let Some(selector) = selector else {
        let kind = object.kind().name();
        return Err(Failure::text_of(format!("cannot {doing} {kind}: no Pods are selected by it")));
    };
    let list = session.list(Kind::Pod, object.namespace(), &selector.to_string(), "")?;
    let pods: Vec<Arc<Pod>> = list.items.iter().filter_map(Object::get::<Pod>).cloned().collect();
    if pods.is_empty() {
        // kubectl waits for one to appear; there is nothing to be seen of that here.
        return Err(Failure::text_of("timed out waiting for the condition"));
    }
    Ok(pods)
}

/// Of several Pods the best: bound to a node, running, ready, ready for long, few restarts, old (`ActivePods` reversed).
#[must_use]
pub fn best(mut pods: Vec<Arc<Pod>>) -> Option<Arc<Pod>> {
    let restarts = |pod: &Pod| pod.container_statuses().iter().map(|status| status.restart_count).max().unwrap_or(0);
    let phase = |pod: &Pod| match pod.phase() {
        "Running" => 2,
        "Pending" => 0,
        _ => 1,
    };
    pods.sort_by_key(|pod| {
        let rank = (!pod.node_name().is_empty(), phase(pod), pod.is_ready());
        (std::cmp::Reverse(rank), restarts(pod), pod.metadata.created_at(), pod.metadata.name().to_owned())
    });
    pods.into_iter().next()
}
