//! The documentation of the built-in kinds as JSON Schema: what `kubectl explain` reads.
//!
//! **Not modelled:** the lists of allowed values (`ENUM:`), which are not among what the wire types carry.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::kind::Kind;
use super::kinds::with_kinds;
use super::{Pod, core};

/// Declares [`of`].
macro_rules! schemas {
    ({} $($kind:ident($type:ty)),+ $(,)?) => {
        /// The schema of a kind; what it refers to stands under `$defs`.
        #[must_use]
        pub fn of(kind: Kind) -> Value {
            match kind { $(Kind::$kind => root::<$type>()),+ }
        }
    };
}

with_kinds!(schemas);

impl JsonSchema for Pod {
    fn schema_name() -> Cow<'static, str> {
        core::Pod::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        core::Pod::json_schema(generator)
    }
}

fn root<T: JsonSchema>() -> Value {
    SchemaGenerator::default().into_root_schema_for::<T>().into()
}

/// The schema that `reference` (`#/$defs/…`) names inside `root`.
#[must_use]
pub fn resolve<'s>(root: &'s Value, reference: &str) -> Option<&'s Value> {
    root.pointer(reference.strip_prefix('#')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lead_to_schemas() {
        let pod = of(Kind::Pod);
        let reference = pod["properties"]["spec"]["$ref"].as_str().unwrap();
        assert_eq!(resolve(&pod, reference).unwrap()["properties"]["restartPolicy"]["type"], "string");
    }
}
