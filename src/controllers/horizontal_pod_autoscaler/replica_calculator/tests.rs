//! Cases worked out by hand from the rules of the original.

use serde_json::json;

use super::*;
use crate::model::{Kind, Object, Resource};

const NOW: SimTime = SimTime::from_secs(10_000);

/// A Pod that requests so many thousandths, and what it uses.
struct Case {
    request: Option<i64>,
    used: Option<i64>,
    phase: &'static str,
    is_ready: bool,
    /// Seconds ago.
    started: u64,
    changed: u64,
}

fn ready(request: i64, used: i64) -> Case {
    Case { request: Some(request), used: Some(used), phase: "Running", is_ready: true, started: 3_600, changed: 3_500 }
}

fn missing(request: i64) -> Case {
    Case { used: None, ..ready(request, 0) }
}

fn starting(request: i64, used: i64) -> Case {
    Case { is_ready: false, started: 60, changed: 60, ..ready(request, used) }
}

fn ago(seconds: u64) -> serde_json::Value {
    json!(time::time(SimTime::from_micros(NOW.as_micros() - seconds * 1_000_000)))
}

fn world(cases: &[Case]) -> (Vec<Arc<Pod>>, Samples) {
    let mut samples = Samples::new();
    let pods = cases.iter().enumerate().map(|(index, case)| {
        let name = format!("web-{index}");
        if let Some(value) = case.used {
            let measured = Measured { timestamp: NOW, window: SimDuration::from_secs(15) };
            samples.insert(name.clone(), Sample { value, measured });
        }
        let requests = case.request.map_or(json!({}), |milli| json!({"cpu": format!("{milli}m")}));
        let status = if case.is_ready { "True" } else { "False" };
        let value = json!({
            "metadata": {"name": name, "namespace": "a"},
            "spec": {"containers": [{"name": "web", "image": "web", "resources": {"requests": requests}}]},
            "status": {"phase": case.phase, "startTime": ago(case.started),
                "conditions": [{"type": "Ready", "status": status, "lastTransitionTime": ago(case.changed)}]}});
        let object = Object::from_value(Kind::Pod, value, &mut Vec::new()).unwrap();
        Arc::clone(Pod::of(&object).unwrap())
    });
    (pods.collect(), samples)
}

fn utilization(cases: &[Case], current: i32, target: i32) -> Result<(i32, i32), String> {
    let (pods, samples) = world(cases);
    let calculation = Calculation {
        pods: &pods,
        resource: "cpu",
        container: "",
        current,
        tolerances: Tolerances::of(None),
        now: NOW,
    };
    calculation.by_utilization(samples, target).map(|it| (it.replicas, it.utilization))
}

#[test]
fn the_size_follows_the_ratio_beyond_the_tolerance() {
    let three = |used| [ready(200, used), ready(200, used), ready(200, used)];
    assert_eq!(utilization(&three(180), 3, 50), Ok((6, 90)));
    assert_eq!(utilization(&three(180), 3, 85), Ok((3, 90)));
    assert_eq!(utilization(&three(50), 3, 50), Ok((2, 25)));
    // More Pods are asked for than there are: what there is counts.
    assert_eq!(utilization(&three(180), 5, 50), Ok((6, 90)));
}

#[test]
fn pods_that_start_hold_an_increase_back_and_are_left_out_of_a_decrease() {
    let up = [ready(100, 150), ready(100, 150), starting(100, 900)];
    // 300 of 300 with the third at nothing: 100 % over 50 % is twice three.
    assert_eq!(utilization(&up, 3, 50), Ok((6, 150)));
    let down = [ready(100, 20), ready(100, 20), starting(100, 900)];
    assert_eq!(utilization(&down, 3, 50), Ok((1, 20)));
    let held = [ready(100, 80), starting(100, 0), starting(100, 0)];
    // 80 of 300 is below the target: the direction turns, so nothing happens.
    assert_eq!(utilization(&held, 3, 50), Ok((3, 80)));
}

#[test]
fn pods_without_metrics_speak_against_a_change() {
    // Down: the missing one is taken to use all that it requests.
    assert_eq!(utilization(&[ready(100, 10), ready(100, 10), missing(100)], 3, 50), Ok((3, 10)));
    assert_eq!(utilization(&[ready(100, 10), ready(100, 10), ready(100, 10), missing(100)], 4, 80), Ok((2, 10)));
    // Up: it is taken to use nothing.
    assert_eq!(utilization(&[ready(100, 150), ready(100, 150), missing(100)], 3, 50), Ok((6, 150)));
}

#[test]
fn a_pod_counts_when_a_whole_window_lies_behind_its_readiness() {
    let fresh = Case { started: 60, changed: 10, ..ready(100, 100) };
    assert!(utilization(&[fresh], 1, 50).unwrap_err().starts_with("did not receive metrics"));
    let settled = Case { started: 60, changed: 15, ..ready(100, 100) };
    assert_eq!(utilization(&[settled], 1, 50), Ok((2, 100)));
    // Later a Pod is left out only if it has never been ready.
    let fell = Case { is_ready: false, started: 3_600, changed: 100, ..ready(100, 100) };
    assert_eq!(utilization(&[fell], 1, 50), Ok((2, 100)));
    let never = Case { is_ready: false, started: 3_600, changed: 3_590, ..ready(100, 100) };
    assert!(utilization(&[never], 1, 50).is_err());
}

#[test]
fn what_cannot_be_computed_is_told_in_the_words_of_the_original() {
    let no_request = Case { request: None, ..ready(0, 100) };
    assert_eq!(utilization(&[no_request], 1, 50).unwrap_err(), "missing request for cpu in container web of Pod web-0");
    assert_eq!(utilization(&[], 1, 50).unwrap_err(), "no pods returned by selector while calculating replica count");
    let pending = Case { phase: "Pending", ..missing(100) };
    let why = utilization(&[pending], 1, 50).unwrap_err();
    assert_eq!(why, "did not receive metrics for targeted pods (pods might be unready)");
}

#[test]
fn an_average_is_compared_with_an_amount() {
    let (pods, samples) = world(&[ready(100, 900), ready(100, 700)]);
    let calculation = Calculation {
        pods: &pods,
        resource: "cpu",
        container: "",
        current: 2,
        tolerances: Tolerances::of(None),
        now: NOW,
    };
    let proposal = calculation.by_average(samples, 500).unwrap();
    assert_eq!((proposal.replicas, proposal.average), (4, 800));
}
