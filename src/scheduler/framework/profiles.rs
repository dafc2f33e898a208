//! The profiles of one scheduler process: each answers to a name of its own, as if there were several schedulers.
//!
//! Models `pkg/scheduler/profile/profile.go`.

use std::sync::Arc;

use crate::scheduler::pod_info::PodInfo;

use super::profile::Profile;

/// Profiles, by the scheduler name that Pods ask for.
#[derive(Clone, Debug)]
pub struct Profiles {
    first: Arc<Profile>,
    others: Vec<Arc<Profile>>,
}

impl Profiles {
    /// These profiles; the first lends the process its name.
    #[must_use]
    pub fn new(first: Profile, others: Vec<Profile>) -> Self {
        Self { first: Arc::new(first), others: others.into_iter().map(Arc::new).collect() }
    }

    /// The profile that a Pod asks for; `None` when it is left to another scheduler.
    #[must_use]
    pub fn of(&self, pod: &PodInfo) -> Option<&Arc<Profile>> {
        self.named(pod.scheduler_name())
    }

    /// The profile of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Arc<Profile>> {
        self.iter().find(|profile| *profile.scheduler_name == *name)
    }

    /// The first profile.
    #[must_use]
    pub fn first(&self) -> &Arc<Profile> {
        &self.first
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Profile>> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl From<Profile> for Profiles {
    fn from(profile: Profile) -> Self {
        Self::new(profile, Vec::new())
    }
}
