//! Images as the kubelet hears of them, and the registries they come from.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::machine::signal::Signal;

/// What is known about an image on the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageInfo {
    /// `sha256:…`, the id of the configuration.
    pub id: Arc<str>,
    /// `docker.io/library/nginx:1.27`.
    pub reference: Arc<str>,
    /// `docker.io/library/nginx@sha256:…`.
    pub digest: Arc<str>,
    /// Compressed bytes, the figure of the kubelet's `Image size:`.
    pub size: u64,
    /// The numeric or named user of the image; empty for root.
    pub user: Arc<str>,
    /// `STOPSIGNAL`, [`Signal::Term`] when the image does not say.
    pub stop_signal: Signal,
}

/// How a registry behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegistryState {
    /// Answers at full speed.
    #[default]
    Reachable,
    /// Its name does not resolve.
    Down,
    /// Does not answer: pulls fail after a timeout.
    TimesOut,
    /// Answers at a hundredth of the speed, given in parts of a hundred.
    Slow(u64),
    /// Refuses with HTTP 429.
    RateLimited,
}

/// Names of registries (`docker.io`, `registry.k8s.io`) and how they behave; absent ones are reachable.
pub type Registries = BTreeMap<Arc<str>, RegistryState>;

/// What a pull may show to a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The registry they are for.
    pub registry: Arc<str>,
    /// The user.
    pub username: Arc<str>,
    /// The password or token.
    pub password: Arc<str>,
}
