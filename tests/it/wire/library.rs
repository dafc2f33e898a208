//! A client library that nobody here wrote: kube-rs lists, watches, patches, runs commands, follows logs and forwards ports.

use std::time::Duration;

use futures_util::{AsyncBufReadExt, StreamExt};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::api::{
    AttachParams, DeleteParams, ListParams, LogParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams,
};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config, ResourceExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Served;

/// Runs something with a client of the cluster; whatever waits for longer than a minute has failed.
fn with_client<F: Future<Output = ()>>(served: &Served, run: impl FnOnce(Client) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let file = Kubeconfig::read_from(served.folder.path().join("config")).unwrap();
    runtime.block_on(async {
        let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.unwrap();
        let client = Client::try_from(config).unwrap();
        tokio::time::timeout(Duration::from_secs(60), run(client)).await.expect("nothing came for a minute");
    });
}

fn typed<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn pod(name: &str, image: &str, command: &[&str]) -> Pod {
    typed(json!({"metadata": {"name": name, "labels": {"app": name}},
        "spec": {"containers": [{"name": "main", "image": image, "command": command}]}}))
}

/// Watches until the Pod is ready; all on the way there is an event.
async fn until_ready(pods: &Api<Pod>, name: &str) {
    let parameters = WatchParams::default().fields(&format!("metadata.name={name}"));
    let mut events = pods.watch(&parameters, "0").await.unwrap().boxed();
    while let Some(event) = events.next().await {
        match event.unwrap() {
            WatchEvent::Added(pod) | WatchEvent::Modified(pod) => {
                let conditions = pod.status.and_then(|status| status.conditions).unwrap_or_default();
                if conditions.iter().any(|one| one.type_ == "Ready" && one.status == "True") {
                    return;
                }
            }
            WatchEvent::Bookmark(_) => {}
            other => panic!("{other:?}"),
        }
    }
    panic!("the watch has ended");
}

#[test]
fn a_foreign_library_lists_watches_and_patches() {
    let served = Served::start(std::path::PathBuf::new());
    with_client(&served, async |client| {
        let version = client.apiserver_version().await.unwrap();
        assert!(version.git_version.ends_with("-podlab"), "{}", version.git_version);
        let configs: Api<ConfigMap> = Api::namespaced(client.clone(), "default");
        for number in 0..7 {
            let one = typed(
                json!({"metadata": {"name": format!("conf-{number}"), "labels": {"own": "yes"}}, "data": {"a": "1"}}),
            );
            configs.create(&PostParams::default(), &one).await.unwrap();
        }
        // In pages.
        let mut parameters = ListParams::default().labels("own=yes").limit(3);
        let mut names = Vec::new();
        loop {
            let page = configs.list(&parameters).await.unwrap();
            names.extend(page.items.iter().map(ResourceExt::name_any));
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => parameters = parameters.continue_token(&token),
                None => break,
            }
        }
        assert_eq!(names.len(), 7, "{names:?}");

        let patch = Patch::Merge(json!({"data": {"a": null, "b": "2"}}));
        let patched = configs.patch("conf-0", &PatchParams::default(), &patch).await.unwrap();
        assert_eq!(patched.data.unwrap().into_iter().collect::<Vec<_>>(), [("b".to_owned(), "2".to_owned())]);
        let applied = Patch::Apply(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine"}, "data": {"a": "1"}}),
        );
        configs.patch("mine", &PatchParams::apply("library"), &applied).await.unwrap();
        let other = Patch::Apply(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine"}, "data": {"a": "2"}}),
        );
        let kube::Error::Api(refused) =
            configs.patch("mine", &PatchParams::apply("another"), &other).await.unwrap_err()
        else {
            panic!("no answer of the API")
        };
        assert_eq!(refused.code, 409);
        assert_eq!(refused.message, "Apply failed with 1 conflict: conflict with \"library\": .data.a");
        let forced = configs.patch("mine", &PatchParams::apply("another").force(), &other).await.unwrap();
        assert_eq!(forced.data.unwrap()["a"], "2");
        assert!(configs.get_opt("nobody").await.unwrap().is_none());

        let deployments: Api<Deployment> = Api::namespaced(client.clone(), "default");
        let web = typed(
            json!({"metadata": {"name": "web"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "nginx"}]}}}}),
        );
        deployments.create(&PostParams::default(), &web).await.unwrap();
        let more = Patch::Merge(json!({"spec": {"replicas": 2}}));
        let scale = deployments.patch_scale("web", &PatchParams::default(), &more).await.unwrap();
        assert_eq!(scale.spec.unwrap().replicas, Some(2));

        let from = configs.list(&ListParams::default()).await.unwrap().metadata.resource_version.unwrap();
        configs.delete("conf-1", &DeleteParams::default()).await.unwrap();
        let mut events = configs.watch(&WatchParams::default(), &from).await.unwrap().boxed();
        let WatchEvent::Deleted(gone) = events.next().await.unwrap().unwrap() else { panic!("nothing was deleted") };
        assert_eq!(gone.name_any(), "conf-1");
    });
}

#[test]
fn a_foreign_library_runs_commands_follows_logs_and_forwards() {
    let served = Served::start(std::path::PathBuf::new());
    with_client(&served, async |client| {
        let pods: Api<Pod> = Api::namespaced(client, "default");
        let script = "while true; do i=$((i+1)); echo line $i; sleep 1; done";
        pods.create(&PostParams::default(), &pod("counter", "busybox", &["sh", "-c", script])).await.unwrap();
        let web =
            typed(json!({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "main", "image": "nginx"}]}}));
        pods.create(&PostParams::default(), &web).await.unwrap();
        until_ready(&pods, "counter").await;
        until_ready(&pods, "web").await;

        let mut ran = pods.exec("counter", ["sh", "-c", "echo out; exit 3"], &AttachParams::default()).await.unwrap();
        let (mut text, status) = (String::new(), ran.take_status().unwrap());
        ran.stdout().unwrap().read_to_string(&mut text).await.unwrap();
        let status = status.await.unwrap();
        assert_eq!((text.as_str(), status.reason.as_deref()), ("out\n", Some("NonZeroExitCode")));

        let mut ran = pods.exec("counter", ["cat"], &AttachParams::default().stdin(true)).await.unwrap();
        let (mut stdin, mut stdout) = (ran.stdin().unwrap(), ran.stdout().unwrap());
        stdin.write_all(b"back and forth\n").await.unwrap();
        let mut said = [0; 15];
        stdout.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"back and forth\n");
        ran.abort();

        let parameters = LogParams { follow: true, ..LogParams::default() };
        let mut lines = pods.log_stream("counter", &parameters).await.unwrap().lines();
        for number in 1..=3 {
            assert_eq!(lines.next().await.unwrap().unwrap(), format!("line {number}"));
        }

        let mut forward = pods.portforward("web", &[80]).await.unwrap();
        let mut stream = forward.take_stream(80).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).await.unwrap();
        assert!(page.starts_with("HTTP/1.1 200 OK") && page.contains("Welcome to nginx!"), "{page}");

        pods.delete("counter", &DeleteParams::default().grace_period(0)).await.unwrap();
    });
}
