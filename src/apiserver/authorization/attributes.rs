//! What an authoriser looks at: who wants to do what to what.
//!
//! Source: `apiserver/pkg/authorization/authorizer/interfaces.go`, `apiserver/pkg/endpoints/request/requestinfo.go`.

use crate::apiserver::request::{Request, User};
use crate::apiserver::status::Status;
use crate::model::Kind;

use super::subresource_name;

/// A question to the authorisers.
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'a> {
    /// Who.
    pub user: &'a User,
    /// `get`, `impersonate`, `bind`, …
    pub verb: &'a str,
    /// The API group; empty for the core group.
    pub group: &'a str,
    /// `pods`.
    pub resource: &'a str,
    /// `log`; empty for the object itself.
    pub subresource: &'a str,
    /// Empty for the cluster's own kinds and for all namespaces.
    pub namespace: &'a str,
    /// Empty for all objects, and when creating.
    pub name: &'a str,
    /// The field selector of a list or a watch.
    pub fields: &'a str,
    /// The path, when it is not about a resource: `/metrics`.
    pub path: &'a str,
}

impl<'a> Attributes<'a> {
    /// What a request asks.
    #[must_use]
    pub fn of(request: &'a Request, user: &'a User) -> Self {
        let info = request.kind.info();
        let fields = request.options.field_selector.as_deref().unwrap_or_default();
        let name = if request.name.is_empty() { required(fields, "metadata.name") } else { &request.name };
        // A namespace is in itself, so that a RoleBinding may let someone read it.
        let namespace = match request.kind {
            Kind::Namespace => name,
            kind if kind.is_namespaced() => &request.namespace,
            _ => "",
        };
        Self {
            user,
            verb: request.verb.as_str(),
            group: info.group,
            resource: info.plural,
            subresource: subresource_name(request.subresource),
            namespace,
            name,
            fields,
            path: "",
        }
    }

    /// About a resource.
    #[must_use]
    pub fn resource(user: &'a User, verb: &'a str, group: &'a str, resource: &'a str, name: &'a str) -> Self {
        Self { user, verb, group, resource, subresource: "", namespace: "", name, fields: "", path: "" }
    }

    /// About a path.
    #[must_use]
    pub fn path(user: &'a User, verb: &'a str, path: &'a str) -> Self {
        Self { path, ..Self::resource(user, verb, "", "", "") }
    }

    /// The same in a namespace.
    #[must_use]
    pub fn within(self, namespace: &'a str) -> Self {
        Self { namespace, ..self }
    }

    /// Whether it is about a resource.
    #[must_use]
    pub fn is_resource(&self) -> bool {
        self.path.is_empty()
    }

    /// The field selector's only value of a field.
    #[must_use]
    pub fn required_field(&self, field: &str) -> &'a str {
        required(self.fields, field)
    }

    /// The refusal, in the words of `responsewriters/errors.go`.
    #[must_use]
    pub fn refusal(&self, reason: &str) -> Box<Status> {
        let (user, verb) = (&self.user.name, self.verb);
        let slash = if self.subresource.is_empty() { "" } else { "/" };
        let mut why = if self.is_resource() {
            let resource = format!("{}{slash}{}", self.resource, self.subresource);
            let place = match self.namespace {
                "" => "at the cluster scope".to_owned(),
                namespace => format!("in the namespace \"{namespace}\""),
            };
            format!("User \"{user}\" cannot {verb} resource \"{resource}\" in API group \"{}\" {place}", self.group)
        } else {
            format!("User \"{user}\" cannot {verb} path \"{}\"", self.path)
        };
        if !reason.is_empty() {
            why.push_str(": ");
            why.push_str(reason);
        }
        Box::new(Status::forbidden_resource(self.group, self.resource, self.name, &why))
    }
}

/// The value that a field selector in its string form requires of a field; empty when it requires none.
fn required<'a>(selector: &'a str, field: &str) -> &'a str {
    let value = |part: &'a str| Some(part.strip_prefix(field)?.strip_prefix('=')?.trim_start_matches('='));
    selector.split(',').find_map(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_name_the_place() {
        let user = User::new("alice", &[]);
        let nodes = Attributes::resource(&user, "list", "", "nodes", "");
        insta::assert_snapshot!(nodes.refusal(""), @r#"nodes is forbidden: User "alice" cannot list resource "nodes" in API group "" at the cluster scope"#);
        let log =
            Attributes { subresource: "log", ..Attributes::resource(&user, "get", "", "pods", "x").within("shop") };
        insta::assert_snapshot!(log.refusal(""), @r#"pods "x" is forbidden: User "alice" cannot get resource "pods/log" in API group "" in the namespace "shop""#);
        let metrics = Attributes::path(&user, "get", "/metrics");
        insta::assert_snapshot!(metrics.refusal(""), @r#"forbidden: User "alice" cannot get path "/metrics""#);
    }

    #[test]
    fn a_field_selector_may_require_a_value() {
        assert_eq!(required("metadata.name=web", "metadata.name"), "web");
        assert_eq!(required("a!=b,spec.nodeName==n", "spec.nodeName"), "n");
        assert_eq!(required("metadata.namespace=x", "metadata.name"), "");
    }
}
