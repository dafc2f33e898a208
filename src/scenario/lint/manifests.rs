//! Manifests: they are objects that a cluster would take, and their images exist.

use serde_json::Value;

use crate::machine::Catalogue;
use crate::machine::image::Reference;
use crate::model::yaml::span::pointer_of_field;
use crate::model::{Object, decode};
use crate::scenario::fields;

use super::Lint;

impl Lint<'_> {
    /// Every object that the scenario or its timeline applies.
    pub(super) fn manifests(&mut self) {
        let scenario = self.scenario;
        let spec = scenario.spec();
        let catalogue = scenario.catalogue().ok();
        for (index, object) in spec.manifests.iter().enumerate() {
            self.manifest(&format!("/spec/manifests/{index}"), object, catalogue.as_deref());
        }
        for (index, entry) in spec.timeline.iter().enumerate() {
            for (number, object) in entry.apply.iter().enumerate() {
                self.manifest(&format!("/spec/timeline/{index}/apply/{number}"), object, catalogue.as_deref());
            }
        }
    }

    fn manifest(&mut self, at: &str, value: &Value, catalogue: Option<&Catalogue>) {
        let mut unknown = Vec::new();
        let object = match decode(value.clone(), &mut unknown) {
            Ok(object) => object,
            Err(error) => {
                let pointer = format!("{at}{}", pointer_of_field(&error.path));
                let message =
                    if error.path.is_empty() { error.message } else { format!("{}: {}", error.path, error.message) };
                return self.error(&pointer, message, hint_for(value, &error.path));
            }
        };
        for path in unknown {
            let (parent, _) = path.rsplit_once('.').unwrap_or(("", &path));
            let place = self.scenario.spans.find(&format!("{at}{}", pointer_of_field(&path)));
            let pointer = if place.is_some() {
                format!("{at}{}", pointer_of_field(&path))
            } else {
                format!("{at}{}", pointer_of_field(parent))
            };
            self.error(&pointer, format!("unknown field \"{path}\""), field_hint(&object, &path));
        }
        if let Some(catalogue) = catalogue {
            self.images(at, &object, catalogue);
        }
    }

    fn images(&mut self, at: &str, object: &Object, catalogue: &Catalogue) {
        let (base, spec) = match object {
            Object::Pod(pod) => ("/spec", Some(&*pod.spec)),
            Object::Deployment(deployment) => {
                ("/spec/template/spec", deployment.spec.as_ref().and_then(|spec| spec.template.spec.as_ref()))
            }
            Object::ReplicaSet(set) => {
                let template = set.spec.as_ref().and_then(|spec| spec.template.as_ref());
                ("/spec/template/spec", template.and_then(|template| template.spec.as_ref()))
            }
            _ => return,
        };
        for (index, container) in spec.into_iter().flat_map(|spec| &spec.containers).enumerate() {
            let image = container.image.as_deref().unwrap_or_default();
            let exists = Reference::parse(image).is_ok_and(|reference| catalogue.get(&reference).is_some());
            if !exists {
                let hint = "add it to `images:`, or take one of the catalogue in assets/images".to_owned();
                let pointer = format!("{at}{base}/containers/{index}/image");
                self.warning(&pointer, format!("the image \"{image}\" does not exist; its Pods will not start"), hint);
            }
        }
    }
}

/// A number or a truth value where a text belongs is the classic of YAML.
fn hint_for(value: &Value, path: &str) -> Option<String> {
    let found = value.pointer(&pointer_of_field(path))?;
    let is_scalar = found.is_number() || found.is_boolean();
    is_scalar.then(|| format!("write it in quotes: \"{found}\""))
}

/// What may have been meant by an unknown field.
fn field_hint(object: &Object, path: &str) -> Option<String> {
    if let Some(close) = fields::meant(object.kind(), &fields::steps(path)) {
        return Some(format!("did you mean `{close}`?"));
    }
    let singular = object.kind().info().singular;
    let parent = path.rsplit_once('.').map_or("", |(parent, _)| parent);
    let explained = if parent.is_empty() { singular.to_owned() } else { format!("{singular}.{parent}") };
    let explained: String = explained.split('[').map(|part| part.rsplit(']').next().unwrap_or(part)).collect();
    Some(format!("`kubectl explain {explained}` shows what there is"))
}
