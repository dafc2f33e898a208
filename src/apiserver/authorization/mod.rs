//! Authorisation: may this user do this? The modes of `--authorization-mode` are asked in turn; the first with an opinion
//! decides, and nobody's opinion is a refusal. Before them, members of `system:masters` may do everything.
//!
//! Modelled: [`Mode`]. Not modelled yet: AlwaysDeny, ABAC, Webhook.
//!
//! Reading order: [`attributes`], [`rbac`], [`node`].

pub mod attributes;
pub mod node;
pub mod rbac;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::etcd::{Event, Store};
use crate::model::{Kind, Object};

use super::request::{Request, Subresource, User};
use super::status::Status;
use super::storage_key;
use super::stored::Stored;

pub use attributes::Attributes;

/// A mode of `--authorization-mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Mode {
    /// Everybody may do everything.
    AlwaysAllow,
    /// Kubelets may do what the Pods on their node need.
    Node,
    /// Roles and their bindings say who may do what.
    #[serde(rename = "RBAC")]
    Rbac,
}

/// What kubeadm sets.
pub const DEFAULT_MODES: [Mode; 2] = [Mode::Node, Mode::Rbac];

/// What an authoriser thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may be done.
    Allow,
    /// Ask the next one.
    NoOpinion,
}

/// So many users are remembered with what they may do; more begin a new list.
const REMEMBERED_MAX: usize = 256;

/// A kind, a verb by its number, and a part of the object.
type Allowed = (Kind, u8, Subresource);

/// The authorisers of one server, with what they remember.
#[derive(Clone, Debug)]
pub(super) struct Authorizer {
    modes: Arc<[Mode]>,
    /// Roles and bindings, made ready; `None` after one of them changed.
    index: Option<Arc<rbac::Index>>,
    graph: node::Graph,
    /// What was allowed regardless of namespace and name, by the address of the user (who is kept, so that no other user
    /// can have it).
    allowed: BTreeMap<usize, (Arc<User>, Vec<Allowed>)>,
}

impl Authorizer {
    pub(super) fn new(modes: &[Mode]) -> Self {
        let (modes, graph) = (modes.into(), node::Graph::default());
        Self { modes, index: None, graph, allowed: BTreeMap::new() }
    }

    /// Whether everybody may do everything.
    pub(super) fn allows_all(&self) -> bool {
        self.modes.contains(&Mode::AlwaysAllow)
    }

    /// Whether roles count.
    pub(super) fn has_roles(&self) -> bool {
        self.modes.contains(&Mode::Rbac)
    }

    /// Forgets everything, and looks at what there is now.
    pub(super) fn reset(&mut self, store: &Store<Stored>) {
        self.index = None;
        self.allowed.clear();
        self.graph = node::Graph::of(store);
    }

    /// The store has changed.
    pub(super) fn on_applied(&mut self, events: &[Event<Stored>]) {
        for event in events {
            if rbac::concerns(&event.key) {
                self.index = None;
                self.allowed.clear();
            } else if event.key.starts_with(storage_key::prefix(Kind::Pod)) {
                self.graph.on_event(event);
            }
        }
    }

    /// Roles and bindings as they are now.
    pub(super) fn index(&self, store: &Store<Stored>) -> Arc<rbac::Index> {
        self.index.clone().unwrap_or_else(|| Arc::new(rbac::Index::of(store)))
    }

    /// Whether the user of a request may make it.
    ///
    /// # Errors
    /// 403 with the reasons of those who were asked.
    pub(super) fn authorize_request(&mut self, request: &Request, store: &Store<Stored>) -> Result<(), Box<Status>> {
        let user = &request.user;
        let what = (request.kind, request.verb as u8, request.subresource);
        let address = Arc::as_ptr(user) as usize;
        if self.allowed.get(&address).is_some_and(|(_, allowed)| allowed.contains(&what)) {
            return Ok(());
        }
        let attributes = Attributes::of(request, user);
        if self.index.is_none() && self.modes.contains(&Mode::Rbac) && node::name_of(user).is_none() {
            self.index = Some(self.index(store));
        }
        self.authorize(&attributes, store)?;
        if self.is_unconditional(&attributes) {
            if self.allowed.len() >= REMEMBERED_MAX {
                self.allowed.clear();
            }
            self.allowed.entry(address).or_insert_with(|| (Arc::clone(user), Vec::new())).1.push(what);
        }
        Ok(())
    }

    /// Whether this would be allowed in every namespace and for every name.
    fn is_unconditional(&self, attributes: &Attributes<'_>) -> bool {
        let index = self.index.as_ref().filter(|_| self.modes.contains(&Mode::Rbac));
        let anywhere = Attributes { namespace: "", name: "", ..*attributes };
        node::name_of(attributes.user).is_none() && index.is_some_and(|index| index.find(&anywhere).is_ok())
    }

    /// Asks the modes in turn.
    ///
    /// # Errors
    /// 403 with the reasons of those who were asked.
    pub(super) fn authorize(&self, attributes: &Attributes<'_>, store: &Store<Stored>) -> Result<(), Box<Status>> {
        match self.decide(attributes, store) {
            (Decision::Allow, _) => Ok(()),
            (Decision::NoOpinion, reason) => Err(attributes.refusal(&reason)),
        }
    }

    /// What the modes think, and why.
    pub(super) fn decide(&self, attributes: &Attributes<'_>, store: &Store<Stored>) -> (Decision, String) {
        if attributes.user.is_in(User::MASTERS) {
            return (Decision::Allow, String::new());
        }
        let mut reasons = Vec::new();
        for mode in self.modes.iter() {
            let (decision, reason) = match mode {
                Mode::AlwaysAllow => (Decision::Allow, String::new()),
                Mode::Node => node::decide(attributes, &self.graph, store),
                Mode::Rbac => self.index(store).decide(attributes),
            };
            if decision == Decision::Allow {
                return (decision, reason);
            }
            reasons.extend(Some(reason).filter(|reason| !reason.is_empty()));
        }
        (Decision::NoOpinion, reasons.join("\n"))
    }

    /// Whether the user may grant what a new role or binding (or with `old`, a changed one) grants.
    ///
    /// # Errors
    /// 403 with the list of what the user does not hold, 404 when the role that is to be bound is missing.
    pub(super) fn check_escalation(
        &self,
        object: &Object,
        old: Option<&Object>,
        request: &Request,
        store: &Store<Stored>,
    ) -> Result<(), Box<Status>> {
        let is_rbac = matches!(
            object,
            Object::Role(_) | Object::ClusterRole(_) | Object::RoleBinding(_) | Object::ClusterRoleBinding(_)
        );
        if !is_rbac || request.user.is_in(User::MASTERS) || !self.modes.contains(&Mode::Rbac) {
            return Ok(());
        }
        rbac::escalation::check(object, old, request, self, store)
    }
}

/// `status`, `scale`, …; empty for the object itself.
#[must_use]
pub fn subresource_name(subresource: Subresource) -> &'static str {
    match subresource {
        Subresource::None => "",
        Subresource::Status => "status",
        Subresource::Scale => "scale",
        Subresource::Binding => "binding",
        Subresource::Eviction => "eviction",
        Subresource::Finalize => "finalize",
        Subresource::Log => "log",
        Subresource::Exec => "exec",
        Subresource::Attach => "attach",
        Subresource::PortForward => "portforward",
        Subresource::EphemeralContainers => "ephemeralcontainers",
        Subresource::Resize => "resize",
        Subresource::Token => "token",
    }
}
