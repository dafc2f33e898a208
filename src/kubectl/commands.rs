//! The table of commands, and the way from a line to one of them.
//!
//! Source: `kubectl/pkg/cmd/cmd.go`; unknown commands are told as cobra tells them.

use crate::model::suggest::edit_distance;

use super::failure::Failure;
use super::flags::Flags;
use super::session::Session;
use super::verbs::{
    api_resources, apply, cluster, config, cordon, create, delete, describe, drain, edit, events, exec, explain,
    expose, get, label, logs, patch, replace, rollout, run as run_verb, scale, set, taint, wait,
};
use super::words;

/// A command.
pub struct Command {
    /// Its words: `get`, `rollout status`.
    pub path: &'static str,
    /// Other words for the last of them.
    pub aliases: &'static [&'static str],
    /// What it does, in one line.
    pub short: &'static str,
    /// What may follow its words.
    pub usage: &'static str,
    /// Its flags, as [`Flags`] reads them.
    pub flags: &'static [&'static str],
    /// Does it.
    pub run: fn(&mut Session<'_>, &Flags) -> Result<(), Failure>,
}

/// A row of the table.
macro_rules! command {
    ($path:literal, [$($alias:literal),*], $short:literal, $usage:literal, $flags:expr, $run:expr) => {
        Command { path: $path, aliases: &[$($alias),*], short: $short, usage: $usage, flags: $flags, run: $run }
    };
}

