//! A scenario that was loaded, and how it builds its cluster.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::cluster::{Cluster, Input, SpecError};
use crate::engine::trace::Recording;
use crate::engine::{Seed, SimDuration};
use crate::machine::Catalogue;
use crate::model::yaml::{self, Spans};
use crate::network::LoadSpec;

use super::goals::Goals;
use super::spec::{Load, ScenarioFile, ScenarioSpec};

/// How long the control plane gets to come up before the scenario's objects are applied: Raft elects, leases are taken,
/// nodes register and become Ready.
const BOOT_TIME: SimDuration = SimDuration::from_secs(25);
/// How long an object of the scenario may take to be accepted.
const APPLY_TIME: SimDuration = SimDuration::from_secs(20);
/// The first number of kubectl invocations that are the scenario's own and not the learner's.
const OWN_INVOCATIONS: u64 = 1 << 40;

/// A scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Where it came from, as errors call it.
    pub source: Arc<str>,
    /// The text it was read from.
    pub text: Arc<str>,
    /// What it says.
    pub file: Arc<ScenarioFile>,
    /// Where it says so.
    pub spans: Arc<Spans>,
    /// Its expressions, compiled when they are first asked for.
    goals: OnceLock<Arc<Goals>>,
}

impl Scenario {
    pub(super) fn new(source: &str, text: &str, file: ScenarioFile, spans: Spans) -> Self {
        let goals = OnceLock::new();
        Self { source: source.into(), text: text.into(), file: Arc::new(file), spans: Arc::new(spans), goals }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.file.metadata.name
    }

    /// The lesson.
    #[must_use]
    pub fn spec(&self) -> &ScenarioSpec {
        &self.file.spec
    }

    /// Its expressions.
    #[must_use]
    pub fn goals(&self) -> &Arc<Goals> {
        self.goals.get_or_init(|| Arc::new(Goals::compile(self.spec())))
    }

    /// The value of a label: `track`, `level`.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.file.metadata.labels.get(key).map(String::as_str)
    }

    /// The learner's files: those the scenario gives, or else its manifests under one name.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.spec().files
    }

    /// The image catalogue with this scenario's programs over it.
    ///
    /// # Errors
    /// When an image of the scenario cannot be laid over the catalogue.
    pub fn catalogue(&self) -> Result<Arc<Catalogue>, String> {
        let mut catalogue = Catalogue::built_in()?;
        catalogue.overlay(self.spec().images.clone())?;
        Ok(Arc::new(catalogue))
    }

    /// Builds the cluster, with nothing of the scenario in it yet.
    ///
    /// # Errors
    /// When no such cluster can be built.
    pub fn boot(&self, seed: u64) -> Result<Cluster, SpecError> {
        let catalogue = self.catalogue().map_err(SpecError::Images)?;
        let mut cluster = Cluster::boot(self.spec().cluster.clone(), catalogue, Seed(seed), Recording::On)?;
        for load in &self.spec().load {
            let spec = load_spec(load, &cluster)?;
            cluster.add_load(spec);
        }
        Ok(cluster)
    }

    /// Lets the control plane come up, applies the scenario's objects, starts its clients and waits for things to settle.
    /// Returns what the cluster said if it refused an object.
    pub fn settle(&self, cluster: &mut Cluster) -> Option<String> {
        cluster.run_until(cluster.now() + BOOT_TIME);
        for (index, object) in self.spec().manifests.iter().enumerate() {
            if let Some(refusal) = apply(cluster, OWN_INVOCATIONS + index as u64, object) {
                return Some(refusal);
            }
        }
        for load in 0..self.spec().load.len() {
            cluster.submit(Input::StartLoad { load });
        }
        cluster.run_until(cluster.now() + self.spec().settle.0);
        None
    }
}

/// Applies one object as the author of the scenario would; returns what was said if that failed.
fn apply(cluster: &mut Cluster, invocation: u64, object: &Value) -> Option<String> {
    let files = Arc::new(BTreeMap::new());
    let line = "apply -f -".to_owned();
    cluster.submit(Input::Kubectl { invocation, line, files, stdin: Some(yaml::write(object)) });
    let end = cluster.now() + APPLY_TIME;
    while cluster.outcome_of(invocation).is_none() {
        if cluster.next_at().is_none_or(|at| at > end) {
            return Some("the API server did not answer in time".to_owned());
        }
        cluster.step();
    }
    cluster.run_until(cluster.now());
    let (code, output) = cluster.outcome_of(invocation)?;
    (code != 0).then(|| output.trim().to_owned())
}

fn load_spec(load: &Load, cluster: &Cluster) -> Result<LoadSpec, SpecError> {
    let refused = || SpecError::Load { name: load.name.clone(), target: load.target.clone() };
    let rest = load.target.strip_prefix("http://").ok_or_else(refused)?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| refused())?),
        None => (authority, 80),
    };
    let first_worker = || cluster.spec().nodes.iter().find_map(|pool| pool.names().next()).unwrap_or_default();
    Ok(LoadSpec {
        name: load.name.as_str().into(),
        host: host.into(),
        port,
        path: format!("/{path}").into(),
        rate: load.rate,
        timeout: load.timeout.0,
        namespace: load.namespace.as_str().into(),
        node: load.node.clone().unwrap_or_else(first_worker).into(),
    })
}
