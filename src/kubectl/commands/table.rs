//! All other commands.

use super::{Command, command};
use crate::kubectl::verbs::{
    api_resources, apply, attach, auth, autoscale, cluster, config, cordon, cp, debug, delete, describe, diff, drain,
    edit, events, exec, explain, expose, get, label, logs, patch, port_forward, replace, rolling_update, rollout, run,
    scale, set, taint, top, wait,
};

/// Roughly in the order of `kubectl --help`.
pub(super) static COMMANDS: &[Command] = &[
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
    command!(
        "diff",
        [],
        "Diff the live version against a would-be applied version",
        "-f FILENAME",
        diff::FLAGS,
        diff::run
    ),
    command!("replace", [], "Replace a resource by file name or stdin", "-f FILENAME", replace::FLAGS, replace::run),
    command!(
        "run",
        [],
        "Run a particular image on the cluster",
        "NAME --image=image [--env=\"key=value\"] [--port=port] [-- COMMAND] [args...]",
        run::FLAGS,
        run::run
    ),
    command!(
        "autoscale",
        [],
        "Auto-scale a deployment, replica set, stateful set, or replication controller",
        "(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU]",
        autoscale::FLAGS,
        autoscale::run
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
        "set selector",
        [],
        "Set the selector on a resource",
        "(-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]",
        set::SELECTOR_FLAGS,
        set::selector
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
        "rolling-update",
        ["rollingupdate"],
        "Perform a rolling update. This command is deprecated, use rollout instead (history: gone since kubectl 1.18)",
        "OLD_CONTROLLER_NAME ([NEW_CONTROLLER_NAME] --image=NEW_CONTAINER_IMAGE | -f NEW_CONTROLLER_SPEC)",
        rolling_update::FLAGS,
        rolling_update::run
    ),
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
        top::NODE_FLAGS,
        top::nodes
    ),
    command!(
        "top pod",
        ["pods", "po"],
        "Display resource (CPU/memory) usage of pods",
        "[NAME | -l label]",
        top::POD_FLAGS,
        top::pods
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
        "attach",
        [],
        "Attach to a running container",
        "(POD | TYPE/NAME) [-c CONTAINER] [-i]",
        attach::FLAGS,
        attach::run
    ),
    command!(
        "cp",
        [],
        "Copy files and directories to and from containers",
        "<file-spec-src> <file-spec-dest>",
        cp::FLAGS,
        cp::run
    ),
    command!(
        "debug",
        [],
        "Create debugging sessions for troubleshooting workloads and nodes",
        "(POD | TYPE[[.VERSION].GROUP]/NAME) --image=image [ -- COMMAND [args...] ]",
        debug::FLAGS,
        debug::run
    ),
    command!(
        "port-forward",
        [],
        "Forward one or more local ports to a pod",
        "TYPE/NAME [LOCAL_PORT:]REMOTE_PORT",
        port_forward::FLAGS,
        port_forward::run
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
        auth::CAN_I_FLAGS,
        auth::can_i
    ),
    command!(
        "auth whoami",
        [],
        "Experimental: Check self subject attributes",
        "[-o json|yaml]",
        auth::WHOAMI_FLAGS,
        auth::whoami
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