/// Every command that does something.
pub static COMMANDS: &[Command] = &[
    command!("create", [], "Create a resource from a file or from stdin", "-f FILENAME", create::FLAGS, create::run),
    command!(
        "create configmap",
        ["cm"],
        "Create a config map from a local file, directory or literal value",
        "NAME [--from-file=[key=]source] [--from-literal=key1=value1]",
        create::DATA_FLAGS,
        create::config_map
    ),
    command!(
        "create deployment",
        ["deploy"],
        "Create a deployment with the specified name",
        "NAME --image=image -- [COMMAND] [args...]",
        create::DEPLOYMENT_FLAGS,
        create::deployment
    ),
    command!(
        "create namespace",
        ["ns"],
        "Create a namespace with the specified name",
        "NAME",
        create::NAMED_FLAGS,
        create::namespace
    ),
    command!(
        "create priorityclass",
        ["pc"],
        "Create a priority class with the specified name",
        "NAME --value=VALUE",
        create::PRIORITY_CLASS_FLAGS,
        create::priority_class
    ),
    command!(
        "create quota",
        ["resourcequota"],
        "Create a quota with the specified name",
        "NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2]",
        create::QUOTA_FLAGS,
        create::quota
    ),
    command!(
        "create secret docker-registry",
        [],
        "Create a secret for use with a Docker registry",
        "NAME --docker-username=user --docker-password=password",
        create::DOCKER_FLAGS,
        create::docker_registry
    ),
    command!(
        "create secret generic",
        [],
        "Create a secret from a local file, directory, or literal value",
        "NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1]",
        create::DATA_FLAGS,
        create::generic
    ),
    command!(
        "create secret tls",
        [],
        "Create a TLS secret",
        "NAME --cert=path/to/cert/file --key=path/to/key/file",
        create::TLS_FLAGS,
        create::tls
    ),
    command!(
        "create service clusterip",
        [],
        "Create a ClusterIP service",
        "NAME [--tcp=<port>:<targetPort>]",
        create::SERVICE_FLAGS,
        create::cluster_ip
    ),
    command!(
        "create service externalname",
        [],
        "Create an ExternalName service",
        "NAME --external-name external.name",
        create::SERVICE_FLAGS,
        create::external_name
    ),
    command!(
        "create service loadbalancer",
        [],
        "Create a LoadBalancer service",
        "NAME [--tcp=port:targetPort]",
        create::SERVICE_FLAGS,
        create::load_balancer
    ),
    command!(
        "create service nodeport",
        [],
        "Create a NodePort service",
        "NAME [--tcp=port:targetPort]",
        create::SERVICE_FLAGS,
        create::node_port
    ),
    command!(
        "create serviceaccount",
        ["sa"],
        "Create a service account with the specified name",
        "NAME",
        create::NAMED_FLAGS,
        create::service_account
    ),
    command!(
        "get",
        [],
        "Display one or many resources",
        "(TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE/NAME ...)",
        get::FLAGS,
        get::run
    ),
    command!(
        "delete",
        [],
        "Delete resources by file names, stdin, resources and names, or by resources and label selector",
        "([-f FILENAME] | TYPE [(NAME | -l label | --all)])",
        delete::FLAGS,
        delete::run
    ),
    command!(
        "describe",
        [],
        "Show details of a specific resource or group of resources",
        "(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)",
        describe::FLAGS,
        describe::run
    ),
    command!(
        "apply",
        [],
        "Apply a configuration to a resource by file name or stdin",
        "-f FILENAME",
        apply::FLAGS,
        apply::run
    ),
    command!("replace", [], "Replace a resource by file name or stdin", "-f FILENAME", replace::FLAGS, replace::run),
    command!(
        "run",
        [],
        "Run a particular image on the cluster",
        "NAME --image=image [--env=\"key=value\"] [--port=port] [-- COMMAND] [args...]",
        run_verb::FLAGS,
        run_verb::run
    ),
    command!(
        "expose",
        [],
        "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service",
        "(-f FILENAME | TYPE NAME) [--port=port] [--target-port=number-or-name] [--name=name] [--type=type]",
        expose::FLAGS,
        expose::run
    ),
    command!(
        "set env",
        [],
        "Update environment variables on a pod template",
        "RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N",
        set::ENV_FLAGS,
        set::env
    ),
    command!(
        "set image",
        [],
        "Update the image of a pod template",
        "(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ...",
        set::IMAGE_FLAGS,
        set::image
    ),
    command!(
        "set resources",
        [],
        "Update resource requests/limits on objects with pod templates",
        "(-f FILENAME | TYPE NAME) ([--limits=LIMITS & --requests=REQUESTS])",
        set::RESOURCES_FLAGS,
        set::resources
    ),
    command!(
        "explain",
        [],
        "Get documentation for a resource",
        "TYPE [--recursive=FALSE|TRUE]",
        explain::FLAGS,
        explain::run
    ),
    command!("edit", [], "Edit a resource on the server", "(RESOURCE/NAME | -f FILENAME)", edit::FLAGS, edit::run),
    command!(
        "rollout history",
        [],
        "View rollout history",
        "(TYPE NAME | TYPE/NAME)",
        rollout::HISTORY_FLAGS,
        rollout::history
    ),
    command!("rollout pause", [], "Mark the provided resource as paused", "RESOURCE", rollout::FLAGS, rollout::pause),
    command!("rollout restart", [], "Restart a resource", "RESOURCE", rollout::FLAGS, rollout::restart),
    command!("rollout resume", [], "Resume a paused resource", "RESOURCE", rollout::FLAGS, rollout::resume),
    command!(
        "rollout status",
        [],
        "Show the status of the rollout",
        "(TYPE NAME | TYPE/NAME)",
        rollout::STATUS_FLAGS,
        rollout::status
    ),
    command!(
        "rollout undo",
        [],
        "Undo a previous rollout",
        "(TYPE NAME | TYPE/NAME)",
        rollout::UNDO_FLAGS,
        rollout::undo
    ),
    command!(
        "scale",
        [],
        "Set a new size for a deployment, replica set, or replication controller",
        "[--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)",
        scale::FLAGS,
        scale::run
    ),
    command!("cluster-info", [], "Display cluster information", "", cluster::INFO_FLAGS, cluster::info),
    command!(
        "top node",
        ["nodes", "no"],
        "Display resource (CPU/memory) usage of nodes",
        "[NAME | -l label]",
        cluster::TOP_FLAGS,
        cluster::top
    ),
    command!(
        "top pod",
        ["pods", "po"],
        "Display resource (CPU/memory) usage of pods",
        "[NAME | -l label]",
        cluster::TOP_FLAGS,
        cluster::top
    ),
    command!("cordon", [], "Mark node as unschedulable", "NODE", cordon::FLAGS, cordon::cordon),
    command!("uncordon", [], "Mark node as schedulable", "NODE", cordon::FLAGS, cordon::uncordon),
    command!("drain", [], "Drain node in preparation for maintenance", "NODE", drain::FLAGS, drain::run),
    command!(
        "taint",
        [],
        "Update the taints on one or more nodes",
        "NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N",
        taint::FLAGS,
        taint::run
    ),
    command!(
        "logs",
        [],
        "Print the logs for a container in a pod",
        "[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]",
        logs::FLAGS,
        logs::run
    ),
    command!(
        "exec",
        [],
        "Execute a command in a container",
        "(POD | TYPE/NAME) [-c CONTAINER] -- COMMAND [args...]",
        exec::FLAGS,
        exec::run
    ),
    command!(
        "events",
        [],
        "List events",
        "[--for TYPE/NAME] [--watch] [--types=Normal,Warning]",
        events::FLAGS,
        events::run
    ),
    command!(
        "auth can-i",
        [],
        "Check whether an action is allowed",
        "VERB [TYPE | TYPE/NAME | NONRESOURCEURL]",
        cluster::CAN_I_FLAGS,
        cluster::can_i
    ),
    command!(
        "patch",
        [],
        "Update fields of a resource",
        "(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]",
        patch::FLAGS,
        patch::run
    ),
    command!(
        "wait",
        [],
        "Wait for a specific condition on one or many resources",
        "([-f FILENAME] | resource/name) --for=condition=available|delete|create|jsonpath='{}'[=value]",
        wait::FLAGS,
        wait::run
    ),
    command!(
        "label",
        [],
        "Update the labels on a resource",
        "(-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N",
        label::FLAGS,
        label::label
    ),
    command!(
        "annotate",
        [],
        "Update the annotations on a resource",
        "(-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N",
        label::FLAGS,
        label::annotate
    ),
    command!(
        "api-resources",
        [],
        "Print the supported API resources on the server",
        "",
        api_resources::FLAGS,
        api_resources::resources
    ),
    command!(
        "api-versions",
        [],
        "Print the supported API versions on the server, in the form of \"group/version\"",
        "",
        api_resources::VERSION_FLAGS,
        api_resources::versions
    ),
    command!("config current-context", [], "Display the current-context", "", config::FLAGS, config::current_context),
    command!(
        "config get-clusters",
        [],
        "Display clusters defined in the kubeconfig",
        "",
        config::FLAGS,
        config::get_clusters
    ),
    command!("config get-contexts", [], "Describe one or many contexts", "[NAME]", config::FLAGS, config::get_contexts),
    command!(
        "config set-context",
        [],
        "Set a context entry in kubeconfig",
        "[NAME | --current] [--namespace=namespace]",
        config::FLAGS,
        config::set_context
    ),
    command!(
        "config use-context",
        ["use"],
        "Set the current-context in a kubeconfig file",
        "CONTEXT_NAME",
        config::FLAGS,
        config::use_context
    ),
    command!(
        "config view",
        [],
        "Display merged kubeconfig settings or a specified kubeconfig file",
        "",
        config::FLAGS,
        config::view
    ),
    command!(
        "version",
        [],
        "Print the client and server version information",
        "",
        cluster::VERSION_FLAGS,
        cluster::version
    ),
];

