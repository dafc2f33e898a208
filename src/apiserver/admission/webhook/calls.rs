//! What webhooks have been asked about a request, and what they have answered so far.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::apiserver::admission::attributes::Attributes;
use crate::apiserver::status::Status;
use crate::apiserver::stored::Stored;
use crate::engine::{SimDuration, Stream};
use crate::etcd::Store;
use crate::model::{Meta, Object};

use super::hook::Hook;
use super::{HookName, target};

/// One question to one webhook. An object that has changed meanwhile makes it another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::apiserver) struct Question {
    hook: HookName,
    is_mutating: bool,
    round: u8,
    /// The revision of the present state.
    revision: u64,
}

impl Question {
    pub(super) fn new(hook: &Hook, is_mutating: bool, round: u8, old: Option<&Object>) -> Self {
        let revision = old.map_or(0, |old| old.meta().revision());
        Self { hook: hook.name.clone(), is_mutating, round, revision }
    }
}

/// What came of a call: the `response` of the review, or why there is none.
pub(in crate::apiserver) type Said = Result<Value, String>;

/// A call that is to be made.
#[derive(Clone, Debug)]
pub(in crate::apiserver) struct Call {
    pub(in crate::apiserver) question: Question,
    /// Where to, or why there is no such place.
    pub(in crate::apiserver) to: Result<SocketAddr, String>,
    /// As errors tell it.
    pub(in crate::apiserver) url: String,
    /// Path and query.
    pub(in crate::apiserver) path: String,
    pub(in crate::apiserver) timeout: SimDuration,
    /// The UID of the review; its answer has the same.
    pub(in crate::apiserver) uid: String,
    /// The AdmissionReview.
    pub(in crate::apiserver) body: Value,
}

impl Call {
    /// What a client says of a request that did not come through.
    pub(in crate::apiserver) fn failed(&self, why: &str) -> String {
        format!("failed to call webhook: Post \"{}\": {why}", self.url)
    }
}

/// What is known so far.
#[derive(Clone, Debug, Default)]
pub(in crate::apiserver) struct Calls {
    /// In the order in which they came.
    answers: Vec<(Question, Said)>,
    /// What an attempt has found out that it has to ask.
    pub(in crate::apiserver) wanted: Vec<Call>,
}

impl Calls {
    /// What a webhook has answered.
    pub(super) fn answer(&self, question: &Question) -> Option<&Said> {
        self.answers.iter().find(|(asked, _)| asked == question).map(|(_, said)| said)
    }

    /// When it has, among the others.
    pub(super) fn place(&self, question: &Question) -> usize {
        self.answers.iter().position(|(asked, _)| asked == question).unwrap_or(usize::MAX)
    }

    /// Takes an answer down.
    pub(in crate::apiserver) fn tell(&mut self, question: Question, said: Said) {
        self.answers.push((question, said));
    }

    /// Wants to know something. The Status is what the attempt ends with; nobody sees it.
    pub(super) fn ask(
        &mut self,
        question: Question,
        hook: &Hook,
        attributes: &Attributes<'_>,
        store: &Store<Stored>,
        random: &mut Stream,
    ) -> Box<Status> {
        let target = target::locate(&hook.client, store, random);
        let uid = random.uuid();
        let mut request = attributes.to_value();
        request["uid"] = uid.as_str().into();
        request["object"] = attributes.object.clone();
        request["oldObject"] = attributes.old.clone();
        let body = json!({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request});
        let query = format!("?timeout={}s", hook.timeout.as_secs());
        self.wanted.push(Call {
            question,
            to: target.to,
            url: format!("{}{query}", target.url),
            path: format!("{}{query}", target.path),
            timeout: hook.timeout,
            uid,
            body,
        });
        Box::new(Status::internal("a webhook has not answered yet"))
    }
}
