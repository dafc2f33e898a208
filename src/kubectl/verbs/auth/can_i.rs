//! `kubectl auth can-i`. Source: `kubectl/pkg/cmd/auth/cani.go`.

use std::sync::Arc;

use crate::apiserver::{Body, Verb};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::{Session, object_of};
use crate::model::authorization::{
    NonResourceAttributes, ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
    SelfSubjectRulesReview, SelfSubjectRulesReviewSpec,
};
use crate::model::{Kind, Object, Resource};

use super::rules;

/// Its flags.
pub const CAN_I_FLAGS: &[&str] = &["A!all-namespaces", "q!quiet", "!list", ":subresource", "!no-headers"];

const VERBS: [&str; 16] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "use",
    "bind",
    "impersonate",
    "*",
    "approve",
    "sign",
    "escalate",
    "attest",
];
const PATH_VERBS: [&str; 8] = ["get", "put", "post", "head", "options", "delete", "patch", "*"];
/// Resources that are only ever asked about.
const WORDS: [&str; 2] = ["users", "groups"];

/// Runs it.
///
/// # Errors
/// Exit code 1 for a no; the server's refusals.
pub fn can_i(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if flags.yes("list") {
        return list(session, flags);
    }
    let [verb, target] = flags.args.as_slice() else {
        let message = "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' \
                       for help and examples.";
        return Err(Failure::text_of(message));
    };
    let subresource = flags.text_or_empty("subresource");
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let spec = if target.starts_with('/') {
        if !subresource.is_empty() {
            return Err(Failure::text_of("--subresource can not be used with NonResourceURL"));
        }
        check_verb(session, verb, &PATH_VERBS);
        let asked = NonResourceAttributes { verb: text(verb), path: text(target) };
        SelfSubjectAccessReviewSpec { non_resource_attributes: Some(asked), resource_attributes: None }
    } else {
        let (word, name) = target.split_once('/').unwrap_or((target, ""));
        let (group, resource) = resource_of(session, flags, word);
        check_verb(session, verb, &VERBS);
        let namespace = if flags.yes("all-namespaces") { Arc::default() } else { session.namespace() };
        let asked = ResourceAttributes {
            namespace: text(&namespace),
            verb: text(verb),
            group: text(&group),
            resource: text(&resource),
            subresource: text(subresource),
            name: text(name),
            ..ResourceAttributes::default()
        };
        SelfSubjectAccessReviewSpec { resource_attributes: Some(asked), non_resource_attributes: None }
    };
    if flags.yes("no-headers") {
        return Err(Failure::text_of("--no-headers cannot be set without --list specified"));
    }
    ask(session, flags, spec)
}

fn ask(session: &mut Session<'_>, flags: &Flags, spec: SelfSubjectAccessReviewSpec) -> Result<(), Failure> {
    let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
    let answer = review_of(session, review.into())?;
    let status = SelfSubjectAccessReview::of(&answer).and_then(|review| review.status.clone()).unwrap_or_default();
    if !flags.yes("quiet") {
        let dash = |text: &Option<String>| text.as_ref().map(|text| format!(" - {text}")).unwrap_or_default();
        let line = if status.allowed {
            "yes".to_owned()
        } else {
            format!("no{}{}", dash(&status.reason), dash(&status.evaluation_error))
        };
        session.line(&line);
    }
    if status.allowed { Ok(()) } else { Err(Failure::Exit(1)) }
}

fn list(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if !flags.args.is_empty() {
        return Err(Failure::text_of("list option must be specified with no arguments"));
    }
    if flags.yes("quiet") || flags.yes("all-namespaces") || flags.has("subresource") {
        let message = "list option can't be specified with neither quiet, all-namespaces nor subresource options";
        return Err(Failure::text_of(message));
    }
    let spec = SelfSubjectRulesReviewSpec { namespace: Some(session.namespace().to_string()) };
    let review = SelfSubjectRulesReview { spec, ..SelfSubjectRulesReview::default() };
    let answer = review_of(session, review.into())?;
    let status = SelfSubjectRulesReview::of(&answer).and_then(|review| review.status.clone()).unwrap_or_default();
    if status.incomplete {
        let why = status.evaluation_error.as_deref().unwrap_or_default();
        session.warn(&format!("the list may be incomplete: {why}"));
    }
    session.out(&rules::table(&status, !flags.yes("no-headers")));
    Ok(())
}

/// Asks the server.
///
/// # Errors
/// The server's refusal.
pub(super) fn review_of(session: &mut Session<'_>, review: Object) -> Result<Object, Failure> {
    let request = session.request(Verb::Create, review.kind(), "").body(Body::Object(review));
    object_of(session.call(request)?)
}

fn check_verb(session: &mut Session<'_>, verb: &str, known: &[&str]) {
    if !known.contains(&verb) {
        session.warn(&format!("verb '{verb}' is not a known verb\n"));
    }
}

/// Group and plural name of the resource that a word names; the word itself when nothing does.
fn resource_of(session: &mut Session<'_>, flags: &Flags, word: &str) -> (String, String) {
    if word == "*" {
        return (String::new(), word.to_owned());
    }
    let Some(kind) = Kind::from_word(word) else {
        if !WORDS.contains(&word) {
            let (resource, group) = word.split_once('.').unwrap_or((word, ""));
            let place = if group.is_empty() { String::new() } else { format!(" in group '{group}'") };
            session.warn(&format!("the server doesn't have a resource type '{resource}'{place}\n"));
        }
        return (String::new(), word.to_owned());
    };
    let info = kind.info();
    if !kind.is_namespaced() && !flags.yes("all-namespaces") {
        let group = if info.group.is_empty() { String::new() } else { format!(" in group '{}'", info.group) };
        session.warn(&format!("resource '{}' is not namespace scoped{group}\n", info.plural));
    }
    (info.group.to_owned(), info.plural.to_owned())
}
