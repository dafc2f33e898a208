//! How many replicas the use of a resource asks for.
//!
//! Models `pkg/controller/podautoscaler/replica_calculator.go`. What a Pod uses is counted in thousandths of the resource's unit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::engine::{SimDuration, SimTime};
use crate::model::metrics::{Measured, PodMetrics};
use crate::model::{Meta, Pod, Quantity, time};

use super::ratio::{Ratio, Tolerances};

/// `--horizontal-pod-autoscaler-cpu-initialization-period`.
const CPU_INITIALIZATION: SimDuration = SimDuration::from_secs(300);
/// `--horizontal-pod-autoscaler-initial-readiness-delay`.
const INITIAL_READINESS: SimDuration = SimDuration::from_secs(30);

/// What one Pod uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Thousandths.
    pub value: i64,
    /// When that was.
    pub measured: Measured,
}

/// What is known by name of the Pod.
pub type Samples = BTreeMap<String, Sample>;

/// What replicas are computed from.
#[derive(Clone, Copy, Debug)]
pub struct Calculation<'a> {
    /// The Pods of the target.
    pub pods: &'a [Arc<Pod>],
    /// `cpu` or `memory`.
    pub resource: &'a str,
    /// Only this container; empty for the whole Pod.
    pub container: &'a str,
    /// How many replicas are asked for now.
    pub current: i32,
    /// How close is close enough.
    pub tolerances: Tolerances,
    /// The present.
    pub now: SimTime,
}

/// What came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// How many replicas.
    pub replicas: i32,
    /// Percent of the requests; 0 for a target that is no share.
    pub utilization: i32,
    /// The average use of a Pod, in thousandths.
    pub average: i64,
}

/// Pods by what can be said of them.
#[derive(Default)]
struct Groups {
    ready: usize,
    unready: BTreeSet<String>,
    missing: BTreeSet<String>,
    ignored: BTreeSet<String>,
}

/// The samples of a resource in what the metrics API has answered.
#[must_use]
pub fn samples(metrics: &[PodMetrics], resource: &str, container: &str) -> Samples {
    let value = |pod: &PodMetrics| {
        if container.is_empty() {
            let amounts: Option<Vec<_>> = pod.containers.values().map(|usage| usage.amount(resource)).collect();
            let amounts = amounts.filter(|amounts| !amounts.is_empty())?;
            return Some(amounts.into_iter().map(Quantity::milli_value).sum());
        }
        Some(pod.containers.get(container)?.amount(resource)?.milli_value())
    };
    let sample = |pod: &PodMetrics| {
        Some((pod.metadata.name().to_owned(), Sample { value: value(pod)?, measured: pod.measured }))
    };
    metrics.iter().filter_map(sample).collect()
}

