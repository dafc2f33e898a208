//! `kubectl config`: the one context that a learner has.
//!
//! Source: `kubectl/pkg/cmd/config/`.

use serde_json::json;

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::{json_text, yaml};
use crate::printers::tabwriter::TableWriter;

/// Flags of all its commands.
pub const FLAGS: &[&str] = &["!current", "!minify", "!flatten", "!raw", "o:output", "!no-headers"];

/// `kubectl config view`.
///
/// # Errors
/// For forms of output that it does not have.
pub fn view(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let defaults = session.defaults();
    let (server, context, user) = (&*defaults.server, &*defaults.context, &*defaults.user.name);
    let value = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": context,
        "clusters": [{"name": context, "cluster": {"certificate-authority-data": "DATA+OMITTED", "server": server}}],
        "contexts": [{"name": context, "context": {"cluster": context, "namespace": &*defaults.namespace, "user": user}}],
        "users": [{"name": user, "user": {"client-certificate-data": "DATA+OMITTED", "client-key-data": "DATA+OMITTED"}}],
    });
    match flags.text("output").unwrap_or("yaml") {
        "yaml" => session.out(&yaml::write(&value)),
        "json" => session.out(&json_text::pretty(&value)),
        other => match other.strip_prefix("jsonpath=") {
            Some(text) => {
                let template = crate::model::jsonpath::Template::parse(text);
                let printed = template.and_then(|template| template.print(&value));
                session.out(&printed.map_err(|error| Failure::text_of(error.to_string()))?);
            }
            None => return Err(Failure::not_modelled(&format!("config view -o {other}"))),
        },
    }
    Ok(())
}

/// `kubectl config current-context`.
///
/// # Errors
/// None.
pub fn current_context(session: &mut Session<'_>, _: &Flags) -> Result<(), Failure> {
    let context = session.defaults().context.clone();
    session.line(&context);
    Ok(())
}

/// `kubectl config get-contexts`.
///
/// # Errors
/// When a context is named that is not there.
pub fn get_contexts(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let defaults = session.defaults();
    let context = defaults.context.to_string();
    if let Some(other) = flags.args.iter().find(|name| **name != context) {
        return Err(Failure::text_of(format!("context {other} not found")));
    }
    if flags.text("output") == Some("name") {
        session.line(&context);
        return Ok(());
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    if !flags.yes("no-headers") {
        rows.push(["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"].map(str::to_owned).to_vec());
    }
    let (user, namespace) = (defaults.user.name.to_string(), defaults.namespace.to_string());
    rows.push(vec!["*".into(), context.clone(), context, user, namespace]);
    session.out(&TableWriter::new().rows(&rows));
    Ok(())
}

/// `kubectl config get-clusters` and `get-users`.
///
/// # Errors
/// None.
pub fn get_clusters(session: &mut Session<'_>, _: &Flags) -> Result<(), Failure> {
    let context = session.defaults().context.clone();
    session.out(&format!("NAME\n{context}\n"));
    Ok(())
}

/// `kubectl config set-context --current --namespace=NAME`.
///
/// # Errors
/// For anything but the namespace of the one context.
pub fn set_context(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let context = session.defaults().context.to_string();
    let is_own = flags.yes("current") && flags.args.is_empty() || flags.args.as_slice() == [context.clone()];
    if flags.args.is_empty() && !flags.yes("current") {
        return Err(Failure::usage("config set-context", "Unexpected args: []"));
    }
    if !is_own {
        return Err(Failure::not_modelled("a second context"));
    }
    if let Some(namespace) = flags.text("namespace") {
        session.keep_namespace(namespace);
    }
    session.line(&format!("Context {context:?} modified."));
    Ok(())
}

/// `kubectl config use-context`.
///
/// # Errors
/// When the context is not there.
pub fn use_context(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let context = session.defaults().context.to_string();
    match flags.args.as_slice() {
        [name] if *name == context => {
            session.line(&format!("Switched to context {context:?}."));
            Ok(())
        }
        [name] => Err(Failure::text_of(format!("no context exists with the name: {name:?}"))),
        args => Err(Failure::usage("config use-context", &format!("Unexpected args: [{}]", args.join(" ")))),
    }
}
