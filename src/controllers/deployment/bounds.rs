//! How many Pods a rollout may have too many and too few.
//!
//! Models `pkg/controller/deployment/util/deployment_util.go`, `ResolveFenceposts`.

use crate::model::apps::Deployment;
use crate::model::metav1::IntOrString;

/// What a Deployment asks for.
#[must_use]
pub fn replicas(deployment: &Deployment) -> i32 {
    deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1)
}

/// Whether its strategy is RollingUpdate, which it is unless said otherwise.
#[must_use]
pub fn is_rolling(deployment: &Deployment) -> bool {
    let strategy = deployment.spec.as_ref().and_then(|spec| spec.strategy.as_ref());
    strategy.and_then(|strategy| strategy.type_.as_deref()).is_none_or(|kind| kind == "RollingUpdate")
}

/// How many Pods there may be above the number asked for.
#[must_use]
pub fn max_surge(deployment: &Deployment) -> i32 {
    if is_rolling(deployment) { resolve(deployment).0 } else { 0 }
}

/// How many of the Pods asked for may be missing.
#[must_use]
pub fn max_unavailable(deployment: &Deployment) -> i32 {
    let replicas = replicas(deployment);
    if is_rolling(deployment) && replicas > 0 { resolve(deployment).1.min(replicas) } else { 0 }
}

/// Surge is rounded up, unavailability down; when both come to nothing, one Pod may be missing, or no step could be made.
fn resolve(deployment: &Deployment) -> (i32, i32) {
    let strategy = deployment.spec.as_ref().and_then(|spec| spec.strategy.as_ref());
    let rolling = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
    let replicas = replicas(deployment);
    let quarter = IntOrString::String("25%".to_owned());
    let surge = rolling.map_or(Some(&quarter), |rolling| rolling.max_surge.as_ref());
    let unavailable = rolling.map_or(Some(&quarter), |rolling| rolling.max_unavailable.as_ref());
    let surge = scaled(surge, replicas, true);
    let unavailable = scaled(unavailable, replicas, false);
    if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
}

/// A number as it stands, or so many hundredths of `total`. Source: `GetScaledValueFromIntOrPercent`.
#[must_use]
pub fn scaled(value: Option<&IntOrString>, total: i32, round_up: bool) -> i32 {
    match value {
        None => 0,
        Some(IntOrString::Int(number)) => *number,
        Some(IntOrString::String(text)) => {
            let percent: i64 = text.strip_suffix('%').and_then(|digits| digits.parse().ok()).unwrap_or(0);
            let product = percent * i64::from(total) + if round_up { 99 } else { 0 };
            i32::try_from(product / 100).unwrap_or(i32::MAX)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::apps::{DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment};

    fn bounds(replicas: i32, surge: &str, unavailable: &str) -> (i32, i32) {
        let parse = |text: &str| text.parse().map_or_else(|_| IntOrString::String(text.into()), IntOrString::Int);
        let rolling =
            RollingUpdateDeployment { max_surge: Some(parse(surge)), max_unavailable: Some(parse(unavailable)) };
        let strategy = DeploymentStrategy { rolling_update: Some(rolling), type_: Some("RollingUpdate".into()) };
        let spec = DeploymentSpec { replicas: Some(replicas), strategy: Some(strategy), ..DeploymentSpec::default() };
        let deployment = Deployment { spec: Some(spec.into()), ..Deployment::default() };
        (max_surge(&deployment), max_unavailable(&deployment))
    }

    #[test]
    fn surge_rounds_up_and_unavailability_down() {
        assert_eq!(bounds(1, "25%", "25%"), (1, 0));
        assert_eq!(bounds(3, "25%", "25%"), (1, 0));
        assert_eq!(bounds(4, "25%", "25%"), (1, 1));
        assert_eq!(bounds(10, "25%", "25%"), (3, 2));
    }

    #[test]
    fn at_least_one_step_is_always_possible() {
        assert_eq!(bounds(3, "0", "0"), (0, 1));
        assert_eq!(bounds(3, "0", "10%"), (0, 1));
        assert_eq!(bounds(2, "0", "5"), (0, 2));
    }
}