impl Calculation<'_> {
    /// Replicas for a share of what the Pods request, in percent.
    ///
    /// # Errors
    /// In the words of the original.
    pub fn by_utilization(&self, mut samples: Samples, target: i32) -> Result<Proposal, String> {
        let groups = self.prepare(&mut samples)?;
        let requests = self.requests()?;
        let measured = |samples: &Samples| {
            let known = samples.iter().filter_map(|(name, sample)| Some((sample.value, *requests.get(name)?)));
            let (used, requested, count) = known.fold((0_i64, 0_i64, 0_i64), |(used, all, count), (value, request)| {
                (used + value, all + request, count + 1)
            });
            if requested == 0 {
                return Err("no metrics returned matched known pods".to_owned());
            }
            Ok((i32::try_from(used * 100 / requested).unwrap_or(i32::MAX), used / count))
        };
        let (utilization, average) = measured(&samples)?;
        let ratio = |utilization: i32| Ratio::of(utilization.into(), target.into());
        let share = i64::from(target.max(100));
        let assumed = |name: &str| requests.get(name).copied().unwrap_or_default() * share / 100;
        let replicas = self.decide(samples, &groups, ratio(utilization), assumed, |samples| {
            measured(samples).map(|(utilization, _)| ratio(utilization))
        })?;
        Ok(Proposal { replicas, utilization, average })
    }

    /// Replicas for an average use of so many thousandths.
    ///
    /// # Errors
    /// In the words of the original.
    pub fn by_average(&self, mut samples: Samples, target: i64) -> Result<Proposal, String> {
        let groups = self.prepare(&mut samples)?;
        let average = |samples: &Samples| {
            let count = i64::try_from(samples.len()).unwrap_or(i64::MAX).max(1);
            samples.values().map(|sample| sample.value).sum::<i64>() / count
        };
        let used = average(&samples);
        let replicas = self.decide(
            samples,
            &groups,
            Ratio::of(used, target),
            |_| target,
            |samples| Ok(Ratio::of(average(samples), target)),
        )?;
        Ok(Proposal { replicas, utilization: 0, average: used })
    }

    /// Sorts the Pods, and takes away the samples of those that do not count.
    fn prepare(&self, samples: &mut Samples) -> Result<Groups, String> {
        if self.pods.is_empty() {
            return Err("no pods returned by selector while calculating replica count".to_owned());
        }
        let groups = self.group(samples);
        samples.retain(|name, _| !groups.ignored.contains(name) && !groups.unready.contains(name));
        if samples.is_empty() {
            return Err("did not receive metrics for targeted pods (pods might be unready)".to_owned());
        }
        Ok(groups)
    }

    fn group(&self, samples: &Samples) -> Groups {
        let mut groups = Groups::default();
        for pod in self.pods {
            let name = pod.metadata.name().to_owned();
            if pod.metadata.deletion_timestamp.is_some() || pod.phase() == "Failed" {
                groups.ignored.insert(name);
            } else if pod.phase() == "Pending" {
                groups.unready.insert(name);
            } else if let Some(sample) = samples.get(&name) {
                if self.resource == "cpu" && self.is_unready(pod, sample) {
                    groups.unready.insert(name);
                } else {
                    groups.ready += 1;
                }
            } else {
                groups.missing.insert(name);
            }
        }
        groups
    }

    /// Whether the processor that a Pod uses says nothing of the load: it is starting, or has never been ready.
    fn is_unready(&self, pod: &Pod, sample: &Sample) -> bool {
        let condition = pod.status.conditions.iter().flatten().find(|one| one.type_ == "Ready");
        let (Some(condition), Some(started)) = (condition, pod.status.start_time.as_ref()) else { return true };
        let started = time::sim_time(started.0);
        let changed = condition.last_transition_time.as_ref().map_or(SimTime::ZERO, |at| time::sim_time(at.0));
        let is_false = condition.status == "False";
        if started + CPU_INITIALIZATION > self.now {
            return is_false || sample.measured.timestamp < changed + sample.measured.window;
        }
        is_false && started + INITIAL_READINESS > changed
    }

    /// The size that a ratio asks for. Whoever has no sample is assumed to speak against a change: `assumed` on the way down,
    /// nothing on the way up.
    fn decide(
        &self,
        mut samples: Samples,
        groups: &Groups,
        ratio: Ratio,
        assumed: impl Fn(&str) -> i64,
        again: impl Fn(&Samples) -> Result<Ratio, String>,
    ) -> Result<i32, String> {
        let counts_unready = !groups.unready.is_empty() && ratio.is_above();
        if !counts_unready && groups.missing.is_empty() {
            let is_close = self.tolerances.include(ratio);
            return Ok(if is_close { self.current } else { ratio.times(groups.ready) });
        }
        let sample = |value| Sample { value, measured: Measured::default() };
        if ratio.is_below() {
            samples.extend(groups.missing.iter().map(|name| (name.clone(), sample(assumed(name)))));
        } else if ratio.is_above() {
            samples.extend(groups.missing.iter().map(|name| (name.clone(), sample(0))));
        }
        if counts_unready {
            samples.extend(groups.unready.iter().map(|name| (name.clone(), sample(0))));
        }
        let new = again(&samples)?;
        let turns = ratio.is_below() && new.is_above() || ratio.is_above() && new.is_below();
        let replicas = new.times(samples.len());
        let contradicts = new.is_below() && replicas > self.current || new.is_above() && replicas < self.current;
        Ok(if self.tolerances.include(new) || turns || contradicts { self.current } else { replicas })
    }

    /// What each Pod requests, in thousandths. Source: `calculateRequests`.
    fn requests(&self) -> Result<BTreeMap<String, i64>, String> {
        self.pods.iter().map(|pod| Ok((pod.metadata.name().to_owned(), self.request(pod)?))).collect()
    }

    fn request(&self, pod: &Pod) -> Result<i64, String> {
        let (resource, name) = (self.resource, pod.metadata.name());
        let amount = |requests: Option<&BTreeMap<String, _>>| {
            Quantity::try_from(requests?.get(resource)?).ok().map(Quantity::milli_value)
        };
        let own = pod.spec.resources.as_ref().and_then(|own| own.requests.as_ref()).filter(|own| !own.is_empty());
        if own.is_some() && self.container.is_empty() {
            return amount(own).ok_or_else(|| format!("missing pod-level request for {resource} in Pod {name}"));
        }
        let sidecars = pod.spec.init_containers.iter().flatten();
        let sidecars = sidecars.filter(|one| one.restart_policy.as_deref() == Some("Always"));
        let mut containers = pod
            .spec
            .containers
            .iter()
            .chain(sidecars)
            .filter(|one| one.name == self.container || self.container.is_empty())
            .peekable();
        if containers.peek().is_none() {
            return Err(format!("container {} not found in Pod {name}", self.container));
        }
        let requested = containers.map(|container| {
            let requests = container.resources.as_ref().and_then(|resources| resources.requests.as_ref());
            let missing = || format!("missing request for {resource} in container {} of Pod {name}", container.name);
            amount(requests).ok_or_else(missing)
        });
        requested.sum()
    }
}

#[cfg(test)]
mod tests;
