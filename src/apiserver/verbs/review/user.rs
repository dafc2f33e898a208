//! SelfSubjectReview and TokenReview: who is this?

use crate::apiserver::authentication::ISSUER;
use crate::apiserver::request::User;
use crate::apiserver::status::Status;
use crate::model::authentication::{
    SelfSubjectReview, SelfSubjectReviewStatus, TokenReview, TokenReviewStatus, UserInfo,
};
use crate::model::time;

use super::Desk;

pub(super) fn own(review: &mut SelfSubjectReview, desk: &Desk<'_>) {
    review.metadata.creation_timestamp = Some(time::time(desk.now));
    review.status = Some(SelfSubjectReviewStatus { user_info: Some(info(&desk.request.user)) });
}

pub(super) fn of_token(review: &mut TokenReview, desk: &Desk<'_>) -> Result<(), Box<Status>> {
    if review.spec.token.is_empty() {
        return Err(Box::new(Status::bad_request("token is required for TokenReview in authentication")));
    }
    let wanted = review.spec.audiences.clone().filter(|audiences| !audiences.is_empty());
    let wanted = wanted.unwrap_or_else(|| vec![ISSUER.to_owned()]);
    let status = match desk.tokens.user_of(&review.spec.token, &wanted, desk.store, desk.now) {
        Ok((user, audiences)) => TokenReviewStatus {
            authenticated: Some(true),
            user: Some(info(&user)),
            audiences: Some(audiences),
            error: None,
        },
        Err(fault) => TokenReviewStatus { error: Some(fault), ..TokenReviewStatus::default() },
    };
    review.status = Some(status);
    Ok(())
}

fn info(user: &User) -> UserInfo {
    let extra: std::collections::BTreeMap<_, _> = user
        .extra
        .iter()
        .map(|(key, values)| (key.to_string(), values.iter().map(ToString::to_string).collect()))
        .collect();
    UserInfo {
        username: Some(user.name.to_string()),
        uid: Some(user.uid.to_string()).filter(|uid| !uid.is_empty()),
        groups: Some(user.groups.iter().map(ToString::to_string).collect()),
        extra: Some(extra).filter(|extra| !extra.is_empty()),
    }
}
