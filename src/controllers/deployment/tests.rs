//! Whole rollouts, decision by decision, without an API server: steps are applied to the view at once.

use std::sync::Arc;

use super::decide::decide;
use super::replica_sets::{View, replicas};
use super::step::Step;
use super::{annotations, revision, scaling};
use crate::engine::SimTime;
use crate::model::Meta;
use crate::model::apps::{Deployment, DeploymentSpec, DeploymentStrategy, ReplicaSet, ReplicaSetStatus};
use crate::model::core::{Container, PodSpec, PodTemplateSpec};

fn template(image: &str) -> PodTemplateSpec {
    let container = Container { image: Some(image.into()), ..Container::default() };
    PodTemplateSpec { metadata: None, spec: Some(PodSpec { containers: vec![container], ..PodSpec::default() }) }
}

/// A Deployment and its ReplicaSets, and a diary of what was scaled.
struct World {
    deployment: Deployment,
    sets: Vec<Arc<ReplicaSet>>,
    diary: Vec<String>,
}

impl World {
    /// A complete rollout of `image`.
    fn complete(replicas: i32, image: &str) -> Self {
        let spec = DeploymentSpec { replicas: Some(replicas), template: template(image), ..DeploymentSpec::default() };
        let mut deployment = Deployment { spec: Some(spec.into()), ..Deployment::default() };
        deployment.metadata.name = Some("web".into());
        let mut world = Self { deployment, sets: Vec::new(), diary: Vec::new() };
        world.settle();
        world.diary.clear();
        world
    }

    fn view(&self) -> View {
        View::new(Arc::new(self.deployment.clone()), self.sets.clone(), SimTime::ZERO)
    }

    fn decide(&self) -> Vec<Step> {
        let old_pods = self.view().old.iter().any(|rs| super::replica_sets::actual(rs) > 0);
        decide(&self.view(), old_pods).steps
    }

    /// Carries steps out until none is left; tells whether there were any of size.
    fn scale(&mut self) -> bool {
        let mut moved = false;
        for _ in 0..20 {
            let steps = self.decide();
            if steps.is_empty() {
                break;
            }
            for step in steps {
                moved |= self.apply(step);
            }
        }
        moved
    }

    fn apply(&mut self, step: Step) -> bool {
        match step {
            Step::Create(mut rs) => {
                let number = self.sets.len() as u64 + 1;
                rs.metadata.uid = Some(format!("uid-{number}"));
                rs.metadata.creation_timestamp = Some(crate::model::time::time(SimTime::from_secs(number)));
                self.diary.push(format!("U 0→{}", replicas(&rs)));
                self.deployment =
                    revision::after_creation(&self.view(), &rs).unwrap_or_else(|| self.deployment.clone());
                self.sets.push(Arc::new(*rs));
                true
            }
            Step::Scale { uid, to } => {
                let deployment = self.deployment.clone();
                let Some(rs) = self.sets.iter_mut().find(|rs| rs.metadata.uid() == uid) else { return false };
                let before = replicas(rs);
                let rs = Arc::make_mut(rs);
                annotations::set_sizes(&deployment, rs);
                rs.spec_mut().replicas = Some(to);
                self.diary.push(format!("{} {before}→{to}", if to > before { "U" } else { "D" }));
                true
            }
            Step::Update(new) => {
                let place = self.sets.iter_mut().find(|rs| rs.metadata.uid() == new.metadata.uid());
                *place.unwrap() = new;
                false
            }
            Step::Write(deployment) => {
                self.deployment = Arc::unwrap_or_clone(deployment);
                false
            }
            Step::Delete(gone) => {
                self.sets.retain(|rs| rs.metadata.uid() != gone.metadata.uid());
                false
            }
        }
    }

