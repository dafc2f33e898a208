//! Webhooks: HTTP servers that are asked about a request, and may change or refuse it.
//!
//! A call takes time, and a stage of the pipeline does not wait. So an attempt at a write that comes to a webhook which has not
//! been asked yet says what it wants to know (`Calls::wanted`) and ends; the server makes the calls, and when they are
//! answered attempts the write again, which finds the answers (`Calls`) and goes on. What was random in the first attempt is
//! the same in the next, so that the question is, too.
//!
//! Source: `apiserver/pkg/admission/plugin/webhook/{mutating,validating}/dispatcher.go`.

pub(in crate::apiserver) mod answer;
pub(in crate::apiserver) mod calls;
mod hook;
mod target;

use std::sync::Arc;

use crate::apiserver::status::Status;
use crate::apiserver::stored::Stored;
use crate::apiserver::{decode, registry};
use crate::etcd::Store;
use crate::model::Object;
use crate::model::admissionregistration::{MutatingWebhookConfiguration, ValidatingWebhookConfiguration};

use super::attributes::{Attributes, is_exempt};
use super::{Review, lookup_all, matching};
use answer::Verdict;
use calls::Question;
use hook::Hook;

/// Asks the webhooks that may change an object. When one has changed it, `again` is called, and then once more those that want
/// to see what others made of it (`reinvocationPolicy: IfNeeded`).
///
/// # Errors
/// What a webhook answers that refuses the request; anything at all while one is still to be asked.
pub(super) fn mutate(
    object: &mut Object,
    old: Option<&Object>,
    review: &mut Review<'_>,
    again: impl FnOnce(&mut Object, &mut Review<'_>) -> Result<(), Box<Status>>,
) -> Result<(), Box<Status>> {
    let hooks = mutating(review);
    if hooks.is_empty() || is_exempt(review.request.kind) {
        return Ok(());
    }
    // Those that have been asked and want to be asked again, and those that have a reason to.
    let (mut asked, mut due) = (Vec::new(), Vec::new());
    let mut is_changed = false;
    for (index, hook) in hooks.iter().enumerate() {
        let Some(has_changed) = change(object, old, hook, 0, review)? else { continue };
        if has_changed {
            is_changed = true;
            due = asked.clone();
        }
        if hook.asks_again {
            asked.push(index);
        }
    }
    if !is_changed {
        return Ok(());
    }
    let before = object.clone();
    again(object, review)?;
    if *object != before {
        due = asked;
    }
    for index in due {
        change(object, old, &hooks[index], 1, review)?;
    }
    Ok(())
}

/// What one webhook makes of an object: `None` when it is not asked, otherwise whether it changes anything.
fn change(
    object: &mut Object,
    old: Option<&Object>,
    hook: &Hook,
    round: u8,
    review: &mut Review<'_>,
) -> Result<Option<bool>, Box<Status>> {
    let attributes = Attributes::of(review.request, Some(object), old);
    if !hook.is_about(&attributes, review.store)? {
        return Ok(None);
    }
    let question = Question::new(hook, true, round, old);
    let Some(said) = review.calls.answer(&question).cloned() else {
        return Err(review.calls.ask(question, hook, &attributes, review.store, review.random));
    };
    let Verdict { patch, warnings } = answer::judge(hook, said)?;
    review.warnings.extend(warnings);
    let Some(patch) = patch else { return Ok(Some(false)) };
    let before = attributes.object;
    let after = answer::patched(hook, &before, &patch)?;
    if after == before {
        return Ok(Some(false));
    }
    let (mut changed, _) = decode::patched(object.kind(), after)
        .map_err(|error| Box::new(Status::internal(&crate::apiserver::go_json::message(object.kind(), &error))))?;
    registry::default(&mut changed);
    *object = changed;
    Ok(Some(true))
}

/// Asks, all at once, the webhooks that may only refuse.
///
/// # Errors
/// What the first of them to refuse says; anything at all while one is still to be asked.
pub(super) fn validate(
    attributes: &Attributes<'_>,
    old: Option<&Object>,
    review: &mut Review<'_>,
) -> Result<(), Box<Status>> {
    let mut questions = Vec::new();
    let mut waits = None;
    let hooks = validating(review);
    for hook in &hooks {
        if !hook.is_about(attributes, review.store)? {
            continue;
        }
        let question = Question::new(hook, false, 0, old);
        if review.calls.answer(&question).is_none() {
            waits = Some(review.calls.ask(question, hook, attributes, review.store, review.random));
        } else {
            questions.push((review.calls.place(&question), question, hook));
        }
    }
    if let Some(wait) = waits {
        return Err(wait);
    }
    questions.sort_by_key(|(place, ..)| *place);
    let mut refusal = None;
    for (_, question, hook) in questions {
        let Some(said) = review.calls.answer(&question).cloned() else { continue };
        match answer::judge(hook, said) {
            Ok(verdict) => review.warnings.extend(verdict.warnings),
            Err(status) => refusal = refusal.or(Some(status)),
        }
    }
    refusal.map_or(Ok(()), Err)
}

fn mutating(review: &Review<'_>) -> Vec<Hook> {
    let all = lookup_all::<MutatingWebhookConfiguration>(review.store, "");
    all.iter().flat_map(|one| hook::of_mutating(one)).collect()
}

fn validating(review: &Review<'_>) -> Vec<Hook> {
    let all = lookup_all::<ValidatingWebhookConfiguration>(review.store, "");
    all.iter().flat_map(|one| hook::of_validating(one)).collect()
}

impl Hook {
    /// Whether it is to be asked.
    ///
    /// # Errors
    /// When a condition cannot be computed and the webhook fails closed.
    fn is_about(&self, asked: &Attributes<'_>, store: &Store<Stored>) -> Result<bool, Box<Status>> {
        if asked.is_exempt()
            || !matching::by_rules(&self.rules, self.match_policy.as_deref(), asked)
            || !matching::by_namespace(self.namespace_selector.as_ref(), asked, store)
            || !matching::by_labels(self.object_selector.as_ref(), asked)
        {
            return Ok(false);
        }
        if self.conditions.is_empty() {
            return Ok(true);
        }
        match matching::by_conditions(&self.conditions, &matching::scope_of(asked)) {
            Ok(holds) => Ok(holds),
            Err(_) if self.ignores_failures => Ok(false),
            Err(why) => Err(Box::new(Status::forbidden(asked.request.kind, asked.shown_name(), &why))),
        }
    }
}

/// The name of the configuration and of the webhook in it.
pub(super) type HookName = (Arc<str>, Arc<str>);