/// Commands of kubectl that podlab does not have.
const NOT_MODELLED: &[&str] = &[
    "alpha",
    "attach",
    "autoscale",
    "certificate",
    "completion",
    "cp",
    "debug",
    "diff",
    "kuberc",
    "kustomize",
    "options",
    "plugin",
    "port-forward",
    "proxy",
];

/// Flags that may stand before a command and take a value of their own.
const LEADING: [&str; 12] = [
    "-n",
    "--namespace",
    "-s",
    "--server",
    "--context",
    "--cluster",
    "--user",
    "--kubeconfig",
    "--request-timeout",
    "--as",
    "--token",
    "-v",
];

/// Runs the command that `line` names.
///
/// # Errors
/// In kubectl's words.
pub fn run(line: &str, session: &mut Session<'_>) -> Result<(), Failure> {
    let words = words::split(line)?;
    let (path, rest) = leading_words(&words);
    let Some(first) = path.first() else {
        session.out(&overview());
        return Ok(());
    };
    if first == "help" {
        session.out(&help(&path[1..].join(" ")));
        return Ok(());
    }
    if NOT_MODELLED.contains(&first.as_str()) {
        return Err(Failure::not_modelled(&format!("kubectl {first}")));
    }
    let Some((command, depth)) = find(&path) else { return unknown(session, &path) };
    let words: Vec<String> = path[depth..].iter().cloned().chain(rest).collect();
    let flags = Flags::parse(command.path, command.flags, &words)?;
    if flags.yes("help") {
        session.out(&command_help(command));
        return Ok(());
    }
    for flag in ["as", "as-group", "token", "user", "cluster", "kubeconfig"] {
        if flags.has(flag) {
            return Err(Failure::not_modelled(&format!("--{flag}")));
        }
    }
    if let Some(context) = flags.text("context").filter(|context| **context != *session.defaults().context) {
        return Err(Failure::text_of(format!("context {context:?} does not exist")));
    }
    if let Some(namespace) = flags.text("namespace") {
        session.set_namespace(namespace);
    }
    (command.run)(session, &flags)
}

