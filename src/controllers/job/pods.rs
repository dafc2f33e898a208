//! The Pods that a Job makes.
//!
//! Models `pkg/controller/job/job_controller.go`, `manageJob`, and `indexed_job_utils.go`.

use crate::controllers::pod_template::PodTemplate;
use crate::model::batch::Job;
use crate::model::core::{EnvVar, EnvVarSource, ObjectFieldSelector};
use crate::model::{Kind, Meta, Pod};

use super::FINALIZER;
use super::indexes::INDEX;

/// The variable that tells a container its index. Source: `completionIndexEnvName`.
const INDEX_VARIABLE: &str = "JOB_COMPLETION_INDEX";

/// One Pod of the Job; `index` is its completion index in an Indexed Job, `carried` what it knows of earlier failures.
pub(super) fn pod(job: &Job, template: &PodTemplate, index: Option<i32>, carried: Vec<(&'static str, String)>) -> Pod {
    let mut pod = template.pod();
    pod.metadata.finalizers.get_or_insert_default().push(FINALIZER.to_owned());
    if let Some(index) = index {
        number(job, &mut pod, index);
    }
    for (key, value) in carried {
        pod.metadata.annotations.get_or_insert_default().insert(key.into(), value);
    }
    pod
}

fn number(job: &Job, pod: &mut Pod, index: i32) {
    let text = index.to_string();
    pod.metadata.annotations.get_or_insert_default().insert(INDEX.into(), text.clone());
    pod.metadata.labels.get_or_insert_default().insert(INDEX.into(), text);
    pod.metadata.generate_name = Some(format!("{}-{index}-", job.metadata.name()));
    let spec = pod.spec_mut();
    spec.hostname = Some(format!("{}-{index}", job.metadata.name()));
    let path = format!("metadata.annotations['{INDEX}']");
    let source = EnvVarSource {
        field_ref: Some(ObjectFieldSelector { api_version: None, field_path: path }),
        ..EnvVarSource::default()
    };
    let variable = EnvVar { name: INDEX_VARIABLE.into(), value: None, value_from: Some(source) };
    for container in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
        let variables = container.env.get_or_insert_default();
        if variables.iter().all(|one| one.name != INDEX_VARIABLE) {
            variables.push(variable.clone());
        }
    }
}

/// The template of a Job's Pods.
pub(super) fn template(job: &Job) -> Option<PodTemplate> {
    Some(PodTemplate::new(&job.spec.as_ref()?.template, Kind::Job, &job.metadata))
}
