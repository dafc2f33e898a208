//! A ReplicationController in a client's hands: read, changed, written back, again if somebody was faster.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::apiserver::{Body, DeleteOptions, Payload, Propagation, Reason, Subresource, Verb};
use crate::engine::SimDuration;
use crate::kubectl::failure::Failure;
use crate::kubectl::session::{Session, object_of};
use crate::model::{Kind, ObjectKey};
use crate::printers::manifest as printed;

/// Of which controller a new one takes the place: `NAME:UID`.
pub(super) const SOURCE: &str = "kubectl.kubernetes.io/update-source-id";
/// How many Pods a new controller shall have in the end.
pub(super) const DESIRED: &str = "kubectl.kubernetes.io/desired-replicas";
/// How many Pods a controller had before its update began.
pub(super) const ORIGINAL: &str = "kubectl.kubernetes.io/original-replicas";
/// Which controller takes the place of an old one.
pub(super) const NEXT: &str = "kubectl.kubernetes.io/next-controller-id";

/// How long a write rests after each conflict (`retry.DefaultBackoff`: 10 ms, five times as long each time).
const RESTS: [SimDuration; 3] =
    [SimDuration::from_millis(10), SimDuration::from_millis(50), SimDuration::from_millis(250)];

/// One, as it was read last.
#[derive(Clone, Debug)]
pub(super) struct Controller(Value);

impl Controller {
    pub(super) fn read(value: Value) -> Self {
        Self(value)
    }

    pub(super) fn key(session: &Session<'_>, name: &str) -> ObjectKey {
        ObjectKey::new(Kind::ReplicationController, session.namespace(), name)
    }

    /// Reads the one of that name.
    pub(super) fn get(session: &mut Session<'_>, name: &str) -> Result<Self, Failure> {
        let key = Self::key(session, name);
        session.get(&key).map(|object| Self(printed::value(&object)))
    }

    /// Reads it again.
    pub(super) fn again(&self, session: &mut Session<'_>) -> Result<Self, Failure> {
        Self::get(session, self.name())
    }

    fn text(&self, pointer: &str) -> &str {
        self.0.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, pointer: &str) -> i64 {
        self.0.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
    }

    pub(super) fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// What a successor writes down of it.
    pub(super) fn source_id(&self) -> String {
        format!("{}:{}", self.name(), self.text("/metadata/uid"))
    }

    pub(super) fn annotation(&self, key: &str) -> Option<&str> {
        self.0["metadata"]["annotations"][key].as_str()
    }

    /// All annotations as Go prints a map.
    pub(super) fn annotations(&self) -> String {
        let all = self.0["metadata"]["annotations"].as_object();
        let pairs =
            all.into_iter().flatten().map(|(key, value)| format!("{key}:{}", value.as_str().unwrap_or_default()));
        format!("map[{}]", pairs.collect::<Vec<_>>().join(" "))
    }

    pub(super) fn annotate(&mut self, key: &str, value: &str) {
        self.0["metadata"]["annotations"][key] = json!(value);
    }

    pub(super) fn forget(&mut self, keys: &[&str]) {
        let all = self.0["metadata"]["annotations"].as_object_mut();
        all.into_iter().for_each(|all| all.retain(|key, _| !keys.contains(&key.as_str())));
    }

    pub(super) fn replicas(&self) -> i64 {
        self.number("/spec/replicas")
    }

    pub(super) fn set_replicas(&mut self, replicas: i64) {
        self.0["spec"]["replicas"] = json!(replicas);
    }

    /// Whether it leaves open how many Pods it wants.
    pub(super) fn wants_default(&self) -> bool {
        self.0.pointer("/spec/replicas").is_none_or(Value::is_null)
    }

    /// The Pods that are its own: as its selector says, or as its template's labels do where it has none.
    pub(super) fn selector(&self) -> BTreeMap<String, String> {
        let own = self.0.pointer("/spec/selector").filter(|selector| selector.is_object());
        let labels = own.or_else(|| self.0.pointer("/spec/template/metadata/labels")).and_then(Value::as_object);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        labels.into_iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect()
    }

    pub(super) fn label_template(&mut self, key: &str, value: &str) {
        self.0["spec"]["template"]["metadata"]["labels"][key] = json!(value);
    }

