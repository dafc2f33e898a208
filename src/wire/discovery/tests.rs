//! What clients make of the answers.

use serde_json::{Value, json};

use super::*;

fn names(list: &Value, field: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one[field].as_str().unwrap().to_owned()).collect()
}

#[test]
fn groups_stand_in_the_order_of_a_real_server() {
    let groups = groups(Catalog::built_in());
    let names = names(&groups["groups"], "name");
    assert_eq!(
        names[..5],
        ["apiregistration.k8s.io", "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io"]
    );
    assert_eq!(names.last().unwrap(), "resource.k8s.io");
}

#[test]
fn the_stable_version_with_the_highest_number_is_preferred() {
    let custom = |version| Resource::custom("autoscaling", version, "Gizmo", "gizmos", true);
    let catalog = Catalog::with(["v3beta1", "v10alpha2", "early"].map(custom));
    let group = group(&catalog, "autoscaling").unwrap();
    assert_eq!(names(&group["versions"], "version"), ["v2", "v1", "v3beta1", "v10alpha2", "early"]);
    assert_eq!(group["preferredVersion"], json!({"groupVersion": "autoscaling/v2", "version": "v2"}));
}

#[test]
fn subresources_stand_behind_their_resource_with_their_own_kinds() {
    let core = resources(Catalog::built_in(), "", "v1").unwrap();
    let listed = names(&core["resources"], "name");
    assert!(listed.is_sorted());
    let entry = |name: &str| &core["resources"][listed.iter().position(|one| one == name).unwrap()];
    let eviction = json!({
        "name": "pods/eviction", "singularName": "", "namespaced": true, "group": "policy", "version": "v1",
        "kind": "Eviction", "verbs": ["create"],
    });
    assert_eq!(*entry("pods/eviction"), eviction);
    // The hash is the one that every real cluster shows.
    assert_eq!(entry("pods")["storageVersionHash"], "xPOwRZ+Yhw8=");
    assert_eq!(entry("namespaces")["verbs"].as_array().unwrap().len(), 7);
    assert_eq!(resources(Catalog::built_in(), "apps", "v1beta1"), None);
}

#[test]
fn the_aggregated_form_holds_the_same_resources() {
    let catalog = Catalog::built_in();
    let apis = aggregated_apis(catalog);
    for item in apis["items"].as_array().unwrap() {
        let group = item["metadata"]["name"].as_str().unwrap();
        for version in item["versions"].as_array().unwrap() {
            let plain = resources(catalog, group, version["version"].as_str().unwrap()).unwrap();
            let mut plain = names(&plain["resources"], "name");
            plain.retain(|name| !name.contains('/'));
            assert_eq!(names(&version["resources"], "resource"), plain);
        }
    }
}

#[test]
fn clients_say_whether_they_know_the_aggregated_form() {
    assert!(is_aggregated("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"));
    assert!(!is_aggregated(
        "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
    ));
    assert!(!is_aggregated("application/json, */*"));
}

#[test]
fn the_version_names_what_is_simulated() {
    assert!(GIT_VERSION.starts_with(crate::model::KUBERNETES_VERSION));
    assert_eq!((version()["major"].clone(), version()["minor"].clone()), (json!("1"), json!("36")));
}
