//! # ImageLocality
//! A node that has the images already is better; the more so the larger they are, and the more nodes have them too, lest all
//! Pods crowd where the first one was.
//!
//! Models `pkg/scheduler/framework/plugins/imagelocality/image_locality.go`.

use std::sync::Arc;

use crate::scheduler::counts::View;
use crate::scheduler::framework::{Bulk, CycleState, Plugin, Score};
use crate::scheduler::node_info::NodeInfo;
use crate::scheduler::pod_info::PodInfo;
use crate::scheduler::snapshot::Snapshot;
use crate::scheduler::snapshot::images::Image;

/// Less than this is not worth waiting for. Source: `image_locality.go`, `minThreshold`.
const MIN: i64 = 23 * MEBIBYTE;
/// More than this for each container makes no difference. Source: `image_locality.go`, `maxContainerThreshold`.
const MAX_PER_CONTAINER: i64 = 1_000 * MEBIBYTE;
const MEBIBYTE: i64 = 1024 * 1024;

/// The plugin.
#[derive(Clone, Copy, Debug)]
pub struct ImageLocality;

/// The images of the Pod that some node has, each with what it counts.
struct Wanted {
    images: Vec<(String, i64)>,
    containers: i64,
}

impl Plugin for ImageLocality {
    fn name(&self) -> &'static str {
        "ImageLocality"
    }
    fn as_score(&self) -> Option<&dyn Score> {
        Some(self)
    }
    fn as_bulk(&self) -> Option<&dyn Bulk> {
        Some(self)
    }
}

impl Score for ImageLocality {
    fn pre_score(&self, state: &mut CycleState, pod: &PodInfo, snapshot: &Snapshot, _: &[usize]) -> bool {
        let known = |name: String| {
            let image = snapshot.images.get(&name)?;
            let counts = scaled(image, snapshot.len());
            Some((name, counts))
        };
        state.write(Wanted { images: names(pod).filter_map(known).collect(), containers: containers(pod) });
        true
    }

    fn score(&self, state: &CycleState, _: &PodInfo, node: &NodeInfo) -> i64 {
        let Some(wanted) = state.read::<Wanted>() else { return 0 };
        let is_here = |name: &str| node.images.iter().any(|(held, _)| &**held == name);
        let here = wanted.images.iter().filter(|(name, _)| is_here(name));
        share(here.map(|(_, counts)| counts).sum(), wanted.containers)
    }

    fn is_absolute(&self) -> bool {
        true
    }
}

impl Bulk for ImageLocality {
    fn score(&self, view: &mut View<'_>, feasible: &[usize], weight: i64, totals: &mut [i64]) {
        let snapshot = view.snapshot;
        let wanted: Vec<(&Image, i64)> = names(view.pod)
            .filter_map(|name| snapshot.images.get(&name))
            .map(|image| (image, scaled(image, snapshot.len())))
            .collect();
        let containers = containers(view.pod);
        if share(wanted.iter().map(|(_, counts)| counts).sum(), containers) == 0 {
            return;
        }
        for (total, place) in totals.iter_mut().zip(feasible) {
            let slot = snapshot.slot_at(*place);
            let here = wanted.iter().filter(|(image, _)| image.is_on(slot));
            *total += weight * share(here.map(|(_, counts)| counts).sum(), containers);
        }
    }
}

/// What an image counts: its size, less the fewer nodes have it.
fn scaled(image: &Image, nodes: usize) -> i64 {
    let spread = image.nodes as f64 / nodes as f64;
    (image.size as f64 * spread) as i64
}

fn share(sum: i64, containers: i64) -> i64 {
    let most = MAX_PER_CONTAINER * containers;
    100 * (sum.clamp(MIN, most.max(MIN)) - MIN) / (most - MIN).max(1)
}

fn containers(pod: &PodInfo) -> i64 {
    let spec = &pod.pod.spec;
    (spec.containers.len() + spec.init_containers.as_ref().map_or(0, Vec::len)) as i64
}

/// The images of a Pod as container runtimes name them.
fn names(pod: &PodInfo) -> impl Iterator<Item = String> {
    let spec: &Arc<_> = &pod.pod.spec;
    let volumes = spec.volumes.iter().flatten().filter_map(|volume| volume.image.as_ref()?.reference.clone());
    let containers = spec.init_containers.iter().flatten().chain(&spec.containers);
    containers.filter_map(|container| container.image.clone()).chain(volumes).map(normalized)
}

/// Source: `image_locality.go`, `normalizedImageName`.
fn normalized(mut name: String) -> String {
    if name.rfind(':') <= name.rfind('/') {
        name.push_str(":latest");
    }
    name
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scheduler::fixture::{NodeFixture, node, place, pod, snapshot};

    fn with_image(name: &str, image: &str, mebibytes: i64) -> NodeFixture {
        let mut fixture = node(name, "4", "16Gi");
        fixture.0["status"]["images"] = json!([{"names": [image], "sizeBytes": mebibytes * MEBIBYTE}]);
        fixture
    }

    #[test]
    fn the_node_that_has_the_image_is_preferred() {
        let nodes = [with_image("a", "example.com/big:latest", 600), node("b", "4", "16Gi")];
        let mut wanted = pod("p");
        wanted.0["spec"]["containers"][0]["image"] = json!("example.com/big");
        let placement = place(&snapshot(&nodes, &[]), &wanted).unwrap();
        let scores = placement.scores.iter().find(|one| one.plugin == "ImageLocality").unwrap();
        // On one node of two it counts half: 300 MiB.
        assert_eq!(scores.normalized, [100 * (300 - 23) / (1_000 - 23), 0]);
        assert_eq!(&*placement.node, "a");
    }

    #[test]
    fn names_without_a_tag_mean_the_latest() {
        assert_eq!(normalized("localhost:5000/app".to_owned()), "localhost:5000/app:latest");
        assert_eq!(normalized("app:1".to_owned()), "app:1");
    }
}
