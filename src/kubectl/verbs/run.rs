//! `kubectl run`: one Pod from a few words.
//!
//! Source: `kubectl/pkg/cmd/run/run.go`, `kubectl/pkg/generate/versioned/run.go`.

use serde_json::{Value, json};

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::patch::{Schema, apply_merge, apply_strategic};
use crate::model::{Kind, yaml};

use super::create;

/// Its flags.
pub const FLAGS: &[&str] = &[
    ":image",
    ":image-pull-policy",
    ":restart",
    "+env",
    "+annotations",
    "l:labels",
    ":port",
    "!expose",
    "!command",
    ":overrides",
    ":override-type",
    "!privileged",
    "i!stdin",
    "t!tty",
    "!rm",
    "!attach",
    "!leave-stdin-open",
    "q!quiet",
    "o:output",
    "?dry-run=unchanged",
    "?validate=strict",
    "!save-config",
    ":field-manager",
    "~pod-running-timeout",
    ":template",
];

/// Runs it.
///
/// # Errors
/// In kubectl's words.
pub fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let Some(name) = flags.args.first().filter(|_| flags.dash != Some(0)) else {
        return Err(Failure::usage("run", "NAME is required for run"));
    };
    let image = flags.text_or_empty("image");
    if image.is_empty() {
        return Err(Failure::text_of("--image is required"));
    }
    if !is_image(image) {
        return Err(Failure::text_of(format!("Invalid image name {image:?}: invalid reference format")));
    }
    if flags.yes("expose") && !flags.has("port") {
        return Err(Failure::usage("run", "--port must be set when exposing a service"));
    }
    for attached in ["stdin", "tty", "attach"] {
        if flags.yes(attached) {
            let said =
                "run -it (attaching to the new Pod) is not modelled by podlab: run the Pod, then use kubectl exec";
            return Err(Failure::text_of(said));
        }
    }
    if flags.yes("rm") {
        return Err(Failure::usage("run", "--rm should only be used for attached containers"));
    }
    let mut pod = pod(flags, name, image)?;
    if let Some(text) = flags.text("overrides").filter(|text| !text.is_empty()) {
        pod = overridden(&pod, text, flags.text("override-type").unwrap_or("merge"))?;
    }
    create::submit(session, flags, Kind::Pod, pod, None)?;
    if flags.yes("expose") {
        let port = number(flags.text_or_empty("port"))?;
        let service = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"ports": [{"port": port, "protocol": "TCP", "targetPort": port}], "selector": {"run": name}},
        });
        create::submit(session, flags, Kind::Service, service, None)?;
    }
    Ok(())
}

fn pod(flags: &Flags, name: &str, image: &str) -> Result<Value, Failure> {
    let mut container = json!({"name": name, "image": image});
    let words = flags.args.get(1..).unwrap_or_default();
    if !words.is_empty() {
        container[if flags.yes("command") { "command" } else { "args" }] = json!(words);
    }
    if let Some(port) = flags.text("port").filter(|port| !port.is_empty()) {
        container["ports"] = json!([{"containerPort": number(port)?}]);
    }
    let mut variables = Vec::new();
    for pair in flags.all("env") {
        let wrong = || Failure::text_of(format!("invalid env: {pair}"));
        let (key, value) = pair.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(wrong)?;
        variables.push(json!({"name": key, "value": value}));
    }
    if !variables.is_empty() {
        container["env"] = json!(variables);
    }
    match flags.text("image-pull-policy") {
        None | Some("") => {}
        Some(policy @ ("Always" | "IfNotPresent" | "Never")) => container["imagePullPolicy"] = json!(policy),
        Some(other) => return Err(Failure::usage("run", &format!("invalid image pull policy: {other}"))),
    }
    if flags.yes("privileged") {
        container["securityContext"] = json!({"privileged": true});
    }
    let restart = match flags.text("restart") {
        None | Some("") => "Always",
        Some(policy @ ("Always" | "OnFailure" | "Never")) => policy,
        Some(other) => return Err(Failure::usage("run", &format!("invalid restart policy: {other}"))),
    };
    let mut meta = json!({"name": name, "labels": pairs(flags.text_or_empty("labels"), "label")?});
    if !flags.has("labels") {
        meta["labels"] = json!({"run": name});
    }
    let annotations = pairs(&flags.all("annotations").join(","), "annotation")?;
    if annotations != json!({}) {
        meta["annotations"] = annotations;
    }
    Ok(json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": meta,
        "spec": {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": restart},
    }))
}

/// `a=b,c=d` as an object.
fn pairs(text: &str, what: &str) -> Result<Value, Failure> {
    let mut pairs = json!({});
    for pair in text.split(',').filter(|_| !text.is_empty()) {
        let wrong = || Failure::text_of(format!("unexpected {what} spec: {pair}"));
        let (key, value) = pair.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(wrong)?;
        pairs[key] = json!(value);
    }
    Ok(pairs)
}

fn number(text: &str) -> Result<i64, Failure> {
    text.parse().map_err(|_| Failure::text_of(format!("strconv.Atoi: parsing {text:?}: invalid syntax")))
}

fn overridden(pod: &Value, text: &str, type_: &str) -> Result<Value, Failure> {
    let read = yaml::read("overrides", text).map_err(|error| Failure::text_of(error.message))?;
    let patch = read.into_iter().next().map(|document| document.value).unwrap_or_default();
    match type_ {
        "merge" => Ok(apply_merge(pod, &patch)),
        "strategic" => {
            apply_strategic(pod, &patch, Schema::of_kind("Pod")).map_err(|error| Failure::text_of(error.to_string()))
        }
        other => Err(Failure::text_of(format!("invalid override type: {other}"))),
    }
}

/// Whether a text can be the name of an image: lower case path, optional tag and digest (`distribution/reference`).
fn is_image(image: &str) -> bool {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    let (path, tag) = match name[slash..].rfind(':') {
        Some(at) => (&name[..slash + at], Some(&name[slash + at + 1..])),
        None => (name, None),
    };
    let is_word = |word: &str| {
        let fine =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-' | b':');
        let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        word.bytes().all(|byte| {
            fine(byte) || byte.is_ascii_uppercase() && path.split('/').next() == Some(word) && path.contains('/')
        }) && ends(word.as_bytes().first())
            && ends(word.as_bytes().last())
    };
    let is_tag = |tag: &str| {
        !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
    };
    path.split('/').all(is_word) && tag.is_none_or(is_tag) && digest.is_none_or(|digest| digest.contains(':'))
}
