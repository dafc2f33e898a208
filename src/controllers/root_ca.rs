//! The root CA publisher: every active namespace has a ConfigMap `kube-root-ca.crt`, and it says what it should.
//!
//! Models `pkg/controller/certificates/rootcacertpublisher/publisher.go`.

use std::sync::Arc;

use crate::client::{Caches, Call, Controller, Ctx, Delta, Enqueue, Outcome, Plan, Reason, Recorder, Verb, Verdict};
use crate::model::core::{ConfigMap, Namespace};
use crate::model::{Kind, Meta, ObjectKey};

use super::rejection::is_namespace_terminating;
use super::service_account::is_active;

/// The name of the ConfigMap, and the key in it.
const NAME: &str = "kube-root-ca.crt";
const KEY: &str = "ca.crt";
const DESCRIPTION_KEY: &str = "kubernetes.io/description";
const DESCRIPTION: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints \
    such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of \
    Kubernetes clusters.";

/// The controller.
#[derive(Clone, Debug)]
pub struct RootCaPublisher {
    root_ca: Arc<str>,
}

impl RootCaPublisher {
    /// Publishes `root_ca`, the text of the certificate.
    #[must_use]
    pub fn new(root_ca: Arc<str>) -> Self {
        Self { root_ca }
    }
}

impl Controller for RootCaPublisher {
    fn name(&self) -> &'static str {
        "root-ca-certificate-publisher-controller"
    }

    fn account(&self) -> &'static str {
        "root-ca-cert-publisher"
    }

    fn watches(&self) -> &'static [Kind] {
        &[Kind::Namespace, Kind::ConfigMap]
    }

    fn on_change(&mut self, delta: &Delta, _: &Caches, enqueue: &mut Enqueue) {
        let object = delta.object();
        if object.kind() == Kind::Namespace && !delta.is_removal() {
            enqueue.add(object.key());
        } else if object.kind() == Kind::ConfigMap && object.name() == NAME && delta.old.is_some() {
            enqueue.add(ObjectKey::new(Kind::Namespace, "", object.namespace()));
        }
    }

    fn reconcile(&mut self, key: &ObjectKey, caches: &Caches, _: &mut Recorder, ctx: &mut Ctx<'_>) -> Plan {
        let Some(namespace) = caches.get::<Namespace>("", &key.name) else { return Plan::none() };
        if !is_active(namespace) {
            return Plan::none();
        }
        let data = [(KEY.to_owned(), self.root_ca.to_string())].into();
        let description = (DESCRIPTION_KEY.to_owned(), DESCRIPTION.to_owned());
        match caches.get::<ConfigMap>(&key.name, NAME) {
            None => {
                let mut map = ConfigMap { data: Some(data), ..ConfigMap::default() };
                map.metadata.name = Some(NAME.to_owned());
                map.metadata.namespace = Some(key.name.to_string());
                map.metadata.annotations = Some([description].into());
                Plan::call(ctx.request_with(Verb::Create, map))
            }
            Some(map)
                if map.data.as_ref() == Some(&data)
                    && map.metadata.annotation(DESCRIPTION_KEY).is_some_and(|text| !text.is_empty()) =>
            {
                Plan::none()
            }
            Some(map) => {
                let mut map = (**map).clone();
                map.data = Some(data);
                map.metadata.annotations.get_or_insert_default().extend([description]);
                Plan::call(ctx.request_with(Verb::Update, map))
            }
        }
    }

    fn on_outcome(&mut self, _: &ObjectKey, _: &Call, outcome: &Outcome, _: &mut Recorder, _: &mut Ctx<'_>) -> Verdict {
        match outcome {
            Ok(_) => Verdict::Continue,
            // Someone else made it meanwhile, or the namespace goes: the watch tells.
            Err(status) if status.is(Reason::AlreadyExists) || is_namespace_terminating(status) => Verdict::Continue,
            Err(_) => Verdict::Retry,
        }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }
}
