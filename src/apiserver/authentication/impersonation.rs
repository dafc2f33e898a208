//! Impersonation: a request made as someone else, as `--as` and `--as-group` ask for.
//!
//! Source: `apiserver/pkg/endpoints/filters/impersonation/{constrained_impersonation,mode}.go`. Since v1.36 the verb `impersonate` is not the only
//! way: `impersonate:user-info` and its kin, together with `impersonate-on:…` for what is done, let someone impersonate for
//! certain requests only. Every mode is tried; when none allows it, the refusal of the first is told.
//! **Not modelled:** `impersonate:associated-node`, and the wildcard checks for many groups at once.

use std::sync::Arc;

use crate::apiserver::authorization::{Attributes, Authorizer};
use crate::apiserver::request::User;
use crate::apiserver::status::Status;
use crate::apiserver::stored::Stored;
use crate::etcd::Store;

use super::service_account;

/// The group of the users' extra fields and UIDs, and in the new modes of users and groups too.
const GROUP: &str = "authentication.k8s.io";
const UNAUTHENTICATED: &str = "system:unauthenticated";
const ANONYMOUS: &str = "system:anonymous";

/// The user as whom a request goes on.
///
/// # Errors
/// 403 when the real user may not be taken for the other.
pub(in crate::apiserver) fn impersonate(
    wanted: &User,
    asked: &Attributes<'_>,
    authorizer: &Authorizer,
    store: &Store<Stored>,
) -> Result<Arc<User>, Box<Status>> {
    let mut first = None;
    for mode in [constrained(wanted), ""] {
        let attempt = Attempt { mode, wanted, asked, authorizer, store };
        match attempt.check() {
            Ok(user) => return Ok(Arc::new(user)),
            Err(refusal) => first = first.or(Some(refusal)),
        }
    }
    Err(first.unwrap_or_else(|| asked.refusal("")))
}

/// The constrained mode that fits a user; nodes and accounts with more than a name have none.
fn constrained(wanted: &User) -> &'static str {
    let only_name = wanted.groups.is_empty() && wanted.uid.is_empty() && wanted.extra.is_empty();
    if wanted.name.starts_with("system:node:") {
        if only_name { "arbitrary-node" } else { "" }
    } else if service_account::split_user_name(&wanted.name).is_some() {
        if only_name { "serviceaccount" } else { "" }
    } else {
        "user-info"
    }
}

/// One mode of impersonation; the old one has no name.
struct Attempt<'a> {
    mode: &'a str,
    wanted: &'a User,
    asked: &'a Attributes<'a>,
    authorizer: &'a Authorizer,
    store: &'a Store<Stored>,
}

impl Attempt<'_> {
    fn check(&self) -> Result<User, Box<Status>> {
        if !self.mode.is_empty() {
            let verb = format!("impersonate-on:{}:{}", self.mode, self.asked.verb);
            self.authorizer.authorize(&Attributes { verb: &verb, ..*self.asked }, self.store)?;
        }
        let mut user = self.wanted.clone();
        self.may_take_name(&mut user)?;
        if !user.uid.is_empty() {
            self.may(GROUP, "uids", "", &user.uid)?;
        }
        let group = if self.mode.is_empty() { "" } else { GROUP };
        for one in &self.wanted.groups {
            if !self.mode.is_empty() && **one == *User::MASTERS {
                let attributes = Attributes::resource(self.asked.user, "impersonate:user-info", GROUP, "groups", one);
                return Err(attributes.refusal("impersonating the system:masters group is not allowed"));
            }
            self.may(group, "groups", "", one)?;
        }
        for (key, values) in &self.wanted.extra {
            values.iter().try_for_each(|value| self.may(GROUP, "userextras", key, value))?;
        }
        add_group(&mut user);
        Ok(user)
    }

    fn may_take_name(&self, user: &mut User) -> Result<(), Box<Status>> {
        let group = if self.mode.is_empty() { "" } else { GROUP };
        if let Some((namespace, name)) = service_account::split_user_name(&self.wanted.name) {
            if user.groups.is_empty() {
                user.groups = service_account::groups_of(namespace);
            }
            return self.may_in(group, "serviceaccounts", "", namespace, name);
        }
        if let Some(node) = self.wanted.name.strip_prefix("system:node:").filter(|_| !self.mode.is_empty()) {
            user.groups = vec!["system:nodes".into()];
            return self.may(group, "nodes", "", node);
        }
        self.may(group, "users", "", &self.wanted.name)
    }

    fn may(&self, group: &str, resource: &str, subresource: &str, name: &str) -> Result<(), Box<Status>> {
        self.may_in(group, resource, subresource, "", name)
    }

    fn may_in(
        &self,
        group: &str,
        resource: &str,
        subresource: &str,
        namespace: &str,
        name: &str,
    ) -> Result<(), Box<Status>> {
        let colon = if self.mode.is_empty() { "" } else { ":" };
        let verb = format!("impersonate{colon}{}", self.mode);
        let attributes = Attributes::resource(self.asked.user, &verb, group, resource, name);
        self.authorizer.authorize(&Attributes { subresource, namespace, ..attributes }, self.store)
    }
}

/// Everyone but the anonymous user counts as recognised.
fn add_group(user: &mut User) {
    let group = if *user.name == *ANONYMOUS { UNAUTHENTICATED } else { User::AUTHENTICATED };
    if !user.is_in(group) && !user.is_in(UNAUTHENTICATED) {
        user.groups.push(group.into());
    }
}
