//! Calls about images: pulling, looking, removing.

use std::sync::Arc;

use super::Machine;
use crate::engine::{CauseId, SimTime};
use crate::machine::cri::{Credentials, Happening, ImageInfo, MachineEvent, PullId, RuntimeError};
use crate::machine::image::Reference;
use crate::machine::image::store::Pull;
use crate::machine::kernel::shared::Wake;

impl Machine {
    /// Begins to pull an image; [`Happening::ImagePulled`] or [`Happening::ImagePullFailed`] tells how it ended.
    ///
    /// # Errors
    /// [`RuntimeError::InvalidImageName`], [`RuntimeError::Down`].
    pub fn pull_image(
        &mut self,
        now: SimTime,
        image: &str,
        credentials: Vec<Credentials>,
        cause: CauseId,
    ) -> Result<PullId, RuntimeError> {
        self.catch_up(now);
        if !self.is_on {
            return Err(RuntimeError::Down);
        }
        let reference = parse(image)?;
        let id = PullId(self.number());
        let pull = Pull { id, reference, credentials, asked_at: now, began_at: now, cause };
        if self.config.serialize_pulls && !self.images.running.is_empty() {
            self.images.waiting.push_back(pull);
        } else {
            self.begin_pull(now, pull);
        }
        Ok(id)
    }

    fn begin_pull(&mut self, now: SimTime, mut pull: Pull) {
        pull.began_at = now;
        let speed = self.config.pull_bytes_per_second;
        let takes = self.images.duration(&pull, &self.catalogue, &self.registries, speed);
        self.shared.wake_at(now + takes, Wake::Pull(pull.id));
        self.images.running.push(pull);
    }

    /// The time of a pull is over.
    pub(super) fn finish_pull(&mut self, now: SimTime, id: PullId) {
        let Some(index) = self.images.running.iter().position(|pull| pull.id == id) else { return };
        let pull = self.images.running.remove(index);
        let what = match self.images.outcome(&pull, &self.catalogue, &self.registries) {
            Ok(image) if image.info.size > self.shared.disk.free() => {
                let full = pull.reference.to_string();
                let why = "write /var/lib/containerd/io.containerd.content.v1.content/ingest: no space left on device";
                let error = format!(
                    "rpc error: code = Unknown desc = failed to pull and unpack image \"{full}\": failed to copy: {why}"
                );
                Happening::ImagePullFailed { pull: id, error: error.into() }
            }
            Ok(image) => {
                let info = image.info.clone();
                if self.images.insert(image) {
                    self.shared.disk.used += info.size;
                }
                let took = now.since(pull.began_at);
                Happening::ImagePulled { pull: id, image: info, took, took_with_waiting: now.since(pull.asked_at) }
            }
            Err(error) => Happening::ImagePullFailed { pull: id, error: error.into() },
        };
        self.shared.events.push(MachineEvent { at: now, cause: pull.cause, what });
        if let Some(next) = self.images.waiting.pop_front() {
            self.begin_pull(now, next);
        }
    }

    /// What is known about an image on the machine; `None` when it is not there.
    ///
    /// # Errors
    /// [`RuntimeError::InvalidImageName`].
    pub fn image_status(&self, image: &str) -> Result<Option<ImageInfo>, RuntimeError> {
        if let Some(image) = self.images.get(image) {
            return Ok(Some(image.info.clone()));
        }
        parse(image).map(|_| None)
    }

    /// All images on the machine.
    pub fn images(&self) -> impl Iterator<Item = &ImageInfo> {
        self.images.iter().map(|image| &image.info)
    }

    /// Puts an image of the catalogue on the machine without a pull, as an installer would.
    ///
    /// # Errors
    /// [`RuntimeError::InvalidImageName`], [`RuntimeError::ImageMissing`].
    pub fn preload_image(&mut self, image: &str) -> Result<ImageInfo, RuntimeError> {
        let reference = parse(image)?;
        let found = self.catalogue.get(&reference).map(Arc::clone);
        let found = found.ok_or_else(|| RuntimeError::ImageMissing(reference.to_string()))?;
        let info = found.info.clone();
        if self.images.insert(found) {
            self.shared.disk.used += info.size;
        }
        Ok(info)
    }

    /// Puts an image of the catalogue on the machine from an archive (`ctr image import`): no registry vouches for it, so it is
    /// known by its own ID only.
    ///
    /// # Errors
    /// [`RuntimeError::InvalidImageName`], [`RuntimeError::ImageMissing`].
    pub fn import_image(&mut self, image: &str) -> Result<(), RuntimeError> {
        let reference = parse(image)?;
        let found = self.catalogue.get(&reference).map(|found| (**found).clone());
        let mut found = found.ok_or_else(|| RuntimeError::ImageMissing(reference.to_string()))?;
        found.info.digest = Arc::clone(&found.info.id);
        let size = found.info.size;
        if self.images.insert(Arc::new(found)) {
            self.shared.disk.used += size;
        }
        Ok(())
    }

    /// Removes an image; containers made from it live on.
    pub fn remove_image(&mut self, image: &str) {
        if let Some(image) = self.images.remove(image) {
            self.shared.disk.used = self.shared.disk.used.saturating_sub(image.info.size);
        }
    }
}

fn parse(image: &str) -> Result<Reference, RuntimeError> {
    Reference::parse(image).map_err(|reason| RuntimeError::InvalidImageName { image: image.into(), reason })
}