/// The words up to the first flag that stands behind the command, and all that follows, leading flags included.
fn leading_words(words: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut path, mut flags) = (Vec::new(), Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word.starts_with('-') && path.is_empty() {
            flags.push(word.clone());
            if LEADING.contains(&word.as_str()) {
                flags.extend(words.next().cloned());
            }
        } else if word.starts_with('-') {
            flags.push(word.clone());
            flags.extend(words.cloned());
            break;
        } else {
            path.push(word.clone());
        }
    }
    (path, flags)
}

/// The command with the longest path that `words` begin with, and how many words that takes.
fn find(words: &[String]) -> Option<(&'static Command, usize)> {
    let fits =
        |command: &&Command| {
            let parts: Vec<&str> = command.path.split(' ').collect();
            let last = parts.len() - 1;
            words.len() >= parts.len()
                && parts.iter().zip(words).enumerate().all(|(index, (part, word))| {
                    part == word || index == last && command.aliases.contains(&word.as_str())
                })
        };
    let longest = COMMANDS.iter().filter(fits).max_by_key(|command| command.path.len())?;
    Some((longest, longest.path.split(' ').count()))
}

/// What is said of a word that is no command.
fn unknown(session: &mut Session<'_>, path: &[String]) -> Result<(), Failure> {
    let first = &path[0];
    let group = |depth: usize| path[..depth.min(path.len())].join(" ");
    for depth in [2, 1] {
        let words = group(depth);
        let is_group = COMMANDS.iter().any(|command| command.path.starts_with(&format!("{words} ")));
        if is_group && path.len() == depth {
            session.out(&help(&words));
            return Err(Failure::Exit(1));
        }
        if is_group && path.len() > depth {
            let unknown = path[depth..].join(" ");
            return Err(Failure::usage(&words, &format!("unknown command {unknown:?}")));
        }
    }
    let mut text = format!("error: unknown command {first:?} for \"kubectl\"");
    let near = suggestions(first);
    if !near.is_empty() {
        text.push_str("\n\nDid you mean this?\n");
        near.iter().for_each(|name| text.push_str(&format!("\t{name}\n")));
    }
    Err(Failure::Plain(text))
}

