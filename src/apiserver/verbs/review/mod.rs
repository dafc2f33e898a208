//! Reviews: questions to the server about users and rights, asked by creating an object that is never stored.
//!
//! Source: `pkg/registry/authorization/*/rest.go`, `pkg/registry/authentication/*/storage.go`.

mod access;
mod rules;
mod user;

use std::sync::Arc;

use crate::apiserver::authentication::Tokens;
use crate::apiserver::authorization::Authorizer;
use crate::apiserver::decode;
use crate::apiserver::request::{Payload, Request, Verb};
use crate::apiserver::status::{Reason, Status};
use crate::apiserver::stored::Stored;
use crate::engine::SimTime;
use crate::etcd::Store;
use crate::model::Object;

/// What a question is answered from.
pub(in crate::apiserver) struct Desk<'a> {
    pub(in crate::apiserver) request: &'a Request,
    pub(in crate::apiserver) authorizer: &'a Authorizer,
    pub(in crate::apiserver) tokens: &'a Tokens,
    pub(in crate::apiserver) store: &'a Store<Stored>,
    pub(in crate::apiserver) now: SimTime,
}

/// Answers a question.
///
/// # Errors
/// 400 and 422 for questions that make no sense, 405 for other verbs than create.
pub(in crate::apiserver) fn answer(desk: &Desk<'_>, warnings: &mut Vec<Arc<str>>) -> Result<Payload, Box<Status>> {
    if desk.request.verb != Verb::Create {
        let message = "the server does not allow this method on the requested resource";
        return Err(Box::new(Status::new(405, Reason::MethodNotAllowed, message)));
    }
    let mut object = decode::object(desk.request, warnings)?;
    match &mut object {
        Object::SelfSubjectReview(review) => user::own(Arc::make_mut(review), desk),
        Object::TokenReview(review) => user::of_token(Arc::make_mut(review), desk)?,
        Object::SelfSubjectAccessReview(review) => access::own(Arc::make_mut(review), desk)?,
        Object::SubjectAccessReview(review) => {
            let review = Arc::make_mut(review);
            review.status = Some(access::of(&review.spec, "SubjectAccessReview", desk)?);
        }
        Object::LocalSubjectAccessReview(review) => access::local(Arc::make_mut(review), desk)?,
        Object::SelfSubjectRulesReview(review) => rules::own(Arc::make_mut(review), desk)?,
        _ => {}
    }
    Ok(Payload::Object(object))
}
