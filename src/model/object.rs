//! The object: any built-in kind behind one type, shared by reference count.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;

use super::conversion::to_stored;
use super::custom_object::CustomObject;
use super::decode::{DecodeError, decode_typed};
use super::key::ObjectKey;
use super::kind::Kind;
use super::kinds::with_kinds;
use super::meta::Meta;

/// A kind known at compile time.
pub trait Resource: Clone + Send + Sync + Sized + 'static {
    /// Its kind.
    const KIND: Kind;
    /// Its kind, which is [`Self::KIND`] for all but custom objects.
    fn kind(&self) -> Kind {
        Self::KIND
    }
    /// Its metadata.
    fn meta(&self) -> &ObjectMeta;
    /// Its metadata, to change.
    fn meta_mut(&mut self) -> &mut ObjectMeta;
    /// Itself inside `object`, if that is what it is.
    fn of(object: &Object) -> Option<&Arc<Self>>;
}

/// Declares [`Object`] and joins each wire type to its kind.
macro_rules! objects {
    ({} $($kind:ident($type:ty)),+ $(,)?) => {
        /// An object of any kind. Cloning it copies a pointer.
        #[derive(Clone, Debug, PartialEq)]
        #[expect(missing_docs, reason = "each variant is the Kubernetes kind of that name")]
        pub enum Object { $($kind(Arc<$type>),)+ Custom(Arc<CustomObject>) }

        impl Object {
            /// Its kind.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self { $(Self::$kind(_) => Kind::$kind,)+ Self::Custom(object) => Kind::Custom(object.kind) }
            }

            /// Its metadata.
            #[must_use]
            pub fn meta(&self) -> &ObjectMeta {
                match self { $(Self::$kind(object) => &object.metadata,)+ Self::Custom(object) => &object.metadata }
            }

            /// Its metadata, to change; the object is copied first if anyone else holds it.
            pub fn meta_mut(&mut self) -> &mut ObjectMeta {
                match self {
                    $(Self::$kind(object) => &mut Arc::make_mut(object).metadata,)+
                    Self::Custom(object) => &mut Arc::make_mut(object).metadata,
                }
            }

            /// The object as JSON, with `apiVersion` and `kind`.
            #[must_use]
            pub fn to_value(&self) -> Value {
                // Serialising plain data into a `Value` has no way to fail: every map key is a string.
                match self {
                    $(Self::$kind(object) => serde_json::to_value(&**object).unwrap_or_default(),)+
                    Self::Custom(object) => object.to_value(),
                }
            }

            /// Reads an object of `kind`; the paths of unknown fields are added to `unknown`.
            ///
            /// # Errors
            /// When a field has the wrong type: its path and what was expected.
            pub fn from_value(kind: Kind, mut value: Value, unknown: &mut Vec<String>) -> Result<Self, DecodeError> {
                if !kind.info().also.is_empty() {
                    to_stored(kind, &mut value);
                }
                Ok(match kind {
                    $(Kind::$kind => Self::$kind(Arc::new(decode_typed::<$type>(value, unknown)?)),)+
                    Kind::Custom(kind) => CustomObject::from_value(kind, value, unknown)?.into(),
                })
            }

            /// An object with nothing in it.
            #[must_use]
            pub fn empty(kind: Kind) -> Self {
                match kind {
                    $(Kind::$kind => Self::$kind(Arc::new(<$type>::default())),)+
                    Kind::Custom(kind) => CustomObject::empty(kind).into(),
                }
            }

            /// Whether two handles are the same object in memory; quicker than comparing.
            #[must_use]
            pub fn same(&self, other: &Self) -> bool {
                match (self, other) {
                    $((Self::$kind(one), Self::$kind(two)) => Arc::ptr_eq(one, two),)+
                    (Self::Custom(one), Self::Custom(two)) => Arc::ptr_eq(one, two),
                    _ => false,
                }
            }
        }

        $(impl Resource for $type {
            const KIND: Kind = Kind::$kind;
            fn meta(&self) -> &ObjectMeta { &self.metadata }
            fn meta_mut(&mut self) -> &mut ObjectMeta { &mut self.metadata }
            fn of(object: &Object) -> Option<&Arc<Self>> {
                match object { Object::$kind(object) => Some(object), _ => None }
            }
        }

        impl From<$type> for Object {
            fn from(object: $type) -> Self { Self::$kind(Arc::new(object)) }
        }

        impl From<Arc<$type>> for Object {
            fn from(object: Arc<$type>) -> Self { Self::$kind(object) }
        })+
    };
}

with_kinds!(objects);

impl Object {
    /// Its key.
    #[must_use]
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(self.kind(), self.namespace(), self.name())
    }

    /// The object as one of a known kind.
    #[must_use]
    pub fn get<R: Resource>(&self) -> Option<&Arc<R>> {
        R::of(self)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.meta().name()
    }

    /// Its namespace; empty for objects of the cluster.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.meta().namespace()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pod_survives_json_and_unknown_fields_are_told() {
        let manifest = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "default"},
            "spec": {"containers": [{"name": "c", "image": "nginx", "colour": "red"}]}});
        let mut unknown = Vec::new();
        let pod = Object::from_value(Kind::Pod, manifest, &mut unknown).unwrap();
        assert_eq!(unknown, ["spec.containers[0].colour"]);
        assert_eq!(pod.to_value()["spec"]["containers"][0]["image"], "nginx");
        assert_eq!(pod.key().path(), "pods/default/web");
    }

    #[test]
    fn a_wrong_type_is_told_with_its_path() {
        let manifest = json!({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "c",
            "env": [{"name": "PORT", "value": 8080}]}]}});
        let error = Object::from_value(Kind::Pod, manifest, &mut Vec::new()).unwrap_err();
        assert_eq!(error.path, "spec.containers[0].env[0].value");
        assert!(error.message.contains("expected a string"), "{}", error.message);
    }
}