/// Commands at most two letters away, or beginning with what was typed (cobra's `SuggestionsFor`).
fn suggestions(typed: &str) -> Vec<&'static str> {
    let lower = typed.to_lowercase();
    let near = |name: &&str| edit_distance(&lower, name) <= 2 || name.starts_with(&lower);
    let mut names: Vec<&'static str> = names().filter(near).collect();
    names.sort_unstable();
    names
}

/// The first words of all commands, those that podlab does not have included.
pub fn names() -> impl Iterator<Item = &'static str> {
    let first = COMMANDS.iter().filter_map(|command| command.path.split(' ').next());
    let mut names: Vec<&'static str> = first.chain(NOT_MODELLED.iter().copied()).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter()
}

fn overview() -> String {
    let mut text = "kubectl controls the Kubernetes cluster manager.\n\nCommands:\n".to_owned();
    for command in COMMANDS.iter().filter(|command| !command.path.contains(' ')) {
        text.push_str(&format!("  {:<15} {}\n", command.path, command.short));
    }
    for group in groups() {
        text.push_str(&format!("  {group:<15} {}\n", children(group).collect::<Vec<_>>().join(", ")));
    }
    text.push_str(
        "\nUsage:\n  kubectl [flags] [options]\n\nUse \"kubectl <command> --help\" for more about a command.\n",
    );
    text
}

/// First words that are no commands themselves.
fn groups() -> impl Iterator<Item = &'static str> {
    names().filter(|name| !NOT_MODELLED.contains(name) && !COMMANDS.iter().any(|command| command.path == *name))
}

/// The words that may follow the words of `group`.
pub fn children(group: &str) -> impl Iterator<Item = &'static str> {
    let prefix = format!("{group} ");
    let next = |command: &'static Command| command.path.strip_prefix(&prefix).and_then(|rest| rest.split(' ').next());
    let mut next: Vec<&'static str> = COMMANDS.iter().filter_map(next).collect();
    next.dedup();
    next.into_iter()
}

fn help(path: &str) -> String {
    if path.is_empty() {
        return overview();
    }
    let words: Vec<String> = path.split(' ').map(str::to_owned).collect();
    if let Some((command, depth)) = find(&words)
        && depth == words.len()
    {
        return command_help(command);
    }
    let prefix = format!("{path} ");
    let mut text = "Available Commands:\n".to_owned();
    for command in COMMANDS.iter().filter(|command| command.path.starts_with(&prefix)) {
        text.push_str(&format!("  {:<15} {}\n", &command.path[prefix.len()..], command.short));
    }
    text.push_str(&format!("\nUsage:\n  kubectl {path} [flags] [options]\n"));
    text
}

fn command_help(command: &Command) -> String {
    let mut text = format!("{}.\n", command.short);
    if children(command.path).next().is_some() {
        text.push_str("\nAvailable Commands:\n");
        let prefix = format!("{} ", command.path);
        for child in COMMANDS.iter().filter(|child| child.path.starts_with(&prefix)) {
            text.push_str(&format!("  {:<20} {}\n", &child.path[prefix.len()..], child.short));
        }
    }
    text.push_str("\nOptions:\n");
    for flag in command.flags {
        let Some(at) = flag.find(['!', ':', '#', '~', '+', '?']) else { continue };
        let letter = if at == 0 { "    ".to_owned() } else { format!("-{}, ", &flag[..at]) };
        let name = flag[at + 1..].split('=').next().unwrap_or_default();
        text.push_str(&format!("    {letter}--{name}\n"));
    }
    text.push_str(&format!("\nUsage:\n  kubectl {} {} [options]\n", command.path, command.usage));
    text
}
