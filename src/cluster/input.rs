//! Inputs: everything that comes from outside. They are journalled; a run is its scenario, its seed and these.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::fault::Fault;

/// Something from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Input {
    /// Someone runs kubectl.
    Kubectl {
        /// The number by which its output is known.
        invocation: u64,
        /// The line, with or without `kubectl` in front.
        line: String,
        /// Files in the directory, by name.
        files: Arc<BTreeMap<String, String>>,
        /// What it reads.
        #[serde(default)]
        stdin: Option<String>,
    },
    /// An editor that kubectl opened was closed, with this text.
    Edited {
        /// Which kubectl.
        invocation: u64,
        /// The text; `None` when the edit was given up.
        text: Option<String>,
    },
    /// Ctrl-C to a kubectl that is running.
    Interrupt {
        /// Which kubectl.
        invocation: u64,
    },
    /// Something breaks or is mended.
    Fault(Fault),
    /// A declared client begins to send requests.
    StartLoad {
        /// Its number in the scenario.
        load: usize,
    },
    /// Nothing in the cluster, but a mark in the journal: a lesson's step, a prediction, a hint taken.
    Note(String),
}