    /// Every ReplicaSet gets the Pods it asks for; those of the images in `broken` never become available.
    fn pods_follow(&mut self, broken: &str) {
        for rs in &mut self.sets {
            let rs = Arc::make_mut(rs);
            let size = replicas(rs);
            let image = rs.spec.as_ref().and_then(|spec| spec.template.clone()?.spec?.containers[0].image.clone());
            let available = if image.as_deref() == Some(broken) { 0 } else { size };
            rs.status = Some(ReplicaSetStatus {
                replicas: size,
                ready_replicas: Some(available),
                available_replicas: Some(available),
                ..ReplicaSetStatus::default()
            });
        }
    }

    /// Lets Pods come and go until nothing moves any more.
    fn settle(&mut self) {
        while self.scale() {
            self.pods_follow("");
        }
    }

    fn set_image(&mut self, image: &str) {
        self.deployment.spec_mut().template = template(image);
    }
}

fn rollout(replicas: i32) -> String {
    let mut world = World::complete(replicas, "a");
    world.set_image("b");
    world.settle();
    world.diary.join(", ")
}

#[test]
fn a_rolling_update_takes_the_steps_of_the_real_controller() {
    assert_eq!(rollout(1), "U 0→1, D 1→0");
    assert_eq!(rollout(2), "U 0→1, D 2→1, U 1→2, D 1→0");
    assert_eq!(rollout(3), "U 0→1, D 3→2, U 1→2, D 2→1, U 2→3, D 1→0");
    assert_eq!(rollout(4), "U 0→1, D 4→3, U 1→2, D 3→1, U 2→4, D 1→0");
    assert_eq!(rollout(10), "U 0→3, D 10→8, U 3→5, D 8→3, U 5→10, D 3→0");
}

#[test]
fn a_broken_image_stops_at_the_surge_and_is_the_first_to_go() {
    let mut world = World::complete(4, "a");
    world.set_image("b");
    while world.scale() {
        world.pods_follow("b");
    }
    assert_eq!(world.diary.join(", "), "U 0→1, D 4→3, U 1→2");
    world.diary.clear();
    world.set_image("c");
    world.scale();
    assert_eq!(world.diary.join(", "), "U 0→0, D 2→0, U 0→2");
}

#[test]
fn recreate_waits_for_the_last_old_pod() {
    let mut world = World::complete(3, "a");
    let strategy = DeploymentStrategy { type_: Some("Recreate".into()), ..DeploymentStrategy::default() };
    world.deployment.spec_mut().strategy = Some(strategy);
    world.set_image("b");
    world.scale();
    assert_eq!(world.diary.join(", "), "D 3→0");
    world.settle();
    world.pods_follow("");
    world.settle();
    assert_eq!(world.diary.join(", "), "D 3→0, U 0→3");
}

#[test]
fn a_rollout_scaled_half_way_keeps_its_proportions() {
    let mut world = World::complete(10, "a");
    world.set_image("b");
    world.scale();
    world.pods_follow("b");
    world.diary.clear();
    world.deployment.spec_mut().replicas = Some(20);
    assert!(scaling::is_due(&world.view()));
    world.scale();
    assert_eq!(world.diary[..2].join(", "), "U 8→15, U 5→10");
}

#[test]
fn an_earlier_template_gets_a_new_revision_and_remembers_the_old() {
    let mut world = World::complete(1, "a");
    world.set_image("b");
    world.settle();
    world.set_image("a");
    world.settle();
    let shown: Vec<_> = world
        .sets
        .iter()
        .map(|rs| (annotations::revision(rs), rs.metadata.annotation(annotations::REVISION_HISTORY).map(str::to_owned)))
        .collect();
    assert_eq!(shown, [(3, Some("1".to_owned())), (2, None)]);
    assert_eq!(world.deployment.metadata.annotation(annotations::REVISION), Some("3"));
}

#[test]
fn a_paused_deployment_scales_but_does_not_roll() {
    let mut world = World::complete(2, "a");
    world.deployment.spec_mut().paused = Some(true);
    world.deployment.spec_mut().replicas = Some(3);
    world.set_image("b");
    world.scale();
    assert_eq!(world.diary.join(", "), "U 2→3");
}
