//! Fields: what an object of a kind may have at a place, so that a misspelt one can be told from what was meant.

use serde_json::Value;

use crate::model::{Kind, schema, suggest};

/// The field that was probably meant by the last step of `path` (`*` for an element of a list).
pub(super) fn meant(kind: Kind, path: &[String]) -> Option<String> {
    let (last, parents) = path.split_last()?;
    let root = schema::of(kind);
    let mut here = settle(&root, &root)?;
    for step in parents {
        let next = match step.as_str() {
            "*" => here.get("items"),
            field => here.get("properties").and_then(|properties| properties.get(field)),
        };
        here = settle(&root, next?)?;
    }
    let known = here.get("properties")?.as_object()?.keys().map(String::as_str);
    suggest::closest(last, known).map(str::to_owned)
}

/// The steps of `spec.containers[0].image`.
pub(super) fn steps(path: &str) -> Vec<String> {
    let parts = path.split('.').flat_map(|part| {
        let (name, indexes) = part.split_once('[').map_or((part, 0), |(name, rest)| (name, rest.matches(']').count()));
        std::iter::once(name.to_owned()).chain((0..indexes).map(|_| "*".to_owned()))
    });
    parts.collect()
}

/// The schema behind references and the wrapping that an optional field has.
fn settle<'s>(root: &'s Value, schema: &'s Value) -> Option<&'s Value> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return settle(root, schema::resolve(root, reference)?);
    }
    for wrapping in ["allOf", "anyOf"] {
        if let Some(inner) = schema.get(wrapping).and_then(Value::as_array) {
            return inner
                .iter()
                .find_map(|inner| settle(root, inner).filter(|inner| inner.get("type") != Some(&"null".into())));
        }
    }
    Some(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_fields_are_understood_deep_down() {
        let meant = |kind, path| meant(kind, &steps(path));
        assert_eq!(meant(Kind::Deployment, "spec.replicsa").as_deref(), Some("replicas"));
        assert_eq!(meant(Kind::Pod, "spec.containers[0].imagee").as_deref(), Some("image"));
        assert_eq!(meant(Kind::Pod, "spec.containers[0].resources.request").as_deref(), Some("requests"));
        assert_eq!(meant(Kind::Pod, "spec.colour"), None);
    }
}
