//! What clients look up in the documents.

use serde_json::{Value, json};

use crate::wire::discovery::{Catalog, Resource};

use super::*;

fn read(path: &str) -> Value {
    serde_json::from_slice(&Documents::built_in().get(path).unwrap().body).unwrap()
}

#[test]
fn every_group_and_version_has_a_document_that_the_index_names() {
    let index = Documents::built_in().index();
    for (group, version, _) in Catalog::built_in().versions() {
        let prefix = if group.name.is_empty() { "api" } else { "apis" };
        let path = format!("{prefix}/{}", group.api_version(version));
        let url = index["paths"][&path]["serverRelativeURL"].as_str().unwrap();
        assert!(url.starts_with(&format!("/openapi/v3/{path}?hash=")), "{url}");
    }
}

/// Every `$ref` in `value`.
fn references<'v>(value: &'v Value, into: &mut Vec<&'v str>) {
    match value {
        Value::Object(object) => {
            into.extend(object.get("$ref").and_then(Value::as_str));
            object.values().for_each(|inner| references(inner, into));
        }
        Value::Array(list) => list.iter().for_each(|inner| references(inner, into)),
        _ => {}
    }
}

#[test]
fn no_reference_leads_nowhere() {
    let mut documents: Vec<Value> =
        Documents::built_in().index()["paths"].as_object().unwrap().keys().map(|path| read(path)).collect();
    documents.push(serde_json::from_slice(&swagger().body).unwrap());
    for document in documents {
        let mut all = Vec::new();
        references(&document, &mut all);
        for reference in all {
            // Names hold no slash, so the pointer is the reference itself.
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
    }
}

#[test]
fn every_resource_has_a_path_with_its_kind_and_a_schema_of_that_kind() {
    for (group, version, resources) in Catalog::built_in().versions() {
        let prefix = if group.name.is_empty() { "api" } else { "apis" };
        let document = read(&format!("{prefix}/{}", group.api_version(version)));
        for resource in resources {
            let scope = if resource.is_namespaced { "/namespaces/{namespace}" } else { "" };
            let path = format!("/{prefix}/{}{scope}/{}", group.api_version(version), resource.plural);
            let methods = document["paths"][&path].as_object().unwrap_or_else(|| panic!("{path}"));
            let kind = json!({"group": group.name, "version": version, "kind": resource.kind});
            assert!(methods.values().any(|method| method["x-kubernetes-group-version-kind"] == kind), "{path}");
            let schemas = document["components"]["schemas"].as_object().unwrap();
            let is_it = |schema: &Value| {
                schema["x-kubernetes-group-version-kind"].as_array().is_some_and(|all| all.contains(&kind))
            };
            assert!(schemas.values().any(is_it), "{kind}");
        }
    }
}

#[test]
fn types_say_how_they_are_patched_and_which_values_they_take() {
    let core = read("api/v1");
    let pod = &core["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"]["properties"];
    assert_eq!(pod["containers"]["x-kubernetes-patch-merge-key"], "name");
    assert_eq!(pod["containers"]["x-kubernetes-list-map-keys"], json!(["name"]));
    assert_eq!(pod["restartPolicy"]["enum"], json!(["Always", "Never", "OnFailure"]));
    assert!(pod["restartPolicy"]["description"].as_str().unwrap().ends_with("\n - `\"OnFailure\"`"));
    let affinity = json!([{"$ref": "#/components/schemas/io.k8s.api.core.v1.Affinity"}]);
    assert_eq!(pod["affinity"]["allOf"], affinity);
}

#[test]
fn servers_say_that_they_validate_fields_and_know_strategic_merge() {
    let apps = read("apis/apps/v1");
    let patch = &apps["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"];
    assert!(patch["parameters"].as_array().unwrap().iter().any(|one| one["name"] == "fieldValidation"));
    assert!(patch["requestBody"]["content"]["application/strategic-merge-patch+json"].is_object());
    assert_eq!(patch["operationId"], "patchAppsV1NamespacedDeployment");
}

#[test]
fn custom_resources_bring_their_own_schema() {
    let resource = Resource::custom("stable.example.com", "v1", "CronTab", "crontabs", true);
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object"}}});
    let document: Value = serde_json::from_slice(&custom(&[(resource, schema)]).body).unwrap();
    let object = &document["components"]["schemas"]["com.example.stable.v1.CronTab"];
    assert_eq!(object["properties"]["spec"]["type"], "object");
    assert!(document["components"]["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference"].is_object());
    let patch = &document["paths"]["/apis/stable.example.com/v1/namespaces/{namespace}/crontabs/{name}"]["patch"];
    assert!(patch["requestBody"]["content"]["application/strategic-merge-patch+json"].is_null());
}
