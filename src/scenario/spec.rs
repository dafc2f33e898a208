//! The format of a scenario, field by field. `podlab schema` prints it as JSON Schema, with these comments as descriptions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cluster::{ClusterSpec, Fault};
use crate::machine::image::ImageSpec;

use super::text::Text;

/// A lesson in one YAML file: a cluster, a story, goals, hints, solutions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScenarioFile {
    /// `podlab.dev/v1`.
    pub api_version: ApiVersion,
    /// `Scenario`.
    pub kind: FileKind,
    /// Name and labels.
    pub metadata: Metadata,
    /// The lesson.
    pub spec: ScenarioSpec,
}

/// The only version there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApiVersion {
    /// The first.
    #[serde(rename = "podlab.dev/v1")]
    V1,
}

/// The only kind of file there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum FileKind {
    /// A lesson.
    Scenario,
}

/// How a scenario is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// Lower case letters, digits and `-`; what `podlab play NAME` takes.
    pub name: String,
    /// `track`, `level` (1 to 5 stars), `order` and whatever else an author likes.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// The lesson itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScenarioSpec {
    /// What it is called.
    pub title: Text,
    /// One sentence for the list of scenarios.
    #[serde(default)]
    pub summary: Text,
    /// How long it takes a learner.
    #[serde(default = "default_minutes")]
    pub minutes: u32,
    /// Exam objectives: `CKA/troubleshooting`.
    #[serde(default)]
    pub maps: Vec<String>,
    /// The machines.
    #[serde(default)]
    pub cluster: ClusterSpec,
    /// Kubernetes objects that exist when the learner arrives, as in manifest files.
    #[serde(default)]
    pub manifests: Vec<Value>,
    /// What the programs of this lesson do, over the image catalogue.
    #[serde(default)]
    pub images: Vec<ImageSpec>,
    /// Files in the learner's directory, by name: `kubectl apply -f NAME` and `kubectl edit` find them.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Clients that send requests.
    #[serde(default)]
    pub load: Vec<Load>,
    /// How long the cluster runs before the learner arrives, such as `30s`.
    #[serde(default = "default_settle")]
    pub settle: Duration,
    /// What happens while the learner works, counted from the arrival.
    #[serde(default)]
    pub timeline: Vec<TimelineEntry>,
    /// The story, step by step.
    pub steps: Vec<Step>,
    /// Ways to reach every goal.
    pub solutions: Vec<Solution>,
    /// Tempting ways that do not, and why.
    #[serde(default)]
    pub wrong: Vec<WrongAnswer>,
    /// What to take home.
    #[serde(default)]
    pub debrief: Text,
}

/// A client that sends HTTP requests at a rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Load {
    /// What it is called in goals and on screen.
    pub name: String,
    /// `http://web.default`, `http://web.default.svc.cluster.local:8080/path`; resolved as a Pod of `namespace` would.
    pub target: String,
    /// Requests per second.
    #[serde(default = "default_rate")]
    pub rate: u32,
    /// When a request counts as timed out.
    #[serde(default = "default_timeout")]
    pub timeout: Duration,
    /// The namespace whose DNS search path is used.
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// The node it runs on; the first worker when absent.
    #[serde(default)]
    pub node: Option<String>,
}

/// Something that happens by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TimelineEntry {
    /// When, counted from the learner's arrival.
    pub at: Duration,
    /// What breaks or is mended.
    #[serde(default)]
    pub fault: Option<Fault>,
    /// Manifests that someone else applies.
    #[serde(default)]
    pub apply: Vec<Value>,
    /// Commands that someone else runs.
    #[serde(default)]
    pub run: Vec<String>,
}

/// One step of the story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// What the learner reads, in Markdown.
    pub say: Text,
    /// A question to answer before looking.
    #[serde(default)]
    pub predict: Option<Predict>,
    /// What must be true for the step to be done; a step without one is done when it was read.
    #[serde(default)]
    pub goal: Option<Goal>,
    /// Help, from a nudge to the whole answer: three tiers.
    #[serde(default)]
    pub hints: Vec<Hint>,
}

/// A question before the answer can be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Predict {
    /// The question.
    pub ask: Text,
    /// What can be answered.
    pub options: Vec<Text>,
    /// The number of the right option, from 0.
    pub answer: usize,
    /// Why that is right.
    #[serde(default)]
    pub because: Text,
}

/// What must be true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Goal {
    /// What it is called in the list of goals.
    pub title: Text,
    /// A CEL expression over objects, events, requests and time. It must hold once (or for `hold`).
    pub expr: String,
    /// It must hold without a break for this long.
    #[serde(default)]
    pub hold: Option<Duration>,
    /// It must be reached this long after the step began; later does not count.
    #[serde(default)]
    pub within: Option<Duration>,
    /// It must never have been false since the learner arrived, up to the end of the step.
    #[serde(default)]
    pub always: Option<String>,
}

/// A piece of help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Hint {
    /// Always the same.
    Plain(Text),
    /// Only when an expression holds.
    When {
        /// A CEL expression.
        when: String,
        /// What is said then.
        say: Text,
        /// What is said otherwise.
        otherwise: Text,
    },
}

/// A way to reach every goal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Solution {
    /// What it is called: `podlab run NAME --solution lower-request`.
    pub name: String,
    /// Commands, one after another; each may be a kubectl line, `wait 30s`, `fault …`, `answer 1`.
    pub run: Vec<String>,
}

/// A tempting way that does not solve it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WrongAnswer {
    /// What it is called.
    pub name: String,
    /// Commands, as in a solution.
    pub run: Vec<String>,
    /// A CEL expression by which it is recognised while the learner plays.
    pub detect: String,
    /// Why it is no answer.
    pub because: Text,
}

/// A span of time as Go writes it: `30s`, `1m30s`, `500ms`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub crate::engine::SimDuration);

impl Serialize for Duration {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let refused =
            || serde::de::Error::custom(format!("\"{text}\" is no duration; write it like 500ms, 30s or 1m30s"));
        crate::engine::SimDuration::parse(&text).map(Self).ok_or_else(refused)
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(us|µs|ms|s|m|h))+$",
            "description": "A span of time as Go writes it: 30s, 1m30s, 500ms."})
    }
}

fn default_minutes() -> u32 {
    5
}

fn default_settle() -> Duration {
    Duration(crate::engine::SimDuration::from_secs(30))
}

fn default_timeout() -> Duration {
    Duration(crate::engine::SimDuration::from_secs(2))
}

fn default_rate() -> u32 {
    10
}

fn default_namespace() -> String {
    "default".to_owned()
}
