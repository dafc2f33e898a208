//! URLs of the API: `/api/v1/namespaces/default/pods/web/log` taken apart.
//!
//! Source: `apiserver/pkg/endpoints/request/requestinfo.go`.

use crate::apiserver::Subresource;

/// What a path of the API names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourcePath {
    /// API group; empty for the core group.
    pub group: String,
    /// `v1`.
    pub version: String,
    /// `pods`.
    pub resource: String,
    /// Empty for all namespaces and for the cluster's own kinds.
    pub namespace: String,
    /// Empty for the collection.
    pub name: String,
    /// `log`, `status`; empty for the object itself.
    pub subresource: String,
    /// What stands behind the subresource, as `proxy` takes it.
    pub rest: String,
    /// Whether the path says `/watch/`, the old way to watch.
    pub is_watch: bool,
}

/// Takes a path apart; `None` when it names no resource.
#[must_use]
pub fn parse(path: &str) -> Option<ResourcePath> {
    let parts: Vec<String> = path.trim_matches('/').split('/').map(decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (group, version, mut rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return None,
    };
    let mut found = ResourcePath { group: group.to_owned(), version: version.to_owned(), ..ResourcePath::default() };
    if let ["watch", more @ ..] = rest {
        found.is_watch = true;
        rest = more;
    }
    if let ["namespaces", namespace, more @ ..] = rest
        && !more.is_empty()
        && !matches!(more, ["status" | "finalize"])
    {
        found.namespace = (*namespace).to_owned();
        rest = more;
    }
    let (resource, more) = rest.split_first()?;
    found.resource = (*resource).to_owned();
    if let [name, more @ ..] = more {
        found.name = (*name).to_owned();
        if let [subresource, more @ ..] = more {
            found.subresource = (*subresource).to_owned();
            found.rest = more.join("/");
        }
    }
    (!found.resource.is_empty()).then_some(found)
}

/// The subresource of that name; `None` when podlab has none.
#[must_use]
pub fn subresource(name: &str) -> Option<Subresource> {
    Some(match name {
        "" => Subresource::None,
        "status" => Subresource::Status,
        "scale" => Subresource::Scale,
        "binding" => Subresource::Binding,
        "eviction" => Subresource::Eviction,
        "finalize" => Subresource::Finalize,
        "log" => Subresource::Log,
        "exec" => Subresource::Exec,
        "attach" => Subresource::Attach,
        "portforward" => Subresource::PortForward,
        "ephemeralcontainers" => Subresource::EphemeralContainers,
        "resize" => Subresource::Resize,
        "token" => Subresource::Token,
        _ => return None,
    })
}

/// Percent-encoded bytes of a path segment or a query value, decoded.
#[must_use]
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let ahead = rest.clone().take(2).collect::<Vec<_>>();
        let code = std::str::from_utf8(&ahead).ok().filter(|code| code.len() == 2 && byte == b'%');
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest.next();
                rest.next();
            }
            None => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(path: &str) -> String {
        parse(path).map_or("nothing".to_owned(), |found| {
            let ResourcePath { group, version, resource, namespace, name, subresource, .. } = found;
            format!("{group}|{version}|{resource}|{namespace}|{name}|{subresource}")
        })
    }

    #[test]
    fn paths_name_kinds_objects_and_their_parts() {
        assert_eq!(named("/api/v1/pods"), "|v1|pods|||");
        assert_eq!(named("/api/v1/namespaces"), "|v1|namespaces|||");
        assert_eq!(named("/api/v1/namespaces/shop"), "|v1|namespaces||shop|");
        assert_eq!(named("/api/v1/namespaces/shop/finalize"), "|v1|namespaces||shop|finalize");
        assert_eq!(named("/api/v1/namespaces/shop/pods/web/log"), "|v1|pods|shop|web|log");
        assert_eq!(named("/apis/apps/v1/namespaces/a/deployments/b/scale"), "apps|v1|deployments|a|b|scale");
        assert_eq!(named("/apis/apps/v1"), "nothing");
        assert_eq!(named("/version"), "nothing");
        assert!(parse("/api/v1/watch/pods").is_some_and(|found| found.is_watch && found.resource == "pods"));
        assert_eq!(named("/api/v1/namespaces/a/pods/we%62"), "|v1|pods|a|web|");
    }
}
