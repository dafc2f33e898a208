//! `kubectl create token`. Source: `kubectl/pkg/cmd/create/create_token.go`.

use serde_json::{Value, json};

use super::name_of;
use crate::apiserver::{Body, Payload, Subresource, Verb};
use crate::engine::SimDuration;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::{self, Flags};
use crate::kubectl::output::{self, Format};
use crate::kubectl::session::Session;
use crate::model::Kind;

/// Its flags.
pub const TOKEN_FLAGS: &[&str] = &[
    "o:output",
    ":template",
    "+audience",
    ":duration",
    ":bound-object-kind",
    ":bound-object-name",
    ":bound-object-uid",
];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn token(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let name = name_of(flags, "create token")?.to_owned();
    let format = Format::of(flags)?;
    let spec = spec(flags)?;
    let request = session.request(Verb::Create, Kind::ServiceAccount, &session.namespace()).named(name);
    let body = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": {}, "spec": spec});
    let request = request.part(Subresource::Token).body(Body::Manifest(body));
    let response = match session.call(request) {
        Err(Failure::Refused(status)) => {
            return Err(Failure::text_of(format!("failed to create token: {}", status.message)));
        }
        response => response?,
    };
    let Payload::Token(token) = response.payload else {
        return Err(Failure::text_of("failed to create token: no token in server response"));
    };
    if !format.is_human() {
        return output::print(session, &format, Kind::ServiceAccount, &json!(token));
    }
    let text = token.status.and_then(|status| status.token).unwrap_or_default();
    session.line(&text);
    Ok(())
}

fn spec(flags: &Flags) -> Result<Value, Failure> {
    let mut spec = json!({"audiences": flags.all("audience")});
    if let Some(text) = flags.text("duration") {
        let span = flags::duration(text).filter(|span| *span == SimDuration::from_secs(span.as_secs()));
        let span = span.ok_or_else(|| Failure::text_of("--duration cannot be expressed in units less than seconds"))?;
        if span > SimDuration::ZERO {
            spec["expirationSeconds"] = json!(span.as_secs());
        }
    }
    let text = |name: &str| flags.text_or_empty(&format!("bound-object-{name}"));
    let (kind, name, uid) = (text("kind"), text("name"), text("uid"));
    if kind.is_empty() {
        for (value, flag) in [(name, "name"), (uid, "uid")] {
            if !value.is_empty() {
                let message = format!("--bound-object-{flag} can only be set if --bound-object-kind is provided");
                return Err(Failure::text_of(message));
            }
        }
        return Ok(spec);
    }
    if !matches!(kind, "Node" | "Pod" | "Secret") {
        return Err(Failure::text_of("supported --bound-object-kind values are Node, Pod, Secret"));
    }
    if name.is_empty() {
        return Err(Failure::text_of("--bound-object-name is required if --bound-object-kind is provided"));
    }
    spec["boundObjectRef"] = json!({"kind": kind, "apiVersion": "v1", "name": name});
    if !uid.is_empty() {
        spec["boundObjectRef"]["uid"] = json!(uid);
    }
    Ok(spec)
}
