//! `/healthz`, `/livez`, `/readyz`: how the API servers behind the balancer are.

use axum::body::Body;
use axum::http::{Response, StatusCode};

use crate::session::Session;

use super::query::Query;

/// The answer to a health check of the server that would be asked now.
#[must_use]
pub fn check(session: &Session, path: &str, query: &Query) -> (StatusCode, String) {
    let mut parts = path.trim_matches('/').splitn(2, '/');
    let endpoint = parts.next().unwrap_or_default().to_owned();
    let single = parts.next();
    let cluster = session.cluster();
    let has_leader = cluster.masters().iter().any(|master| master.etcd_runs() && master.etcd.is_leader());
    let Some(master) = cluster.masters().iter().find(|master| master.server_runs()) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "no API server runs\n".to_owned());
    };
    let health = if endpoint == "readyz" { master.server.readyz(has_leader) } else { master.server.livez(has_leader) };
    let excluded: Vec<&str> = query.all("exclude").collect();
    let checks = health.checks.iter().filter(|check| !excluded.contains(&check.name));
    let mut checks = checks.filter(|check| single.is_none_or(|name| name == check.name)).peekable();
    if single.is_some() && checks.peek().is_none() {
        return (StatusCode::NOT_FOUND, "404 page not found\n".to_owned());
    }
    let mut text = String::new();
    let mut passed = true;
    for check in checks {
        passed &= check.passed;
        let (mark, word) = if check.passed { ('+', "ok") } else { ('-', "failed: reason withheld") };
        text.push_str(&format!("[{mark}]{} {word}\n", check.name));
    }
    if !passed {
        return (StatusCode::INTERNAL_SERVER_ERROR, format!("{text}{endpoint} check failed\n"));
    }
    let is_verbose = query.get("verbose").is_some_and(|value| value != "false");
    (StatusCode::OK, if is_verbose { format!("{text}{endpoint} check passed\n") } else { "ok".to_owned() })
}

/// The answer as HTTP.
#[must_use]
pub fn response((status, text): (StatusCode, String)) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    super::reply::set(&mut response, "content-type", "text/plain; charset=utf-8");
    response
}
