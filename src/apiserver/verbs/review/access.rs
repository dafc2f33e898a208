//! SubjectAccessReview and its kin: may this user do this?

use std::sync::Arc;

use crate::apiserver::authorization::{Attributes, Decision};
use crate::apiserver::field::Errors;
use crate::apiserver::request::User;
use crate::apiserver::status::Status;
use crate::model::authorization::{
    LocalSubjectAccessReview, NonResourceAttributes, ResourceAttributes, SelfSubjectAccessReview,
    SubjectAccessReviewSpec, SubjectAccessReviewStatus,
};

use super::Desk;

const ONE_OF: &str = "exactly one of nonResourceAttributes or resourceAttributes must be specified";

/// About the user who asks.
pub(super) fn own(review: &mut SelfSubjectAccessReview, desk: &Desk<'_>) -> Result<(), Box<Status>> {
    let spec = &review.spec;
    let what = (spec.resource_attributes.as_ref(), spec.non_resource_attributes.as_ref());
    let mut errors = Errors::default();
    check_what(what, &mut errors);
    refuse(errors, "SelfSubjectAccessReview")?;
    review.status = Some(ask(&desk.request.user, what, desk));
    Ok(())
}

/// About any user.
pub(super) fn of(
    spec: &SubjectAccessReviewSpec,
    kind: &str,
    desk: &Desk<'_>,
) -> Result<SubjectAccessReviewStatus, Box<Status>> {
    let what = (spec.resource_attributes.as_ref(), spec.non_resource_attributes.as_ref());
    let mut errors = Errors::default();
    check_what(what, &mut errors);
    let name = spec.user.as_deref().unwrap_or_default();
    if name.is_empty() && spec.groups.as_ref().is_none_or(Vec::is_empty) {
        errors.invalid("spec.user", name, "at least one of user or group must be specified");
    }
    refuse(errors, kind)?;
    let texts = |texts: &Vec<String>| texts.iter().map(|text| Arc::from(text.as_str())).collect();
    let extra = spec.extra.iter().flatten().map(|(key, values)| (key.as_str().into(), texts(values))).collect();
    let groups = spec.groups.as_ref().map(texts).unwrap_or_default();
    let user = User { name: name.into(), groups, uid: spec.uid.as_deref().unwrap_or_default().into(), extra };
    Ok(ask(&user, what, desk))
}

/// About any user in the namespace of the request.
pub(super) fn local(review: &mut LocalSubjectAccessReview, desk: &Desk<'_>) -> Result<(), Box<Status>> {
    let namespace = &desk.request.namespace;
    let given = review.spec.resource_attributes.as_ref().and_then(|asked| asked.namespace.as_deref());
    if given != Some(namespace) {
        let message = format!("spec.resourceAttributes.namespace must match namespace: {namespace}");
        return Err(Box::new(Status::bad_request(message)));
    }
    review.status = Some(of(&review.spec, "LocalSubjectAccessReview", desk)?);
    Ok(())
}

type What<'a> = (Option<&'a ResourceAttributes>, Option<&'a NonResourceAttributes>);

fn check_what(what: What<'_>, errors: &mut Errors) {
    match what {
        (Some(_), Some(_)) => errors.invalid(
            "spec.nonResourceAttributes",
            serde_json::json!(what.1),
            "cannot be specified in combination with resourceAttributes",
        ),
        (None, None) => errors.invalid("spec.resourceAttributes", serde_json::Value::Null, ONE_OF),
        _ => {}
    }
}

fn refuse(errors: Errors, kind: &str) -> Result<(), Box<Status>> {
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Box::new(errors.into_invalid(&format!("{kind}.authorization.k8s.io"), "")))
    }
}

fn ask(user: &User, what: What<'_>, desk: &Desk<'_>) -> SubjectAccessReviewStatus {
    let attributes = match what {
        (Some(asked), _) => of_resource(user, asked),
        (None, Some(asked)) => Attributes::path(user, text(&asked.verb), text(&asked.path)),
        (None, None) => Attributes::path(user, "", "/"),
    };
    let (decision, reason) = desk.authorizer.decide(&attributes, desk.store);
    SubjectAccessReviewStatus {
        allowed: decision == Decision::Allow,
        reason: Some(reason).filter(|reason| !reason.is_empty()),
        ..SubjectAccessReviewStatus::default()
    }
}

fn of_resource<'a>(user: &'a User, asked: &'a ResourceAttributes) -> Attributes<'a> {
    let fields = asked.field_selector.as_ref().map_or("", |selector| text(&selector.raw_selector));
    Attributes {
        subresource: text(&asked.subresource),
        namespace: text(&asked.namespace),
        fields,
        ..Attributes::resource(user, text(&asked.verb), text(&asked.group), text(&asked.resource), text(&asked.name))
    }
}

fn text(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}
