//! Images: whether one must be pulled, the pull, and the back-off after a failure.
//!
//! Models `pkg/kubelet/images/image_manager.go`.

use std::sync::Arc;

use crate::client::EventType;
use crate::machine::Happening;
use crate::machine::image::Reference;
use crate::model::core::Container;

use super::pod_worker::{Activity, PodWorker, Step};
use super::pull_secrets;
use super::shared::Scope;

/// What came of looking for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// It is on the machine.
    Present,
    /// It is being pulled.
    Pulling,
    /// It cannot be had now.
    Failed,
}

/// The policy that holds for a container: the API server fills it in; without it, `latest` is pulled always.
fn pull_policy(container: &Container) -> &str {
    let default = || {
        let image = container.image.as_deref().unwrap_or_default();
        match Reference::parse(image) {
            Ok(reference) if reference.tag.as_deref() == Some("latest") && reference.digest.is_none() => "Always",
            _ => "IfNotPresent",
        }
    };
    container.image_pull_policy.as_deref().unwrap_or_else(default)
}

impl PodWorker {
    /// Makes sure that the image of a container is on the machine.
    pub fn ensure_image(&mut self, slot: usize, scope: &mut Scope<'_, '_>) -> Image {
        let spec = self.slots[slot].spec(&self.pod);
        let image = spec.image.clone().unwrap_or_default();
        let policy = pull_policy(spec).to_owned();
        let field = self.slots[slot].field_path(&self.pod);
        let present = match scope.machine.image_status(&image) {
            Ok(info) => info.is_some(),
            Err(error) => {
                let message = format!("Failed to apply default image tag \"{image}\": {error}");
                return self.image_refused(slot, "InspectFailed", "InvalidImageName", &message, scope);
            }
        };
        match policy.as_str() {
            "Never" if !present => {
                let message = format!("Container image \"{image}\" is not present with pull policy of Never");
                return self.image_refused(slot, "ErrImageNeverPull", "ErrImageNeverPull", &message, scope);
            }
            "Always" => {}
            _ if present => {
                let message =
                    format!("Container image \"{image}\" already present on machine and can be accessed by the pod");
                scope.field_event(&self.pod, field, EventType::Normal, "Pulled", message);
                return Image::Present;
            }
            _ => {}
        }
        self.pull(slot, &image, field, scope)
    }

    /// An image that will not be pulled at all.
    fn image_refused(
        &mut self,
        slot: usize,
        event: &str,
        reason: &'static str,
        message: &str,
        scope: &mut Scope<'_, '_>,
    ) -> Image {
        let field = self.slots[slot].field_path(&self.pod);
        scope.field_event(&self.pod, field.clone(), EventType::Warning, event, message);
        scope.field_event(&self.pod, field, EventType::Warning, "Failed", format!("Error: {reason}"));
        self.fail(slot, reason, message);
        self.retry(scope);
        Image::Failed
    }

    fn pull(&mut self, slot: usize, image: &str, field: String, scope: &mut Scope<'_, '_>) -> Image {
        let now = scope.now();
        let failed_at = self.slots[slot].pull_failed_at;
        if self.slots[slot].pull.remaining(failed_at, now).is_some() {
            let message = format!("Back-off pulling image \"{image}\"");
            scope.field_event(&self.pod, field.clone(), EventType::Normal, "BackOff", message.clone());
            scope.field_event(&self.pod, field, EventType::Warning, "Failed", "Error: ImagePullBackOff");
            let before = self.slots[slot].reason.as_ref().map(|reason| Arc::clone(&reason.message));
            let error = before.filter(|text| !text.starts_with("Back-off pulling"));
            let message = match error {
                Some(error) => format!("{message}: ErrImagePull: {error}"),
                None => self.slots[slot].reason.as_ref().map_or(message, |reason| reason.message.to_string()),
            };
            self.fail(slot, "ImagePullBackOff", message);
            self.retry(scope);
            return Image::Failed;
        }
        let (credentials, missing) = pull_secrets::credentials(self.number, &self.pod, scope);
        if !missing.is_empty() {
            let names = missing.join(", ");
            let message = format!(
                "Unable to retrieve some image pull secrets ({names}); attempting to pull the image may not succeed."
            );
            scope.pod_event(&self.pod, EventType::Warning, "FailedToRetrieveImagePullSecret", message);
        }
        scope.field_event(&self.pod, field, EventType::Normal, "Pulling", format!("Pulling image \"{image}\""));
        let cause = scope.ctx.record("pull image", self.container_path(slot), image);
        match scope.machine.pull_image(now, image, credentials, cause) {
            Ok(pull) => {
                scope.shared.owners.pulls.insert(pull, self.number);
                self.activity = Activity::Container(slot, Step::Pulling(pull));
                Image::Pulling
            }
            Err(error) => {
                self.pull_failed(slot, &error.to_string(), scope);
                Image::Failed
            }
        }
    }

    /// A pull has ended.
    pub fn on_pull(&mut self, happening: &Happening, scope: &mut Scope<'_, '_>) {
        let (Happening::ImagePulled { pull, .. } | Happening::ImagePullFailed { pull, .. }) = happening else { return };
        let Activity::Container(slot, Step::Pulling(mine)) = self.activity else { return };
        if mine != *pull {
            return;
        }
        self.activity = Activity::Idle;
        match happening {
            Happening::ImagePulled { image, took, took_with_waiting, .. } => {
                let name = self.slots[slot].spec(&self.pod).image.clone().unwrap_or_default();
                let (took, waiting) = (in_millis(*took), in_millis(*took_with_waiting));
                let message = format!(
                    "Successfully pulled image \"{name}\" in {took} ({waiting} including waiting). Image size: {} bytes.",
                    image.size
                );
                let field = self.slots[slot].field_path(&self.pod);
                scope.field_event(&self.pod, field, EventType::Normal, "Pulled", message);
                self.slots[slot].pull = super::backoff::Backoff::default();
                self.begin_create(slot, scope);
            }
            Happening::ImagePullFailed { error, .. } => {
                scope.ctx.record("pull failed", self.container_path(slot), &**error);
                self.pull_failed(slot, error, scope);
                self.container_failed(scope);
            }
            _ => {}
        }
    }

    fn pull_failed(&mut self, slot: usize, error: &str, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        let image = self.slots[slot].spec(&self.pod).image.clone().unwrap_or_default();
        let field = self.slots[slot].field_path(&self.pod);
        let message = format!("Failed to pull image \"{image}\": {error}");
        scope.field_event(&self.pod, field.clone(), EventType::Warning, "Failed", message);
        scope.field_event(&self.pod, field, EventType::Warning, "Failed", "Error: ErrImagePull");
        self.slots[slot].pull.next(now, now);
        self.slots[slot].pull_failed_at = now;
        self.fail(slot, "ErrImagePull", error);
        self.retry(scope);
    }
}

/// Durations in events are cut to milliseconds. Source: `image_manager.go`, `Truncate(time.Millisecond)`.
fn in_millis(span: crate::engine::SimDuration) -> crate::engine::SimDuration {
    crate::engine::SimDuration::from_millis(span.as_millis())
}
