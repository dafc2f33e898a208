//! SelfSubjectRulesReview: everything that the user who asks may do in a namespace.

use crate::apiserver::authorization::node;
use crate::apiserver::status::Status;
use crate::model::authorization::{NonResourceRule, ResourceRule, SelfSubjectRulesReview, SubjectRulesReviewStatus};

use super::Desk;

pub(super) fn own(review: &mut SelfSubjectRulesReview, desk: &Desk<'_>) -> Result<(), Box<Status>> {
    let namespace = review.spec.namespace.as_deref().unwrap_or_default();
    if namespace.is_empty() {
        return Err(Box::new(Status::bad_request("no namespace on request")));
    }
    let mut status = SubjectRulesReviewStatus::default();
    let mut faults = Vec::new();
    if desk.authorizer.allows_all() {
        let all = || Some(vec!["*".to_owned()]);
        let verbs = vec!["*".to_owned()];
        let rule =
            ResourceRule { api_groups: all(), resources: all(), verbs: verbs.clone(), ..ResourceRule::default() };
        status.resource_rules.push(rule);
        status.non_resource_rules.push(NonResourceRule { non_resource_urls: all(), verbs });
    }
    if node::name_of(&desk.request.user).is_some() {
        status.incomplete = true;
        faults.push("node authorizer does not support user rule resolution".to_owned());
    }
    if desk.authorizer.has_roles() {
        let index = desk.authorizer.index(desk.store);
        let (rules, missing) = index.rules_for(&desk.request.user, namespace);
        status.incomplete |= !missing.is_empty();
        faults.extend(missing);
        for rule in rules {
            if rule.resources.as_ref().is_some_and(|resources| !resources.is_empty()) {
                status.resource_rules.push(ResourceRule {
                    verbs: rule.verbs.clone(),
                    api_groups: rule.api_groups.clone(),
                    resources: rule.resources.clone(),
                    resource_names: rule.resource_names.clone(),
                });
            }
            if rule.non_resource_urls.as_ref().is_some_and(|urls| !urls.is_empty()) {
                let non_resource_urls = rule.non_resource_urls.clone();
                status.non_resource_rules.push(NonResourceRule { verbs: rule.verbs.clone(), non_resource_urls });
            }
        }
    }
    status.evaluation_error = Some(faults.join(", ")).filter(|text| !text.is_empty());
    review.status = Some(status);
    Ok(())
}
