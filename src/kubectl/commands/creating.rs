//! Commands that create.

use super::{Command, command};
use crate::kubectl::verbs::create;

/// In the order of `kubectl create --help`.
pub(super) static COMMANDS: &[Command] = &[
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
        "create job",
        [],
        "Create a job with the specified name",
        "NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]",
        create::JOB_FLAGS,
        create::job
    ),
    command!(
        "create cronjob",
        ["cj"],
        "Create a cron job with the specified name",
        "NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...]",
        create::CRON_JOB_FLAGS,
        create::cron_job
    ),
    command!(
        "create role",
        [],
        "Create a role with single rule",
        "NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename]",
        create::ROLE_FLAGS,
        create::role
    ),
    command!(
        "create clusterrole",
        [],
        "Create a cluster role",
        "NAME --verb=verb --resource=resource.group [--resource-name=resourcename]",
        create::CLUSTER_ROLE_FLAGS,
        create::cluster_role
    ),
    command!(
        "create rolebinding",
        [],
        "Create a role binding for a particular role or cluster role",
        "NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:name]",
        create::BINDING_FLAGS,
        create::role_binding
    ),
    command!(
        "create clusterrolebinding",
        [],
        "Create a cluster role binding for a particular cluster role",
        "NAME --clusterrole=NAME [--user=user] [--group=group] [--serviceaccount=namespace:serviceaccountname]",
        create::BINDING_FLAGS,
        create::cluster_role_binding
    ),
    command!(
        "create ingress",
        ["ing"],
        "Create an ingress with the specified name",
        "NAME --rule=host/path=service:port[,tls[=secret]]",
        create::INGRESS_FLAGS,
        create::ingress
    ),
    command!(
        "create poddisruptionbudget",
        ["pdb"],
        "Create a pod disruption budget with the specified name",
        "NAME --selector=SELECTOR --min-available=N",
        create::BUDGET_FLAGS,
        create::budget
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
        "create token",
        [],
        "Request a service account token",
        "SERVICE_ACCOUNT_NAME",
        create::TOKEN_FLAGS,
        create::token
    ),
];