    pub(super) fn select(&mut self, key: &str, value: &str) {
        self.0["spec"]["selector"][key] = json!(value);
    }

    pub(super) fn rename(&mut self, name: &str) {
        self.0["metadata"]["name"] = json!(name);
    }

    pub(super) fn containers(&mut self) -> &mut [Value] {
        self.0.pointer_mut("/spec/template/spec/containers").and_then(Value::as_array_mut).map_or(&mut [], |all| all)
    }

    /// The image of the first container.
    pub(super) fn first_image(&self) -> &str {
        self.text("/spec/template/spec/containers/0/image")
    }

    /// As JSON, for a fingerprint.
    pub(super) fn json(&self) -> String {
        self.0.to_string()
    }

    /// Whether the cluster has done what it says (`ControllerHasDesiredReplicas`).
    pub(super) fn is_settled(&self, generation: i64) -> bool {
        self.number("/status/observedGeneration") >= generation && self.number("/status/replicas") == self.replicas()
    }

    pub(super) fn generation(&self) -> i64 {
        self.number("/metadata/generation")
    }

    /// Creates it, without what only a server gives.
    pub(super) fn create(&self, session: &mut Session<'_>) -> Result<Self, Failure> {
        let mut value = self.0.clone();
        if let Some(meta) = value["metadata"].as_object_mut() {
            meta.retain(|key, _| {
                !["uid", "resourceVersion", "creationTimestamp", "generation"].contains(&key.as_str())
            });
        }
        if let Some(all) = value.as_object_mut() {
            all.remove("status");
        }
        let namespace = session.namespace();
        let request = session.request(Verb::Create, Kind::ReplicationController, &namespace);
        let response = session.call(request.named(self.name()).body(Body::Manifest(value)))?;
        object_of(response).map(|object| Self(printed::value(&object)))
    }

    /// Writes it as it is.
    pub(super) fn update(&self, session: &mut Session<'_>) -> Result<Self, Failure> {
        let key = Self::key(session, self.name());
        let response = session.write(Verb::Update, &key, Body::Manifest(self.0.clone()), false)?;
        object_of(response).map(|object| Self(printed::value(&object)))
    }

    /// Changes it, and once more on what the server has if somebody was faster (`updateRcWithRetries`).
    pub(super) fn change(self, session: &mut Session<'_>, change: impl Fn(&mut Self)) -> Result<Self, Failure> {
        let name = self.name().to_owned();
        let mut present = self;
        for rest in RESTS {
            change(&mut present);
            match present.update(session) {
                Err(failure) if failure.is(Reason::Conflict) => session.sleep(rest)?,
                done => return done,
            }
            present = Self::get(session, &name)?;
        }
        change(&mut present);
        present.update(session)
    }

    /// Deletes it; its Pods go with it, or are left alone.
    pub(super) fn delete(
        name: &str,
        session: &mut Session<'_>,
        propagation: Option<Propagation>,
    ) -> Result<(), Failure> {
        let body = Body::Delete(DeleteOptions { propagation, ..DeleteOptions::default() });
        let key = Self::key(session, name);
        session.write(Verb::Delete, &key, body, false).map(|_| ())
    }

    /// Asks for another number of Pods through `scale`.
    pub(super) fn scale(&self, session: &mut Session<'_>, replicas: i64) -> Result<(), Failure> {
        let count = i32::try_from(replicas).unwrap_or(i32::MAX);
        let key = Self::key(session, self.name());
        let request = session.request(Verb::Update, key.kind, &key.namespace).named(key.name.clone());
        session.call(request.part(Subresource::Scale).body(Body::Scale(count))).map(|_| ())
    }

    /// Whether there are as many Pods as are wanted, and those are `replicas` (`scaleHasDesiredReplicas`).
    pub(super) fn has(&self, session: &mut Session<'_>, replicas: i64) -> Result<bool, Failure> {
        let key = Self::key(session, self.name());
        let request = session.request(Verb::Get, key.kind, &key.namespace).named(key.name.clone());
        match session.call(request.part(Subresource::Scale))?.payload {
            Payload::Scale(scale) => {
                Ok(scale.spec_replicas == scale.status_replicas && i64::from(scale.status_replicas) == replicas)
            }
            _ => Err(Failure::text_of("the server answered with something else than a scale")),
        }
    }
}
