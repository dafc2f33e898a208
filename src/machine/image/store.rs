//! The images that lie on one machine, and the pulls under way.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::catalogue::{Catalogue, Image};
use super::reference::Reference;
use crate::engine::{CauseId, SimDuration, SimTime};
use crate::machine::cri::{Credentials, PullId, Registries, RegistryState};

/// Asking a registry for a manifest takes this long; the order of magnitude of public registries.
const RESOLVE: SimDuration = SimDuration::from_millis(350);
/// How long the dialer waits for a registry that does not answer. Source: containerd's resolver uses a 30 s dialer.
const DIAL_TIMEOUT: SimDuration = SimDuration::from_secs(30);

/// A pull under way or waiting for its turn.
#[derive(Clone, Debug)]
pub struct Pull {
    /// Its id.
    pub id: PullId,
    /// What is pulled.
    pub reference: Reference,
    /// What may be shown to the registry.
    pub credentials: Vec<Credentials>,
    /// When it was asked for.
    pub asked_at: SimTime,
    /// When it began.
    pub began_at: SimTime,
    /// Who asked.
    pub cause: CauseId,
}

/// The images of one machine.
#[derive(Clone, Debug, Default)]
pub struct Store {
    images: BTreeMap<String, Arc<Image>>,
    /// Pulls that wait behind another one.
    pub waiting: VecDeque<Pull>,
    /// Pulls under way.
    pub running: Vec<Pull>,
}

impl Store {
    /// The image of this name, if it is on the machine.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Image>> {
        if let Some(image) = self.images.get(name) {
            return Some(image);
        }
        let reference = Reference::parse(name).ok()?;
        match &reference.digest {
            Some(digest) => self.images.values().find(|image| image.info.digest.ends_with(digest.as_str())),
            None => self.images.get(&reference.to_string()),
        }
    }

    /// Puts an image on the machine; says whether it is new.
    pub fn insert(&mut self, image: Arc<Image>) -> bool {
        self.images.insert(image.reference.to_string(), image).is_none()
    }

    /// Takes an image off the machine.
    pub fn remove(&mut self, name: &str) -> Option<Arc<Image>> {
        let key = self.get(name)?.reference.to_string();
        self.images.remove(&key)
    }

    /// All images on the machine.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Image>> {
        self.images.values()
    }

    /// How long a pull that begins now will take until it is known how it ended.
    #[must_use]
    pub fn duration(&self, pull: &Pull, catalogue: &Catalogue, registries: &Registries, speed: u64) -> SimDuration {
        let state = registries.get(pull.reference.registry.as_str()).copied().unwrap_or_default();
        let Some(image) = catalogue.get(&pull.reference) else {
            return if state == RegistryState::TimesOut { DIAL_TIMEOUT } else { RESOLVE };
        };
        let is_here = self.images.contains_key(&image.reference.to_string());
        let speed = match state {
            RegistryState::TimesOut => return DIAL_TIMEOUT,
            RegistryState::Down | RegistryState::RateLimited => return RESOLVE,
            RegistryState::Slow(percent) => (speed * percent / 100).max(1),
            RegistryState::Reachable => speed.max(1),
        };
        if is_here || login_fails(pull, image) {
            return RESOLVE;
        }
        let transfer = u128::from(image.info.size) * 1_000_000 / u128::from(speed);
        RESOLVE + SimDuration::from_micros(u64::try_from(transfer).unwrap_or(u64::MAX))
    }

    /// How a pull ends.
    ///
    /// # Errors
    /// containerd's text.
    pub fn outcome(&self, pull: &Pull, catalogue: &Catalogue, registries: &Registries) -> Result<Arc<Image>, String> {
        let full = pull.reference.to_string();
        let failed = |code: &str, why: String| {
            let whole =
                format!("failed to pull and unpack image \"{full}\": failed to resolve reference \"{full}\": {why}");
            Err(format!("rpc error: code = {code} desc = {whole}"))
        };
        let registry = pull.reference.registry.as_str();
        let host = if registry == "docker.io" { "registry-1.docker.io" } else { registry };
        let tag = pull.reference.digest.as_ref().or(pull.reference.tag.as_ref()).map_or("latest", String::as_str);
        let url = format!("https://{host}/v2/{}/manifests/{tag}", pull.reference.repository);
        let dial = |why: String| failed("Unknown", format!("failed to do request: Head \"{url}\": {why}"));
        let state = registries.get(registry).copied().unwrap_or_default();
        match state {
            RegistryState::Down => return dial(format!("dial tcp: lookup {host}: no such host")),
            RegistryState::TimesOut => return dial("dial tcp 198.51.100.10:443: i/o timeout".into()),
            RegistryState::RateLimited => {
                let limit = "429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit";
                return failed("Unknown", format!("unexpected status from HEAD request to {url}: {limit}"));
            }
            RegistryState::Reachable | RegistryState::Slow(_) => {}
        }
        let Some(image) = catalogue.get(&pull.reference) else {
            if catalogue.has_repository(&pull.reference.name()) {
                return failed("NotFound", format!("{full}: not found"));
            }
            if catalogue.has_registry(registry) {
                return failed("Unknown", DENIED.into());
            }
            return dial(format!("dial tcp: lookup {host}: no such host"));
        };
        if login_fails(pull, image) {
            return failed("Unknown", DENIED.into());
        }
        Ok(Arc::clone(image))
    }
}

/// What a registry answers when it will not say whether the repository exists.
const DENIED: &str = "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed";

fn login_fails(pull: &Pull, image: &Image) -> bool {
    image.spec.credentials.as_ref().is_some_and(|login| {
        !pull.credentials.iter().any(|shown| {
            *shown.registry == *pull.reference.registry
                && *shown.username == *login.username
                && *shown.password == *login.password
        })
    })
}
